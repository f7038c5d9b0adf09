"""Every cent is booked once and spent once."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import cash
from store.accounts import UnknownAccount, WrongCurrency
from store.database import Database
from store.ledger import ReferenceConflict
from store.tables import Order, OrderState
from tests.support.databases import NOON, new_tenant
from tests.support.people import take_on
from tests.support.threads import at_once

ACCOUNT = "A-C-1"
ENTRIES = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(-(10**12), 10**12)), max_size=12)


@pytest.fixture
def client(database: Database, tenant: str) -> str:
    """A tenant with one client."""
    with database.transaction() as tx:
        take_on(tx, tenant)
    return tenant


def book(tx: Any, tenant: str, reference: str, amount_cents: int, kind: str = "deposit") -> bool:
    return cash.book(
        tx,
        tenant,
        ACCOUNT,
        reference=reference,
        kind=kind,
        amount_cents=amount_cents,
        currency="AUD",
        at=NOON,
    )


def order(tenant: str, name: str, side: str, state: OrderState, reserved_cents: int) -> Order:
    return Order(
        tenant=tenant,
        client_order_id=name,
        portfolio_id="P-C-1",
        account_id=ACCOUNT,
        effect_root="root",
        workflow_id="w",
        line=1,
        content_digest="",
        etf="VAS",
        side=side,
        units=10,
        broker="simulated",
        state=state,
        reserved_cents=reserved_cents,
        created_at=NOON,
        updated_at=NOON,
        actor="tests",
    )


def test_an_account_starts_with_nothing(database: Database, client: str) -> None:
    """No entries, no cash."""
    with database.reading() as tx:
        assert cash.balance(tx, client, ACCOUNT) == 0
        assert cash.available(tx, client, ACCOUNT) == 0


@settings(max_examples=25, deadline=None)
@given(entries=ENTRIES)
def test_the_balance_is_the_sum_of_what_was_booked_once(
    database: Database, entries: list[tuple[str, int]]
) -> None:
    """A reference counts the first time; with another amount it is refused and counts not at all."""
    own, booked = new_tenant(), {}
    with database.transaction() as tx:
        take_on(tx, own)
        for reference, amount in entries:
            known = booked.setdefault(reference, amount)
            if known != amount:
                with pytest.raises(ReferenceConflict):
                    book(tx, own, reference, amount)
            else:
                book(tx, own, reference, amount)
        assert cash.balance(tx, own, ACCOUNT) == sum(booked.values())


def test_the_same_reference_is_booked_once(database: Database, client: str) -> None:
    """Whoever reports it again; True says that it was booked."""
    with database.transaction() as tx:
        assert book(tx, client, "r", 7_000_010)
        assert not book(tx, client, "r", 7_000_010)
        assert cash.balance(tx, client, ACCOUNT) == 7_000_010


def test_a_reference_with_another_amount_is_refused(database: Database, client: str) -> None:
    """The message says what was booked and what was asked."""
    with database.transaction() as tx:
        book(tx, client, "r", 7_000_010)
        with pytest.raises(ReferenceConflict, match=r"deposit of 70000.10 AUD, not as deposit of 1.00"):
            book(tx, client, "r", 100)


def test_at_once_the_same_reference_is_booked_once(database: Database, client: str) -> None:
    """One of four says that it booked."""

    def attempt() -> bool:
        with database.transaction() as tx:
            return book(tx, client, "r", 100)

    assert sorted(map(bool, at_once([attempt] * 4))) == [False, False, False, True]


def test_two_at_once_never_overspend(database: Database, client: str) -> None:
    """What was available stays so until the transaction ends."""
    with database.transaction() as tx:
        book(tx, client, "deposit", 250)

    def spend(name: str) -> bool:
        with database.transaction() as tx:
            return cash.available(tx, client, ACCOUNT) >= 100 and book(tx, client, name, -100, "withdrawal")

    spent = at_once([lambda name=name: spend(name) for name in "abcd"])  # type: ignore[misc]
    assert sorted(map(bool, spent)) == [False, False, True, True]
    with database.reading() as tx:
        assert cash.balance(tx, client, ACCOUNT) == 50


def test_open_buy_orders_reserve_cash(database: Database, client: str) -> None:
    """Sells reserve nothing, and closed orders no more."""
    with database.transaction() as tx:
        book(tx, client, "deposit", 1000)
        tx.add(order(client, "open", "buy", OrderState.PARTIALLY_FILLED, 300))
        tx.add(order(client, "intended", "buy", OrderState.INTENDED, 200))
        tx.add(order(client, "sell", "sell", OrderState.NEW, 50))
        tx.add(order(client, "closed", "buy", OrderState.CANCELLED, 70))
        tx.flush()
        assert cash.reserved(tx, client, ACCOUNT) == 500
        assert cash.available(tx, client, ACCOUNT) == 500


def test_another_currency_is_refused(database: Database, client: str) -> None:
    """The message names both currencies and says what to do."""
    with (
        database.transaction() as tx,
        pytest.raises(WrongCurrency, match=r"EUR.*AUD.*change the money") as raised,
    ):
        cash.book(tx, client, ACCOUNT, reference="r", kind="deposit", amount_cents=1, currency="EUR", at=NOON)
    assert raised.value.path == "currency"


def test_an_unknown_account_is_named(database: Database, client: str) -> None:
    """Reading what is available asks for an account that exists."""
    with database.reading() as tx, pytest.raises(UnknownAccount, match="A-nobody"):
        cash.available(tx, client, "A-nobody")
