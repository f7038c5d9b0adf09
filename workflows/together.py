"""Several things at once, a bounded number at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from temporalio import workflow

T = TypeVar("T")


class Lanes:
    """How many things a run does at once; it may continue as new only while that is one."""

    def __init__(self) -> None:
        self.open = 1


async def together(jobs: Sequence[Callable[[], Awaitable[T]]], at_most: int, lanes: Lanes) -> list[T]:
    """The results of the jobs, in their order, at most `at_most` of them under way.

    The first failure cancels the others and waits for them, then is raised: what they began is
    known before anything is undone.
    """
    results: dict[int, T] = {}
    waiting = list(enumerate(jobs))
    waiting.reverse()
    active: dict[asyncio.Task[T], int] = {}
    lanes.open -= 1
    try:
        while waiting or active:
            while waiting and len(active) < at_most:
                index, job = waiting.pop()
                active[asyncio.ensure_future(job())] = index
                lanes.open += 1
            done, _ = await workflow.wait(active, return_when=asyncio.FIRST_COMPLETED)
            for task in sorted(done, key=lambda finished: active[finished]):
                index = active.pop(task)
                lanes.open -= 1
                results[index] = task.result()
    except (Exception, asyncio.CancelledError):
        await _cancel(list(active))
        lanes.open += 1 - len(active)
        raise
    lanes.open += 1
    return [results[index] for index in range(len(jobs))]


async def _cancel(tasks: list[asyncio.Task[T]]) -> None:
    for task in tasks:
        task.cancel()
    # Gathering keeps the order and retrieves what they raised: the first failure is the one that counts.
    await asyncio.gather(*tasks, return_exceptions=True)
