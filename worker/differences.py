"""What changed between two definitions, and what every live run will do about it."""

import asyncio
from collections.abc import Mapping
from typing import Any

from dsl import plan as p
from dsl.diff import differences, same
from dsl.near import listed
from dsl.plan_reader import read_plan
from dsl.upgrade import reason_to_stay
from payloads import plain_json
from worker.errors import Refused, ServerUnreachable, UnknownId, WorkerError
from worker.plans import Found, find_plans, plan_of_release
from worker.settings import Settings

MOST_RUNS = 500
AT_ONCE = 8
CURRENT = "it follows this very definition"
Plan = Mapping[str, Any]


async def diff(settings: Settings, old: str, new: str) -> dict[str, Any]:
    """`{old, new, definitions: [...], added, removed, asked, runs, more_runs}` for two references.

    References are those of `worker.plans`; of two releases every definition is compared. `asked` says
    whether a Temporal server answered: without one `runs` is empty. UnknownId when one is not there.
    """
    before, after = find_plans(settings, old), find_plans(settings, new)
    both = _common(before, after)
    found = {name: differences(before.plans[name], after.plans[name]) for name in both}
    changed = {name: after.plans[name] for name in both if not same(found[name])}
    asked, runs, more = await fates(settings, changed)
    return {
        "old": before.name,
        "new": after.name,
        "definitions": [
            {
                "workflow": name,
                "old_version": before.plans[name]["version"],
                "new_version": after.plans[name]["version"],
                "same": same(changes),
                **changes,
            }
            for name, changes in found.items()
        ],
        "added": sorted(set(after.plans) - set(both)) if before.whole and after.whole else [],
        "removed": sorted(set(before.plans) - set(both)) if before.whole and after.whole else [],
        "asked": asked,
        "runs": runs,
        "more_runs": more,
    }


def _common(before: Found, after: Found) -> list[str]:
    """The workflows to compare: those in both; Refused when two single ones are not the same workflow."""
    both = sorted(set(before.plans) & set(after.plans))
    if both or (before.whole and after.whole):
        return both
    if before.whole or after.whole:
        one, release = (after, before) if before.whole else (before, after)
        message = f"the release {release.name[:12]} has no {listed(one.plans)}"
        raise UnknownId(message, name="UnknownDefinition")
    message = f"{before.name} and {after.name} are different workflows: "
    raise Refused(message + f"{listed(before.plans)} and {listed(after.plans)}", name="OtherWorkflow")


async def fates(settings: Settings, plans: Mapping[str, Plan]) -> tuple[bool, list[dict[str, Any]], bool]:
    """Was a server asked, what each open run of these workflows will do, and are there more of them."""
    from worker import client, connection

    try:
        server = await connection.connect(settings)
        rows = []
        for name in plans:
            query = f"WorkflowType = '{name}' AND ExecutionStatus = 'Running'"
            rows += await client.list_runs(server, query, MOST_RUNS + 1)
    except ServerUnreachable:
        return False, [], False
    gate = asyncio.Semaphore(AT_ONCE)

    async def told(row: Mapping[str, Any]) -> dict[str, Any]:
        async with gate:
            try:
                status = await client.status(server, row["workflow_id"])
            except WorkerError as error:
                return {**_named(row, None), "will": "unknown", "reason": error.message}
        return await asyncio.to_thread(_fate, settings, row, status, plans[row["workflow"]])

    return True, await asyncio.gather(*map(told, rows[:MOST_RUNS])), len(rows) > MOST_RUNS


def _fate(settings: Settings, row: Mapping[str, Any], status: Mapping[str, Any], new: Plan) -> dict[str, Any]:
    """Whether a run `stays` on its digest or `upgrades` at its next turn, and why it stays."""
    named = _named(row, status["release"])
    if not status["release"]:
        return {**named, "will": "unknown", "reason": "it has not loaded its definition yet"}
    try:
        own = dict(plan_of_release(settings, status["release"], row["workflow"]))
    except WorkerError as error:  # the release may lie in the database of another installation
        return {**named, "will": "unknown", "reason": error.message}
    if own == new:
        return {**named, "will": "stay", "reason": CURRENT}
    found = (status.get("upgrade") or {}).get("stays")  # at its last turn, with what it had by then
    reason = found or reason_to_stay(_read(own), _read(dict(new)))
    return {**named, "will": "upgrade" if reason is None else "stay", "reason": reason}


def _read(document: dict[str, Any]) -> p.Plan:
    return read_plan(document, plain_json.digest(document))


def _named(row: Mapping[str, Any], release: str | None) -> dict[str, Any]:
    return {
        "workflow_id": row["workflow_id"],
        "workflow": row["workflow"],
        "version": row["version"],
        "release": release,
    }
