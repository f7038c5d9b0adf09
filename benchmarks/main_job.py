"""Onboarding plus investment on the embedded server: the interpreter beside the same by hand.

Signals are sent at once after the start, so the figure is the system's own share. Pairs alternate,
each run has a client of its own, both use the same workers' activities and the same server.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHandle

from benchmarks.by_hand import InvestmentByHand, OnboardingByHand
from worker.connection import connect
from worker.demo import answers_of, example
from worker.dev_server import start_dev_server
from worker.inputs import read_json
from worker.library import publish
from worker.market import prepare_market
from worker.ports import free_ports
from worker.services import opened
from worker.serving import Workers
from worker.settings import Settings, load_settings
from worker.worker import build_workers
from workflows.run import KronosRun

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
        async with _both(settings) as house:
            for _ in range(2):  # imports, caches, and the code paths of both
                await _interpreted(house, "warm")
                await _handwritten(house, "warm")
            interpreted, handwritten = [], []
            for pair in range(PAIRS):
                interpreted.append((await _interpreted(house, str(pair)))[0])
                handwritten.append(await _handwritten(house, str(pair)))
            _, handle = await _interpreted(house, "steps")
            _print(interpreted, handwritten)
            await _print_steps(house.client, handle)


@dataclass(frozen=True, slots=True)
class House:
    """A server whose workers know both: the interpreter and the workflows written by hand."""

    client: Client
    release: str


@asynccontextmanager
async def _both(settings: Settings) -> AsyncIterator[House]:
    release = publish(settings, development=True).release
    prepare_market(settings)
    server = start_dev_server(
        database=settings.temporal_database, log=settings.temporal_log, port=free_ports(1)[0]
    )
    try:
        local = replace(settings, address=server.address)
        client = await connect(local)
        with opened(local) as services:
            both = (KronosRun, OnboardingByHand, InvestmentByHand)
            workers = Workers(build_workers(client, local, services, "all", workflows=both))
            try:
                yield House(client, release)
            finally:
                await workers.drain()
    finally:
        server.stop()


async def _interpreted(house: House, name: str) -> tuple[Taken, WorkflowHandle[Any, Any]]:
    given, answers = _client_of(f"I-{name}-{time.monotonic_ns()}")
    clock, processor = time.perf_counter(), time.process_time()
    handle = await house.client.start_workflow(
        "onboarding", given, id=f"onboarding-{given['customer']['customer_id']}", task_queue="kronos"
    )
    await _signal(handle, answers)
    output = await handle.result()
    assert output["status"] == "invested", output
    return Taken(time.perf_counter() - clock, time.process_time() - processor), handle


async def _handwritten(house: House, name: str) -> Taken:
    given, answers = _client_of(f"H-{name}-{time.monotonic_ns()}")
    clock, processor = time.perf_counter(), time.process_time()
    handle = await house.client.start_workflow(
        "OnboardingByHand",
        args=[given, house.release],
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
