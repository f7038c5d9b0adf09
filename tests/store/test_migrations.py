"""A database of an older version keeps every cent, unit and reference when it is upgraded."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, text
from sqlmodel import Session, select

from store import cash, fills, ledger, portfolios, projections, schema
from store.database import Database
from store.tables import Book, LedgerEntry, Order, Parcel, ParcelDisposal
from tests.support.databases import new_tenant, sqlite_url

MORNING = "2026-02-02 01:00:00+00:00"  # 12:00 in Sydney
EVENING = "2026-02-02 20:00:00+00:00"  # already the next day there


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database before there was a ledger, with a purchase in two fills and a sale."""
    if request.param == "sqlite":
        url = sqlite_url(tmp_path)
    else:
        name = new_tenant()
        home = create_engine(request.getfixturevalue("postgresql").get_uri(), isolation_level="AUTOCOMMIT")
        with home.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        url = home.url.set(database=name).render_as_string(hide_password=False)
        home.dispose()
    engine = create_engine(url)
    fill(engine)
    engine.dispose()
    return url


def fill(engine: Engine) -> None:
    """Revision 0004, and what its code would have written."""
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        for table, row in ROWS:
            insert(connection, table, row)


def insert(connection: Connection, table: str, row: dict[str, Any]) -> None:
    row = {"tenant": "main", **row}
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)


def order(name: str, side: str, units: int) -> dict[str, Any]:
    return {
        "client_order_id": name,
        "portfolio_id": "P-1",
        "account_id": "A-1",
        "effect_root": "root",
        "workflow_id": "w",
        "line": 1,
        "content_digest": "",
        "etf": "VAS",
        "side": side,
        "units": units,
        "broker": "simulated",
        "state": "filled",
        "reason": "",
        "cum_units": units,
        "reserved_cents": 0,
        "created_at": MORNING,
        "updated_at": MORNING,
        "actor": "system",
    }


def execution(number: int, order_id: str, units: int, fees: int, at: str) -> dict[str, Any]:
    return {
        "broker": "simulated",
        "execution_id": f"x{number}",
        "client_order_id": order_id,
        "units": units,
        "price": 90,
        "fees_cents": fees,
        "executed_at": at,
        "booked_at": MORNING,
    }


def entry(sequence: int, reference: str, kind: str, cents: int) -> dict[str, Any]:
    about = {
        "account_id": "A-1",
        "currency": "AUD",
        "booked_at": MORNING,
        "effect_root": "root",
        "actor": "a",
    }
    return {"sequence": sequence, "reference": reference, "kind": kind, "amount_cents": cents, **about}


def parcel(name: str, acquired: str, bought: int, left: int, cents: int) -> dict[str, Any]:
    about = {"parcel_id": name, "portfolio_id": "P-1", "etf": "VAS", "acquired": acquired}
    return {**about, "units_bought": bought, "units": left, "cost_base_cents": cents}


ROWS: list[tuple[str, dict[str, Any]]] = [
    (
        "customers",
        {
            "customer_id": "1",
            "personal": b"",
            "tax_residency": "AU",
            "identity_status": "verified",
            "created_at": MORNING,
            "actor": "a",
        },
    ),
    ("accounts", {"account_id": "A-1", "customer_id": "1", "currency": "AUD", "opened_at": MORNING}),
    (
        "portfolios",
        {
            "portfolio_id": "P-1",
            "customer_id": "1",
            "account_id": "A-1",
            "state": "invested",
            "pods": "{}",
            "target": "{}",
            "opened_at": MORNING,
        },
    ),
    ("orders", order("B", "buy", 30)),
    ("orders", order("S", "sell", 12)),
    ("fills", execution(1, "B", 10, 1000, MORNING)),
    ("fills", execution(2, "B", 20, 0, EVENING)),
    ("fills", execution(3, "S", 12, 1000, EVENING)),
    ("cash_entries", entry(1, "deposit:r", "deposit", 500_000)),
    ("cash_entries", entry(2, "simulated:x1", "purchase", -90_000)),
    ("cash_entries", entry(3, "B:brokerage", "brokerage", -1000)),
    ("cash_entries", entry(4, "simulated:x2", "purchase", -180_000)),
    ("cash_entries", entry(5, "simulated:x3", "sale", 120_000)),
    ("cash_entries", entry(6, "S:brokerage", "brokerage", -1000)),
    ("positions", {"portfolio_id": "P-1", "etf": "VAS", "units": 18}),
    ("parcels", parcel("B.20260202", "2026-02-02", 10, 0, 0)),
    ("parcels", parcel("B.20260203", "2026-02-03", 20, 18, 162_000)),
    *(
        (
            "parcel_disposals",
            {
                "parcel_id": parcel_id,
                "broker": "simulated",
                "execution_id": "x3",
                "portfolio_id": "P-1",
                "etf": "VAS",
                "disposed": "2026-02-03",
                "units": units,
                "cost_base_cents": cost,
                "proceeds_cents": proceeds,
            },
        )
        for parcel_id, units, cost, proceeds in (
            ("B.20260202", 10, 91_000, 99_166),
            ("B.20260203", 2, 18_000, 19_834),
        )
    ),
]


def projected(tx: Session) -> list[Any]:
    rows = [*tx.exec(select(Parcel)), *tx.exec(select(ParcelDisposal))]
    return sorted([*(tuple(row.model_dump().values()) for row in rows)], key=str)


def test_movements_of_cash_become_the_ledger(old: str) -> None:
    """The same cash, lots and fills as before; the ledger adds up and makes the same lots anew."""
    database = Database(old)
    database.upgrade()
    with database.transaction() as tx:
        assert cash.balance(tx, "main", "A-1") == 500_000 - 90_000 - 1000 - 180_000 + 120_000 - 1000
        assert ledger.balances(tx, "main", "A-1") == {
            Book.CASH: 348_000,
            Book.SECURITIES: 162_000,
            Book.GAINS: -10_000,
            Book.CAPITAL: -500_000,
        }
        bought = fills.booked(tx, "main", tx.get_one(Order, ("main", "B")))
        assert [(each.value_cents, each.fill.fees_cents) for each in bought] == [(90_000, 1000), (180_000, 0)]
        days = [row.effective for row in ledger.entries(tx, "main", "A-1") if row.kind == "purchase"]
        assert days == [date(2026, 2, 2), date(2026, 2, 3)]
        before = projected(tx)
        projections.rebuild(tx, "main", "P-1")
        assert projected(tx) == before
        assert portfolios.positions(tx, "main", "P-1") == {"VAS": 18}
    database.close()


def test_a_deposit_that_was_booked_is_not_booked_again(old: str) -> None:
    """References are kept."""
    database = Database(old)
    database.upgrade()
    with database.transaction() as tx:
        at = tx.exec(select(LedgerEntry)).first().booked_at  # type: ignore[union-attr]  # there is one
        assert not cash.book(
            tx,
            "main",
            "A-1",
            reference="deposit:r",
            kind="deposit",
            amount_cents=500_000,
            currency="AUD",
            at=at,
        )
    database.close()
