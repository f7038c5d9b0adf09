"""A house on virtual time: all definitions at work on a real server, a crash on the way, and books that balance.

Twelve weeks over the end of a tax year; `make years` lets it go on for two years. Each step of each definition
loses its first worker on the way.
"""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlmodel import select

from store import cash, event_proof, ledger, ledger_proof, portfolios
from store.tables import Book, Customer, Fill, Order
from tests.support.house_story import START, STAYING, Story, day, lived
from tests.support.lost_answers import Deaths, answers_lost
from tests.support.shaken import ShakenMarket
from tests.support.town import PROJECT
from tests.support.world import World, world

CRASH = 7  # its week
SWINGS = 17  # days of it
ANSWERS_LOST = 80  # there are more
# It writes how portfolios stand at its own moment, which is another one the second time.
STATE_OF_NOW = {"monitoring steps[0] monitoring.refresh"}
WEEKS = int(os.environ.get("KRONOS_WEEKS", "12"))
DEFINITIONS = {path.stem for path in (PROJECT / "definitions/workflows").glob("*.yaml")}


def books_balance(place: World) -> None:
    """Ledger and log prove whole; what the exchange executed is what is booked, each once."""
    tenant = place.settings.tenant
    with place.services.database.transaction() as tx:
        assert ledger_proof.verify(tx, tenant) == []
        assert event_proof.verify(tx, tenant) == []
        booked = Counter(fill.client_order_id for fill in tx.scalars(select(Fill)))
        for order in tx.scalars(select(Order).where(Order.block_id.is_(None))):
            assert booked[order.client_order_id] == len(
                place.services.broker.executions(order.client_order_id)
            )
        for client in tx.scalars(select(Customer)):
            assert cash.balance(tx, tenant, f"A-{client.customer_id}") >= 0
        assert portfolios.positions(tx, tenant, "P-CAT") == {}


def merged_parcels_keep_cost_and_date(place: World, merged: str) -> None:
    """Every old parcel has a successor that cost as much and was bought when it was; no gain but of a fraction."""
    tenant = place.settings.tenant
    with place.services.database.reading() as tx:
        for client in STAYING:
            entry = ledger.find(tx, tenant, f"A-{client}", "merger:MERGER-1")
            lines = [] if entry is None else ledger.postings_of(tx, entry)
            moved = [line for line in lines if line.book == Book.SECURITIES]
            old = {line.parcel_id: line for line in moved if line.etf == merged}
            new = {line.parcel_id: line for line in moved if line.etf != merged}
            assert old
            assert len(new) == len(old)
            for name, line in new.items():
                before = old[str(name).rpartition(".")[0]]
                assert (line.amount_cents, line.acquired) == (-before.amount_cents, before.acquired)
            assert {line.book for line in lines} <= {Book.SECURITIES, Book.CASH, Book.GAINS}
            assert sum(line.amount_cents for line in moved) == 0
            assert merged not in portfolios.positions(tx, tenant, f"P-{client}")


async def outcomes(place: World) -> tuple[Counter[tuple[str, str]], list[str]]:
    """How many runs of each definition came to which end, and the errors of those that failed or are held."""
    ended: Counter[tuple[str, str]] = Counter()
    errors = []
    async for run in place.client.list_workflows():
        ended[run.workflow_type, str(run.status and run.status.name)] += 1
        if run.workflow_type in DEFINITIONS and run.status and run.status.name in ("FAILED", "RUNNING"):
            status = await place.client.get_workflow_handle(run.id).query("status")
            if status["state"] in ("failed", "held"):
                errors.append(f"{run.id} is {status['state']}: {status['error']}")
    return ended, errors


async def changes_followed(place: World, portfolio: str) -> int:
    """For how many changes of the market's regime what the portfolio should hold was found anew."""
    query = f"WorkflowType = 'rebalancing' and KronosPortfolio = '{portfolio}'"
    runs = [run.id async for run in place.client.list_workflows(query)]
    ends = [await place.client.get_workflow_handle(run).result() for run in runs]
    return sum(end["reason"] == "regime_change" for end in ends)


async def test_a_house_runs_for_years_though_its_workers_die_at_every_step(tmp_path: Path) -> None:
    """Every definition runs; nothing fails, nothing is stuck, and nothing is lost or made up.

    Whoever asks again for an answer that was lost with its worker is given that very answer, so that the runs go on
    as if nobody had died.
    """
    deaths = Deaths()
    async with house(tmp_path / "data", deaths) as story:
        await lived(story, range(WEEKS))
        ended, errors = await outcomes(story.place)
        assert errors == []
        assert await changes_followed(story.place, "P-BEN") >= 2, "the crash, and the calm after it"
        await asyncio.to_thread(books_balance, story.place)
        await asyncio.to_thread(merged_parcels_keep_cost_and_date, story.place, story.merged)
    assert {name for name, _ in ended} >= DEFINITIONS
    assert sorted(set(deaths.passed) - deaths.died) == []
    assert sorted(point for point in deaths.died if deaths.passed[point] < 2) == []
    assert sorted(set(deaths.changed) - STATE_OF_NOW) == []
    assert deaths.repeated > ANSWERS_LOST


@asynccontextmanager
async def house(data: Path, deaths: Deaths) -> AsyncIterator[Story]:
    """A house on the eve of its first day."""
    market = ShakenMarket(crash=day(CRASH), swings=SWINGS)
    with answers_lost(deaths):
        async with world(data, START, market) as place:
            yield Story(place, market)
