"""Approvals of runs: which are open, and deciding them. Commands, and later an API, take this one way."""

import asyncio
import hashlib
from contextlib import suppress
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError

from worker.client import list_runs, status, update
from worker.errors import Refused
from worker.states import ENDED

ASKED = "approval by "  # how a run's KronosWaitsFor begins, or goes on, while an approval is open
AT_ONCE = 20
TURNS = 20
"""How many turns back a decision is looked for that is sent once more."""
LOOK = timedelta(seconds=1)


async def open_approvals(client: Client, limit: int = 200) -> list[dict[str, Any]]:
    """Every open approval of up to `limit` waiting runs, newest run first, each with its workflow id."""
    waiting = await list_runs(client, "ExecutionStatus = 'Running' AND KronosWaitsFor IS NOT NULL", limit)
    asking = [run["workflow_id"] for run in waiting if ASKED in run["waits_for"]]
    slots = asyncio.Semaphore(AT_ONCE)

    async def ask(workflow_id: str) -> list[dict[str, Any]]:
        async with slots:
            return await approvals_of(client, workflow_id)

    return [row for rows in await asyncio.gather(*map(ask, asking)) for row in rows]


async def approvals_of(client: Client, workflow_id: str, step: str | None = None) -> list[dict[str, Any]]:
    """The open approvals of one run; of one step, `NothingOpen` when it asks for none."""
    run = await status(client, workflow_id)
    if not run["live"] and run["state"] not in ENDED:
        raise Refused(
            f"no worker answers for {workflow_id}; is one running? `kronos doctor` looks", name="NoWorker"
        )
    rows = [
        {"workflow_id": workflow_id, "workflow": run["workflow"], **approval}
        for approval in run.get("approvals", [])
        if step in (None, approval["step"], approval["path"])
    ]
    if step is not None and not rows:
        raise Refused(
            f"no approval `{step}` is open in {workflow_id}: the run is {run['state']}", name="NothingOpen"
        )
    return rows


async def decide(client: Client, workflow_id: str, approval: dict[str, Any]) -> dict[str, Any]:
    """Send a decision: `step`, `decision`, `by`, `digest`, and `role` and `comment` if given.

    The same person's word on the same proposal is one decision, however often it is sent, and whether the
    step is called by its id or its path.
    """
    run = await status(client, workflow_id)
    answer = await _decided_before(client, workflow_id, run, approval)
    if answer is None:
        step, path = _asked_at(run, approval)
        message = {**approval, "step": step, "identity": {"subject": approval["by"], "method": "declared"}}
        update_id = _update_id(workflow_id, path, approval)
        answer = await update(client, workflow_id, "approve", message, update_id)
    if answer["decision"] != approval["decision"]:
        raise Refused(
            f"{approval['by']} has decided `{approval['step']}` already: {answer['decision']}",
            name="AlreadyDecided",
        )
    return {"workflow_id": workflow_id, **answer, "by": approval["by"], "digest": approval["digest"]}


def _update_id(workflow_id: str, path: str, approval: dict[str, Any]) -> str:
    identity = (workflow_id, path, approval["by"], approval["digest"])
    return hashlib.sha256("\x1f".join(identity).encode()).hexdigest()[:40]


def _asked(run: dict[str, Any], approval: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in run.get("approvals") or () if approval["step"] in (one["step"], one["path"])]


async def _decided_before(
    client: Client, workflow_id: str, run: dict[str, Any], approval: dict[str, Any]
) -> dict[str, Any] | None:
    """The answer to this word if it was given before, in whichever turn; None for a word on what is open."""
    asked = _asked(run, approval)
    if approval["digest"] in [one["digest"] for one in asked]:
        return None
    handle, open_ones = client.get_workflow_handle(workflow_id), {one["path"] for one in asked}
    turns = [one["path"] for one in run["steps"] if approval["step"] in (one["id"], one["path"])]
    for path in [turn for turn in reversed(turns) if turn not in open_ones][:TURNS]:
        found = handle.get_update_handle(_update_id(workflow_id, path, approval))
        with suppress(RPCError, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError):
            answer: dict[str, Any] = await found.result(rpc_timeout=LOOK)
            return answer
    return None


def _asked_at(run: dict[str, Any], approval: dict[str, Any]) -> tuple[str, str]:
    """The step that is decided, by its id if it has one, and its path; DigestMismatch when it changed.

    That is said here: a server cannot take an update of the same id again in a run that was reset.
    """
    step, asked = approval["step"], _asked(run, approval)
    if not asked:
        known = [(one["id"], one["path"]) for one in run["steps"] if step in (one["id"], one["path"])]
        id, path = known[-1] if known else (None, step)
        return id or path, path
    # Turns that overlap ask under one id; the digest tells them apart.
    shown = [one for one in asked if one["digest"] == approval["digest"]]
    if not shown and approval["digest"]:
        id = run["workflow_id"]
        raise Refused(
            f"`{step}` of {id} shows something else than what was decided on; look at it again with "
            f"`kronos approvals show {id} {step}`, and decide with the digest that is shown now",
            name="DigestMismatch",
        )
    found = (shown or asked)[0]
    return found["step"] or found["path"], found["path"]
