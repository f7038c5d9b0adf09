"""Every cent stands in two books, every entry once, and what is shown can be made anew from them."""

import contextlib
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from store import cash, ledger, portfolios, projections
from store.cash import Settled
from store.database import Database
from store.ledger import CannotReverse, Posting, ReferenceConflict, UnknownReference
from store.tables import Book, LedgerPosting, Parcel, ParcelDisposal, Position
from tests.support.databases import NOON, new_tenant
from tests.support.ledger import ACCOUNT, MONDAY, PORTFOLIO, about, buy, deposit, sell
from tests.support.people import take_on


@pytest.fixture
def client(database: Database, tenant: str) -> str:
    """A tenant with one client."""
    with database.transaction() as tx:
        take_on(tx, tenant)
    return tenant


def projected(tx: Session, tenant: str) -> list[list[tuple[Any, ...]]]:
    """Every row of the projections, as plain values in the order of their keys."""
    rows = []
    for table in (Position, Parcel, ParcelDisposal):
        found = tx.exec(select(table).where(table.tenant == tenant))
        rows.append(sorted(tuple(row.model_dump().values()) for row in found))
    return rows


def test_a_purchase_and_a_sale_stand_in_the_books(database: Database, client: str) -> None:
    """A gain is negative, because it is where money came from; the books add up to zero."""
    with database.transaction() as tx:
        deposit(tx, client, 100_000)
        buy(tx, client, "p", 10, 50_000)
        sell(tx, client, "s", "p", 4, 20_000, 26_000)
        assert ledger.balances(tx, client, ACCOUNT) == {
            Book.CASH: 100_000,
            Book.UNSETTLED: -24_000,
            Book.SECURITIES: 30_000,
            Book.GAINS: -6_000,
            Book.CAPITAL: -100_000,
        }
        (disposal,) = tx.exec(select(ParcelDisposal).where(ParcelDisposal.tenant == client))
        assert (disposal.units, disposal.cost_base_cents, disposal.proceeds_cents) == (4, 20_000, 26_000)
        (parcel,) = portfolios.parcels(tx, client, PORTFOLIO)
        assert (parcel.units_bought, parcel.units, parcel.cost_base_cents) == (10, 6, 30_000)


def test_an_entry_that_does_not_add_up_is_refused(database: Database, client: str) -> None:
    """Nothing of it is kept."""
    with database.transaction() as tx:
        with pytest.raises(ValueError, match="add up to zero"):
            ledger.post(tx, client, ACCOUNT, about("x", "deposit"), [Posting(Book.CASH, 1)])
        assert ledger.find(tx, client, ACCOUNT, "x") is None


def test_the_same_reference_with_other_postings_is_refused(database: Database, client: str) -> None:
    """The same money in another parcel is another entry."""
    with database.transaction() as tx:
        buy(tx, client, "p", 10, 50_000)
        assert not buy(tx, client, "p", 10, 50_000)
        with pytest.raises(ReferenceConflict, match=r"buy:p was booked as purchase of -500.00 AUD"):
            buy(tx, client, "p", 11, 50_000)


def test_trades_become_cash_on_their_settlement_day(database: Database, client: str) -> None:
    """Each once; what a purchase still has to pay cannot leave the account before."""
    with database.transaction() as tx:
        deposit(tx, client, 100_000)
        buy(tx, client, "p", 10, 50_000)
        sell(tx, client, "s", "p", 4, 20_000, 26_000)
        assert (cash.balance(tx, client, ACCOUNT), cash.settled(tx, client, ACCOUNT)) == (76_000, 76_000)
        tuesday, wednesday, friday = (MONDAY + timedelta(days=days) for days in (1, 2, 4))
        assert cash.settle_due(tx, client, ACCOUNT, tuesday, at=NOON) == []
        assert cash.accounts_due(tx, client, tuesday) == []
        assert cash.accounts_due(tx, client, friday) == [ACCOUNT]
        assert cash.settle_due(tx, client, ACCOUNT, wednesday, at=NOON) == [
            Settled(ACCOUNT, "buy:p", -50_000)
        ]
        assert (cash.unsettled(tx, client, ACCOUNT), cash.settled(tx, client, ACCOUNT)) == (26_000, 50_000)
        assert cash.settle_due(tx, client, ACCOUNT, friday, at=NOON) == [Settled(ACCOUNT, "sell:s", 26_000)]
        assert cash.settle_due(tx, client, ACCOUNT, friday, at=NOON) == []
        assert cash.accounts_due(tx, client, friday) == []
        assert (cash.unsettled(tx, client, ACCOUNT), cash.settled(tx, client, ACCOUNT)) == (0, 76_000)


