"""Definitions drawn, with the state of a run on them if one is named."""

from collections.abc import Mapping
from typing import Any

from dsl.graph.mermaid import mermaid
from dsl.graph.paint import painted
from dsl.graph.svg import svg
from worker.errors import Refused
from worker.plans import find_plan, plan_of_release
from worker.settings import Settings

DRAWN = {"mermaid": mermaid, "svg": svg}


def graph(settings: Settings, reference: str, format: str) -> str:
    """The drawing of the plan that `reference` names, see `worker.plans`."""
    return DRAWN[format](find_plan(settings, reference))


async def graph_of_run(settings: Settings, workflow: str, run: str, format: str) -> str:
    """The very plan that a run follows, drawn with its state; Refused when it runs another workflow."""
    from worker import client, connection

    status = await client.status(await connection.connect(settings), run)
    name = workflow.partition("@")[0]
    if status["workflow"] != name:
        raise Refused(f"the run {run} is of {status['workflow']}, not of {name}", name="OtherWorkflow")
    return DRAWN[format](_plan(settings, status), painted(status))


def _plan(settings: Settings, status: Mapping[str, Any]) -> Mapping[str, Any]:
    if not status["release"]:
        raise Refused(f"the run {status['workflow_id']} has not loaded its definition yet", name="NotReady")
    return plan_of_release(settings, status["release"], status["workflow"])
