"""The ledger: movements of cash become entries in double entry, to the cent and under their references.

Revision ID: 0005
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from store.columns import Moment
from store.migrations.parts import (
    append_only,
    belongs_to,
    day,
    index,
    moment,
    small,
    table,
    text,
    unique,
    whole,
)

revision = "0005"
down_revision = "0004"

# Fills got their trade date by the clocks of the one exchange there was.
ZONE = ZoneInfo("Australia/Sydney")
MONEY_BOOKED = sa.table(
    "cash_entries",
    *(sa.column(name) for name in ("tenant", "account_id", "sequence", "reference", "kind", "amount_cents")),
    *(sa.column(name) for name in ("currency", "effect_root", "actor")),
    sa.column("booked_at", Moment),
)
FILLS = sa.table(
    "fills",
    *(
        sa.column(name)
        for name in ("tenant", "broker", "execution_id", "client_order_id", "units", "fees_cents")
    ),
    sa.column("executed_at", Moment),
)
ORDERS = sa.table(
    "orders", *(sa.column(name) for name in ("tenant", "client_order_id", "portfolio_id", "etf", "side"))
)
PARCELS = sa.table(
    "parcels", *(sa.column(name) for name in ("tenant", "parcel_id")), sa.column("acquired", sa.Date)
)
OLD_DISPOSALS = sa.table(
    "parcel_disposals",
    *(sa.column(name) for name in ("tenant", "parcel_id", "broker", "execution_id", "portfolio_id", "etf")),
    *(sa.column(name) for name in ("units", "cost_base_cents", "proceeds_cents")),
    sa.column("disposed", sa.Date),
)
Row = dict[str, Any]


def upgrade() -> None:
    """Make the tables, carry everything over, then drop the table of cash entries."""
    disposals = old_disposals()
    op.drop_table("parcel_disposals")
    create_tables()
    fill("parcel_disposals", disposals)
    entries = list(converted(disposals))
    fill("ledger_entries", [entry for entry, _ in entries])
    fill("ledger_postings", [line for entry, lines in entries for line in numbered(entry, lines)])
    op.drop_table("cash_entries")
    append_only("ledger_entries", "ledger_postings")


def create_tables() -> None:
    """Entries and their postings; disposals under the reference of their entry."""
    table(
        "ledger_entries",
        ["account_id", "sequence"],
        text("account_id"),
        whole("sequence"),
        text("reference"),
        text("kind"),
        day("effective"),
        text("currency"),
        text("reverses", optional=True),
        text("reason"),
        moment("booked_at"),
        text("effect_root"),
        text("actor"),
        belongs_to("ledger_entries", "accounts", "account_id"),
        unique("ledger_entries", "account_id", "reference"),
    )
    table(
        "ledger_postings",
        ["account_id", "sequence", "line"],
        text("account_id"),
        whole("sequence"),
        small("line"),
        text("book"),
        whole("amount_cents"),
        day("settles_on", optional=True),
        text("portfolio_id", optional=True),
        text("etf", optional=True),
        text("parcel_id", optional=True),
        day("acquired", optional=True),
        whole("units"),
        belongs_to("ledger_postings", "ledger_entries", "account_id", "sequence"),
    )
    index("ledger_postings", "account_id", "book")
    index("ledger_postings", "portfolio_id")
    table(
        "parcel_disposals",
        ["parcel_id", "reference"],
        text("parcel_id"),
        text("reference"),
        text("portfolio_id"),
        text("etf"),
        day("acquired"),
        day("disposed"),
        whole("units"),
        whole("cost_base_cents"),
        whole("proceeds_cents"),
        belongs_to("parcel_disposals", "portfolios", "portfolio_id"),
    )
    index("parcel_disposals", "portfolio_id")


def old_disposals() -> list[Row]:
    """Every disposal as the new table has it."""
    old = OLD_DISPOSALS.c
    same_parcel = (old.tenant == PARCELS.c.tenant) & (old.parcel_id == PARCELS.c.parcel_id)
    query = sa.select(OLD_DISPOSALS, PARCELS.c.acquired).join(PARCELS, same_parcel)
    found = [dict(row) for row in op.get_bind().execute(query).mappings()]
    return [{**row, "reference": f"{row.pop('broker')}:{row.pop('execution_id')}"} for row in found]


def converted(disposals: list[Row]) -> Iterator[tuple[Row, list[Row]]]:
    """Each movement of cash as an entry and its lines; brokerage goes into the first fill that it was for."""
    fills = {(row["tenant"], row["reference"]): row for row in old_fills()}
    sold: dict[tuple[str, str], list[Row]] = {}
    for row in disposals:
        sold.setdefault((row["tenant"], row["reference"]), []).append(row)
    query = sa.select(MONEY_BOOKED).order_by(MONEY_BOOKED.c.sequence)
    for found in op.get_bind().execute(query).mappings():
        row = dict(found)
        if row["kind"] == "brokerage":
            continue
        entry = {**row, "effective": row["booked_at"].astimezone(ZONE).date(), "reason": ""}
        cents = entry.pop("amount_cents")
        filled = fills.get((row["tenant"], row["reference"]))
        if filled is None:
            yield (
                entry,
                [{"book": "cash", "amount_cents": cents}, {"book": "capital", "amount_cents": -cents}],
            )
            continue
        money = cents - filled["fees_cents"]
        key = (row["tenant"], row["reference"])
        holdings = list(sales(sold[key])) if filled["side"] == "sell" else [purchase(filled, money)]
        yield (
            {**entry, "effective": trade_date(filled)},
            [*holdings, {"book": "cash", "amount_cents": money}],
        )


def old_fills() -> list[Row]:
    """Every fill with what its order was for, and its reference in the ledger."""
    same_order = (FILLS.c.tenant == ORDERS.c.tenant) & (FILLS.c.client_order_id == ORDERS.c.client_order_id)
    query = sa.select(FILLS, ORDERS.c.portfolio_id, ORDERS.c.etf, ORDERS.c.side).join(ORDERS, same_order)
    found = op.get_bind().execute(query).mappings()
    return [{**row, "reference": f"{row['broker']}:{row['execution_id']}"} for row in found]


def trade_date(filled: Row) -> date:
    """The day that the fill counts for."""
    moment: datetime = filled["executed_at"]
    return moment.astimezone(ZONE).date()


def purchase(filled: Row, money: int) -> Row:
    """The line that brought the units of a fill into its parcel, brokerage in their cost base."""
    return {
        "book": "securities",
        "amount_cents": -money,
        "portfolio_id": filled["portfolio_id"],
        "etf": filled["etf"],
        "parcel_id": f"{filled['client_order_id']}.{trade_date(filled):%Y%m%d}",
        "acquired": trade_date(filled),
        "units": filled["units"],
    }


def sales(disposals: list[Row]) -> Iterator[Row]:
    """The lines that took units out of their parcels at cost, and the gain of each."""
    for row in disposals:
        subject = {name: row[name] for name in ("portfolio_id", "etf", "parcel_id", "acquired")}
        cost, proceeds = row["cost_base_cents"], row["proceeds_cents"]
        yield {"book": "securities", "amount_cents": -cost, "units": -row["units"], **subject}
        yield {"book": "gains", "amount_cents": cost - proceeds, **subject}


def numbered(entry: Row, lines: list[Row]) -> Iterator[Row]:
    """The lines with the key of their entry, and null where they say nothing."""
    empty = dict.fromkeys(("settles_on", "portfolio_id", "etf", "parcel_id", "acquired"))
    key = {name: entry[name] for name in ("tenant", "account_id", "sequence")}
    return ({**empty, "units": 0, **key, "line": number, **line} for number, line in enumerate(lines))


def fill(name: str, rows: list[Row]) -> None:
    """Insert all of `rows`."""
    into = sa.Table(name, sa.MetaData(), sa.Column("booked_at", Moment), autoload_with=op.get_bind())
    if rows:
        op.get_bind().execute(into.insert(), rows)
