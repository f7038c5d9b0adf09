"""Half a virtual year: a definition that looks at a portfolio every day, tested on a server of its own.

Beside it the same written by hand, on the same kind of server: there every timer is the server's.
"""

import asyncio
import shutil
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio import activity, workflow
from temporalio.testing import TimeSkipper, TimeSkippingConfig
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from worker.scenarios.selection import try_definitions
from worker.scenarios.server import virtual_server
from worker.settings import load_settings

ROOT = Path(__file__).parents[1]
FIXTURE = ROOT / "tests" / "worker" / "scenarios" / "definitions"
ROUNDS = 3
DAYS = 180
DAILY = """\
workflow: review
tests:
  - name: 180 days, a look every day
    input: {portfolio_id: P-1}
    activities: {portfolio.measure_drift: {returns: {largest: 0.01}}}
    expect: {outcome: completed}
"""


def measure() -> None:
    """Seconds of the world's own time, the best of a few rounds each."""
    print(f"\n{DAYS} virtual days, a call and a timer each, best of {ROUNDS}")
    print(f"  kronos definitions test {min(_tested() for _ in range(ROUNDS)):6.2f} s   (at most 1)")
    print(f"  the same by hand        {min(asyncio.run(_by_hand())):6.2f} s   (its timers on the server)")


def _tested() -> float:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "definitions" / "catalogue", folder / "catalogue")
        shutil.copytree(FIXTURE / "workflows", folder / "workflows")
        (folder / "tests").mkdir()
        (folder / "tests" / "daily.yaml").write_text(DAILY)
        (test,) = asyncio.run(try_definitions(load_settings({"definitions": folder}))).tests
    assert test.passed, test.problems
    assert test.virtual_seconds > (DAYS - 1) * 86_400
    return test.seconds


@activity.defn
async def look(portfolio: dict[str, Any]) -> dict[str, Any]:
    """What the stand-in of the test answers."""
    return {"largest": 0.01}


@workflow.defn
class LooksByHand:
    """The same calls and timers, without an interpreter."""

    @workflow.run
    async def run(self, days: int) -> None:
        for _ in range(days):
            await workflow.execute_local_activity(
                look, {"portfolio_id": "P-1"}, start_to_close_timeout=timedelta(seconds=30)
            )
            await workflow.sleep(timedelta(days=1))


async def _by_hand() -> list[float]:
    taken = []
    async with (
        virtual_server() as client,
        Worker(
            client,
            task_queue="by-hand",
            workflows=[LooksByHand],
            activities=[look],
            workflow_runner=UnsandboxedWorkflowRunner(),
        ),
    ):
        skipping = TimeSkipper(client, config=TimeSkippingConfig(enabled=True)).client
        for number in range(ROUNDS):
            begun = time.perf_counter()
            handle = await skipping.start_workflow(
                LooksByHand.run, DAYS, id=f"by-hand-{number}", task_queue="by-hand"
            )
            await handle.result()
            taken.append(time.perf_counter() - begun)
    return taken