def test_a_mistake_is_taken_back_by_a_reversal(database: Database, client: str) -> None:
    """Everything is as before, and both entries can be read."""
    with database.transaction() as tx:
        buy(tx, client, "p", 10, 50_000)
        before = projected(tx, client)
        sell(tx, client, "s", "p", 4, 20_000, 26_000)
        assert ledger.reverse(tx, client, ACCOUNT, "sell:s", about("", "", MONDAY + timedelta(days=1)))
        assert not ledger.reverse(tx, client, ACCOUNT, "sell:s", about("", "", MONDAY + timedelta(days=1)))
        assert projected(tx, client) == before
        assert ledger.balances(tx, client, ACCOUNT)[Book.GAINS] == 0
        kinds = [entry.kind for entry in ledger.entries(tx, client, ACCOUNT)]
        assert kinds == ["purchase", "sale", "reversal"]


def test_what_is_used_cannot_be_taken_back(database: Database, client: str) -> None:
    """Units that were sold since, a reversal, and what was never booked: each says why."""
    with database.transaction() as tx:
        buy(tx, client, "p", 10, 50_000)
        sell(tx, client, "s", "p", 4, 20_000, 26_000)
        with pytest.raises(CannotReverse, match="P-C-1 holds 6 VAS"):
            ledger.reverse(tx, client, ACCOUNT, "buy:p", about("", ""))
        ledger.reverse(tx, client, ACCOUNT, "sell:s", about("", ""))
        with pytest.raises(CannotReverse, match="takes sell:s back"):
            ledger.reverse(tx, client, ACCOUNT, "reversal:sell:s", about("", ""))
        with pytest.raises(UnknownReference, match="nowhere"):
            ledger.reverse(tx, client, ACCOUNT, "nowhere", about("", ""))


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell", "reverse"]),
        st.integers(1, 20),
        st.integers(1, 10**7),
        st.integers(0, 9),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(deeds=DEEDS)
def test_everything_shown_can_be_made_anew_from_the_ledger(
    database: Database, deeds: list[tuple[str, int, int, int]]
) -> None:
    """Whatever was bought, sold and taken back: the projections of all entries at once are the same."""
    own, booked = new_tenant(), []
    with database.transaction() as tx:
        take_on(tx, own)
        for number, (deed, units, cents, choice) in enumerate(deeds):
            held = portfolios.parcels(tx, own, PORTFOLIO)
            if deed == "buy":
                buy(tx, own, f"p{number}", units, cents)
                booked.append(f"buy:p{number}")
            elif deed == "sell" and held:
                parcel = held[choice % len(held)]
                taken = min(units, parcel.units)
                cost = parcel.cost_base_cents * taken // parcel.units
                sell(tx, own, str(number), parcel.parcel_id, taken, cost, cents)
                booked.append(f"sell:{number}")
            elif deed == "reverse" and booked:
                with contextlib.suppress(CannotReverse):  # units that were sold since
                    ledger.reverse(tx, own, ACCOUNT, booked[choice % len(booked)], about("", ""))
        before = projected(tx, own)
        projections.rebuild(tx, own, PORTFOLIO)
        after = projected(tx, own)
        lines = tx.exec(select(LedgerPosting).where(LedgerPosting.tenant == own)).all()
    assert after == before
    assert sum(line.amount_cents for line in lines) == 0
