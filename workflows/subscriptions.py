"""Business events that a run takes as signals: asked for when it starts, given up when it ends."""

from collections.abc import Callable, Mapping
from typing import Any

from temporalio import workflow

from dsl import plan as p
from dsl.expressions import EvaluationError
from workflows.calls import Caller
from workflows.outcomes import StepFailed
from workflows.place import Place

Take = Callable[[str, Any, str], None]
PLACE = Place(static="subscribe", runtime="subscribe")


async def subscribe(plan: p.Plan, caller: Caller, scope: Mapping[str, Any], take: Take) -> None:
    """Take the plan's events from now on; `take(signal, payload, event id)` gets those since the start."""
    if not plan.subscribe:
        return
    info = workflow.info()
    ask = {
        "wanted": [_wanted(one, plan, scope) for one in plan.subscribe],
        "first_run_id": info.first_execution_run_id,
        # Not `start_time`, which is that of the first task: a run may wait long for its first worker.
        "begun": info.workflow_start_time,
    }
    label = f"Take {', '.join(sorted({one.event for one in plan.subscribe}))}"
    answer = await caller.internal("subscriptions.open", ask, caller.identity(PLACE), label)
    for event in answer["missed"]:
        take(event["signal"], event["payload"], event["event_id"])


async def unsubscribe(plan: p.Plan, caller: Caller, *, failed: bool) -> None:
    """Take no more events; a run that failed may be reset, and takes them again then."""
    if plan.subscribe:
        call = caller.identity(PLACE, part="/end")
        await caller.internal("subscriptions.close", {"failed": failed}, call, "Take no more events")


def _wanted(one: p.Subscription, plan: p.Plan, scope: Mapping[str, Any]) -> dict[str, Any]:
    try:
        match = one.match.render(scope)
    except EvaluationError as error:
        raise StepFailed("ExpressionFailed", str(error), "subscribe", cause=error) from error
    schema = plan.signals[one.signal]
    closed = schema.get("additionalProperties", False) is False
    takes = sorted(schema.get("properties", {})) if closed else None
    return {"event": one.event, "match": match, "signal": one.signal, "takes": takes}
