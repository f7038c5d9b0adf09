"""Approvals of runs: which are open, and deciding them. Commands, and later an API, take this one way."""

import asyncio
import hashlib
from typing import Any

from temporalio.client import Client

from worker.client import list_runs, status, update
from worker.errors import Refused
from worker.states import ENDED

ASKED = "approval by "  # how a run's KronosWaitsFor begins, or goes on, while an approval is open
AT_ONCE = 20


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

    The same person's word on the same proposal is one decision, however often it is sent.
    """
    message = {**approval, "identity": {"subject": approval["by"], "method": "declared"}}
    words = (workflow_id, approval["step"], approval["by"], approval["digest"])
    update_id = hashlib.sha256("\x1f".join(words).encode()).hexdigest()[:40]
    answer = await update(client, workflow_id, "approve", message, update_id)
    if answer["decision"] != approval["decision"]:
        raise Refused(
            f"{approval['by']} has decided `{approval['step']}` already: {answer['decision']}",
            name="AlreadyDecided",
        )
    return {"workflow_id": workflow_id, **answer, "by": approval["by"], "digest": approval["digest"]}
