"""Whoever changes what is shown of a portfolio is found out, and it can be made right from the ledger."""

import pytest
from sqlmodel import Session

from store import ledger_proof, portfolios, projections
from store.database import Database
from store.tables import Book, LedgerEntry, LedgerPosting, Parcel, Position
from tests.support.databases import NOON
from tests.support.ledger import ACCOUNT, PORTFOLIO, buy, sell
from tests.support.people import take_on


@pytest.fixture
def client(database: Database, tenant: str) -> str:
    """A tenant with one client, who has bought twice and sold once."""
    with database.transaction() as tx:
        take_on(tx, tenant)
        buy(tx, tenant, "p", 10, 50_000)
        buy(tx, tenant, "q", 5, 26_000)
        sell(tx, tenant, "s", "p", 4, 20_000, 26_000)
    return tenant


def problems(tx: Session, tenant: str) -> dict[str, str]:
    return {each.row: each.problem for each in ledger_proof.verify(tx, tenant)}


def test_what_the_ledger_made_is_right(database: Database, client: str) -> None:
    """And looking changes nothing."""
    with database.transaction() as tx:
        assert problems(tx, client) == {}
        assert portfolios.positions(tx, client, PORTFOLIO) == {"VAS": 11}


def test_what_was_changed_behind_its_back_is_named_and_mended(database: Database, client: str) -> None:
    """Units of a position, the cost of a lot, a lot that is gone."""
    with database.transaction() as tx:
        tx.get_one(Position, (client, PORTFOLIO, "VAS")).units = 12
        tx.get_one(Parcel, (client, "p")).cost_base_cents = 1
        tx.delete(tx.get_one(Parcel, (client, "q")))
        tx.flush()
        assert problems(tx, client) == {
            "P-C-1 position VAS": "is 12 units, by the ledger 11 units",
            "P-C-1 lot p": "is 6 units at 0.01, 10 bought on 2025-11-17, by the ledger "
            "6 units at 300.00, 10 bought on 2025-11-17",
            "P-C-1 lot q": "is not there, by the ledger 5 units at 260.00, 5 bought on 2025-11-17",
        }
        projections.rebuild(tx, client, PORTFOLIO)
        assert problems(tx, client) == {}


def test_an_entry_that_does_not_add_up_is_named(database: Database, client: str) -> None:
    """However it came there."""
    with database.transaction() as tx:
        about = {"tenant": client, "account_id": ACCOUNT, "sequence": 9}
        tx.add(
            LedgerEntry(
                **about,
                reference="forged",
                kind="deposit",
                effective=NOON.date(),
                currency="AUD",
                booked_at=NOON,
                effect_root="",
                actor="nobody",
            )
        )
        tx.flush()
        tx.add(LedgerPosting(**about, line=0, book=Book.CASH, amount_cents=1_00))
        tx.flush()
        assert problems(tx, client) == {"A-C-1 entry 9": "adds up to 1.00, not to zero"}
