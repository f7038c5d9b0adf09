"""Waits for fills hold no thread of a worker: others get through, and a stopping worker hands them back."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.context import CatalogueFiles
from activities.orders import submit
from payloads.call import Call
from payloads.entry import Role
from payloads.orders import SubmitOrders
from store.database import Database
from tests.support.databases import MASTER_KEY, sqlite_url
from tests.support.trading import PORTFOLIO, Brokerage, open_brokerage
from worker.worker import THREADS, ActivityHost
from workflows.calls import WORKER_STOPPING

Perform = Callable[[Any, Any], Coroutine[Any, Any, Any]]
MANY = 40
SLOW = {"first_seconds": 3600, "factor": 1, "longest_seconds": 3600, "proceeds_seconds": 1}


class OneCatalogue:
    """Stands for the releases: the same files for every call."""

    def __init__(self, files: dict[str, Any]) -> None:
        self._files = CatalogueFiles(files)

    def of(self, _: Call) -> CatalogueFiles:
        return self._files


@dataclass(frozen=True, slots=True)
class Waiting:
    """Many activities that wait for the fills of one order, which rests at the exchange."""

    host: ActivityHost
    environments: list[ActivityEnvironment]
    waits: list[asyncio.Task[Any]]
    beats: set[int]
    brokerage: Brokerage


@pytest.fixture
def brokerage(tmp_path: Path) -> Iterator[Brokerage]:
    """An exchange on which no order fills by itself."""
    database = Database(sqlite_url(tmp_path), master_key=MASTER_KEY)
    database.upgrade()
    opened = open_brokerage(database, "main", tmp_path, behaviour={"default": "rest"})
    yield opened
    database.close()


@asynccontextmanager
async def waiting(brokerage: Brokerage) -> AsyncIterator[Waiting]:
    """Every one of them has asked the broker once, and rests for an hour."""
    context = brokerage.context()
    trades = [{"etf": "VAS", "side": "buy", "units": 10}]
    sent = submit(SubmitOrders.model_validate({"portfolio_id": PORTFOLIO, "trades": trades}), context)
    files = {**brokerage.files, "trading": {**brokerage.files["trading"], "polling": SLOW}}
    services = replace(context.services, releases=cast(Any, OneCatalogue(files)))
    host = ActivityHost(cast(Client, None), services)
    environments, waits, beats = [], [], set()
    for place in range(MANY):
        environment = ActivityEnvironment()
        environment.on_heartbeat = lambda *_, place=place: beats.add(place)
        call = replace_step(context.call, f"fills{place}")
        given = {"portfolio_id": PORTFOLIO, "orders": sent.orders, "within": "1d"}
        work = environment.run(activity_of(host, "orders.await_fills", Role.BROKER), given, call)
        environments.append(environment)
        waits.append(asyncio.create_task(work))
    try:
        while len(beats) < MANY:
            await asyncio.sleep(0.05)
        yield Waiting(host, environments, waits, beats, brokerage)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


def activity_of(host: ActivityHost, name: str, role: Role) -> Perform:
    """One activity as Temporal calls it."""
    found = {getattr(each, "__temporal_activity_definition").name: each for each in host.activities(role)}
    return cast(Perform, found[name])


def replace_step(call: Call, step: str) -> dict[str, Any]:
    return call.model_copy(update={"step": step}).model_dump(mode="python")


async def test_more_waits_than_threads_let_another_activity_through(brokerage: Brokerage) -> None:
    """Forty wait for fills; the exchange is asked to cancel, and answers."""
    assert MANY > 2 * THREADS
    async with waiting(brokerage) as town:
        assert not any(wait.done() for wait in town.waits)
        call = replace_step(brokerage.context().call, "cancel")
        cancel = activity_of(town.host, "orders.cancel_open", Role.BROKER)
        answer = await asyncio.wait_for(
            ActivityEnvironment().run(cancel, {"portfolio_id": PORTFOLIO}, call), 30
        )
        assert len(answer["cancelled"]) == 1


async def test_a_stopping_worker_hands_every_wait_back(brokerage: Brokerage) -> None:
    """As an error of its own, so that another worker takes it up."""
    async with waiting(brokerage) as town:
        for environment in town.environments:
            environment.worker_shutdown()
        ended = await asyncio.wait_for(asyncio.gather(*town.waits, return_exceptions=True), 30)
    assert {error.type for error in ended if isinstance(error, ApplicationError)} == {WORKER_STOPPING}
    assert len(ended) == MANY


async def test_a_cancelled_wait_ends(brokerage: Brokerage) -> None:
    """The run no longer wants its answer; the others wait on."""
    async with waiting(brokerage) as town:
        town.environments[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(town.waits[0], 30)
        assert not any(wait.done() for wait in town.waits[1:])
