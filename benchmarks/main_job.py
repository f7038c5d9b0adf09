"""Onboarding plus investment on the embedded server: the interpreter beside the same by hand.

Signals are sent at once after the start, so the figure is the system's own share. Pairs alternate,
each run has a client of its own, both use the same workers' activities and the same server.
"""

import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHandle

from benchmarks.by_hand import InvestmentByHand, OnboardingByHand
from benchmarks.house import House, house
from worker.demo import answers_of, example
from worker.inputs import read_json
from worker.market import prepare_market
from worker.settings import load_settings

PAIRS = 15
ALLOWED_SECONDS = 40.0  # the whole system's share that the process was designed for


@dataclass(frozen=True, slots=True)
class Taken:
    """What one run took, in seconds of the clock and of this process's processors."""

    clock: float
    processor: float


async def measure() -> None:
    """Print both sides and their ratios, then where the interpreter's time goes, step by step."""
    with tempfile.TemporaryDirectory(prefix="kronos-bench-", ignore_cleanup_errors=True) as folder:
        settings = load_settings({"data": Path(folder)})
        prepare_market(settings)
        async with house(settings, (OnboardingByHand, InvestmentByHand)) as home:
            for _ in range(2):  # imports, caches, and the code paths of both
                await _interpreted(home, "warm")
                await _handwritten(home, "warm")
            interpreted, handwritten = [], []
            for pair in range(PAIRS):
                interpreted.append((await _interpreted(home, str(pair)))[0])
                handwritten.append(await _handwritten(home, str(pair)))
            _, handle = await _interpreted(home, "steps")
            _print(interpreted, handwritten)
            await _print_steps(home.client, handle)


async def _interpreted(home: House, name: str) -> tuple[Taken, WorkflowHandle[Any, Any]]:
    given, answers = _client_of(f"I-{name}-{time.monotonic_ns()}")
    clock, processor = time.perf_counter(), time.process_time()
    handle = await home.client.start_workflow(
        "onboarding", given, id=f"onboarding-{given['customer']['customer_id']}", task_queue="kronos"
    )
    await _signal(handle, answers)
    output = await handle.result()
    assert output["status"] == "invested", output
    return Taken(time.perf_counter() - clock, time.process_time() - processor), handle


async def _handwritten(home: House, name: str) -> Taken:
    given, answers = _client_of(f"H-{name}-{time.monotonic_ns()}")
    clock, processor = time.perf_counter(), time.process_time()
    handle = await home.client.start_workflow(
        "OnboardingByHand",
        args=[given, home.release],
        id=f"by-hand-{given['customer']['customer_id']}",
        task_queue="kronos",
    )
    await _signal(handle, answers)
    await handle.result()
    return Taken(time.perf_counter() - clock, time.process_time() - processor)


async def _signal(handle: WorkflowHandle[Any, Any], answers: dict[str, Any]) -> None:
    await asyncio.gather(
        *(handle.signal(name, answers[name]) for name in ("agreement_signed", "deposit_received"))
    )


def _client_of(customer_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    given = read_json(str(example("onboarding")))
    given["customer"]["customer_id"] = customer_id
    answers = answers_of(given)
    answers["deposit_received"]["reference"] = f"D-{customer_id}"
    return given, answers


def _print(interpreted: list[Taken], handwritten: list[Taken]) -> None:
    print(f"onboarding + investment, {PAIRS} alternating pairs, median (allowed: {ALLOWED_SECONDS:.0f} s)")
    print(f"{'':<14}{'interpreter':>14}{'by hand':>12}{'ratio':>8}")
    for kind in ("clock", "processor"):
        mine = statistics.median(getattr(taken, kind) for taken in interpreted)
        theirs = statistics.median(getattr(taken, kind) for taken in handwritten)
        ratio = statistics.median(
            getattr(a, kind) / getattr(b, kind) for a, b in zip(interpreted, handwritten, strict=True)
        )
        print(f"{kind + ' s':<14}{mine:>14.3f}{theirs:>12.3f}{ratio:>8.2f}")


async def _print_steps(client: Client, handle: WorkflowHandle[Any, Any]) -> None:
    print(f"\n{'step':<46}{'ms':>8}")
    child = client.get_workflow_handle(f"{handle.id}.invested")
    for run in (handle, child):
        status = await run.query("status")
        for step in status["steps"]:
            if step["kind"] == "call" and step["ended_at"]:
                print(f"{status['workflow'] + ': ' + (step['id'] or step['path']):<46}{_ms(step):>8.0f}")


def _ms(step: dict[str, Any]) -> float:
    from datetime import datetime

    began, ended = (datetime.fromisoformat(step[name]) for name in ("started_at", "ended_at"))
    return (ended - began).total_seconds() * 1000
