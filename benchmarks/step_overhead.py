"""What the interpreter adds to a step: processor time beside the same workflow written by hand.

Both run on one server with the same activities, in alternating pairs. The workflows' own share is then
measured alone, by replaying both recorded histories in this process, also in turns: no server, no
activity. Runs of two lengths take the cost of starting a run out.
"""

import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from benchmarks.by_hand import LightByHand
from benchmarks.house import House, house
from worker.settings import load_settings
from worker.worker import workflow_runner
from workflows.run import KronosRun

ROOT = Path(__file__).parents[1]
SHORT, LONG = 10, 60
"""Turns of the two runs."""
STEPS = 4
"""Of a turn."""
PAIRS = 7
REPLAYS = 15
ALLOWED_MS = 0.3
HEAD = """\
workflow: light_{turns}
version: 1
summary: {turns} turns of light steps
input: {{required: [cash], properties: {{cash: {{type: number, format: money}}}}}}
steps:
  - set: {{orders: 0}}
"""
TURN = """\
  - id: limits_{n}
    title: Limits of turn {n}
    call: portfolio.investment_limits
    with: {{cash: "${{ input.cash }}"}}
  - set: {{orders: "${{ vars.orders + 1 }}", cash: "${{ steps.limits_{n}.tradeable_cash }}"}}
  - choose:
      - when: steps.limits_{n}.max_etfs > 5 and vars.cash > 100
        steps:
          - set: {{weight: "${{ steps.limits_{n}.min_weight }}"}}
      - otherwise:
          - set: {{weight: 0.5}}
"""
TAIL = 'output: {orders: "${ vars.orders }", weight: "${ vars.weight }"}\n'


@dataclass(frozen=True, slots=True)
class Ran:
    """One run: seconds of this process's processors, and what it left behind."""

    processor: float
    history: WorkflowHistory


async def measure() -> None:
    """Print the processor time of a step on both sides, live and replayed, and the difference."""
    with tempfile.TemporaryDirectory(prefix="kronos-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        shutil.copytree(ROOT / "definitions" / "catalogue", folder / "definitions" / "catalogue")
        (folder / "definitions" / "workflows").mkdir()
        for turns in (SHORT, LONG):
            (folder / "definitions" / "workflows" / f"light_{turns}.yaml").write_text(definition(turns))
        settings = load_settings({"data": folder / "data", "definitions": folder / "definitions"})
        async with house(settings, (LightByHand,)) as home:
            print(f"\nA light step, ms of processor time ({(LONG - SHORT) * STEPS} steps, best of several)")
            print(f"{'':<10}{'interpreter':>12}{'by hand':>10}{'overhead':>10}   (at most {ALLOWED_MS})")
            await _live(home)
            await _replayed(home)


def definition(turns: int) -> str:
    """A definition of so many turns: a pure call, a `set`, a `choose` with a `set` in it."""
    return HEAD.format(turns=turns) + "".join(TURN.format(n=n) for n in range(turns)) + TAIL


async def _live(home: House) -> None:
    """Everything that this process does for a run: workflow, activities, encryption, talk with the server."""
    taken: dict[tuple[str, int], list[float]] = {}
    for pair in range(PAIRS):
        for turns in (SHORT, LONG):
            for side, run in (("interpreter", _interpreted), ("by hand", _by_hand)):
                ran = await run(home, turns, f"live-{pair}")
                taken.setdefault((side, turns), []).append(ran.processor)
    _print("live", taken)


async def _replayed(home: House) -> None:
    """What the workflows do alone."""
    histories = {}
    for turns in (SHORT, LONG):
        histories["interpreter", turns] = (await _interpreted(home, turns, "replayed")).history
        histories["by hand", turns] = (await _by_hand(home, turns, "replayed")).history
    replayer = Replayer(
        workflows=[KronosRun, LightByHand],
        workflow_runner=workflow_runner(),
        data_converter=home.client.data_converter,
    )
    taken: dict[tuple[str, int], list[float]] = {key: [] for key in histories}
    for _ in range(REPLAYS):
        for key, history in histories.items():
            begun = time.process_time()
            await replayer.replay_workflow(history)
            taken[key].append(time.process_time() - begun)
    _print("replayed", taken)


def _print(name: str, taken: dict[tuple[str, int], list[float]]) -> None:
    steps = (LONG - SHORT) * STEPS
    mine, theirs = (
        (min(taken[side, LONG]) - min(taken[side, SHORT])) / steps * 1000
        for side in ("interpreter", "by hand")
    )
    print(f"{name:<10}{mine:>12.3f}{theirs:>10.3f}{mine - theirs:>10.3f}")


async def _interpreted(home: House, turns: int, name: str) -> Ran:
    return await _ran(home, f"light_{turns}", [{"cash": 50_000}], f"{name}-interpreted-{turns}")


async def _by_hand(home: House, turns: int, name: str) -> Ran:
    given = [50_000, turns, home.release]
    return await _ran(home, "LightByHand", given, f"{name}-by-hand-{turns}")


async def _ran(home: House, type: str, given: list[Any], id: str) -> Ran:
    processor = time.process_time()
    handle = await home.client.start_workflow(type, args=given, id=id, task_queue="kronos")
    output = await handle.result()
    assert output["weight"], output
    return Ran(time.process_time() - processor, await handle.fetch_history())
