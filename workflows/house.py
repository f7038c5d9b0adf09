"""Workflows of the house itself: the dispatcher of business events, and sweeps over portfolios.

They do what activities say and keep nothing: all that must not be lost stands in the store.
"""

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError

from payloads.call import Call
from workflows.calls import HEARTBEAT, HOUSEKEEPING, WORKER_STOPPING, retry_policy

DISPATCH = "kronos.dispatch"
SWEEP = "kronos.sweep"
TYPES = (DISPATCH, SWEEP)
"""Types of runs that no definition names."""

TURNS = 200
"""Activities of one run before it continues as new: far below the limits of a history."""

DISPATCH_SECONDS = 60
PAGE_TIMEOUT = timedelta(minutes=10)
SCHEDULED_AT = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")


@workflow.defn(name=DISPATCH)
class Dispatch:
    """Reads the event log for ever, and starts and signals whoever its events are for."""

    @workflow.run
    async def run(self, tenant: str) -> None:
        for turn in range(TURNS):
            await _activity(
                "events.dispatch",
                {"seconds": DISPATCH_SECONDS},
                tenant,
                turn,
                timedelta(seconds=2 * DISPATCH_SECONDS),
                "Dispatch business events",
            )
        workflow.continue_as_new(tenant)


@workflow.defn(name=SWEEP)
class Sweep:
    """Starts one run for each portfolio that a schedule trigger is for, page by page."""

    @workflow.run
    async def run(self, ask: dict[str, Any]) -> dict[str, Any]:
        """`ask` has tenant, release, workflow and trigger; of a run that continues also where it is."""
        at = workflow.info().typed_search_attributes.get(SCHEDULED_AT) or workflow.info().start_time
        ask = {"time": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "after": "", **ask}
        swept: dict[str, Any] = ask.pop("swept", {"looked_at": 0, "started": 0, "failed": 0})
        for turn in range(TURNS):
            label = f"Sweep portfolios for {ask['workflow']}"
            page = await _activity("sweeps.page", ask, ask["tenant"], turn, PAGE_TIMEOUT, label)
            swept = {name: count + page[name] for name, count in swept.items()}
            if page["last"] is None:
                return {"time": ask["time"], **swept}
            ask = {**ask, "after": page["last"]}
        workflow.continue_as_new({**ask, "swept": swept})


async def _activity(name: str, ask: Any, tenant: str, turn: int, timeout: timedelta, label: str) -> Any:
    """The activity's answer; tried until it answers, at another worker when its own is told to stop."""
    info = workflow.info()
    call = Call(
        tenant=tenant,
        effect_root=info.first_execution_run_id,
        step=name,
        workflow=info.workflow_type,
        workflow_id=info.workflow_id,
        stream=f"run:{info.workflow_id}",
    )
    while True:
        try:
            return await workflow.execute_activity(
                name,
                args=[ask, call.model_dump(mode="python")],
                start_to_close_timeout=timeout,
                heartbeat_timeout=HEARTBEAT,
                retry_policy=retry_policy(HOUSEKEEPING),
                summary=label,
            )
        except ActivityError as error:
            stopping = isinstance(error.cause, ApplicationError) and error.cause.type == WORKER_STOPPING
            if not stopping:
                raise


HOUSE = (Dispatch, Sweep)
