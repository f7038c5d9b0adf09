"""Clients with portfolios and cash, straight into the store."""

from store import cash
from store.database import Database
from tests.support.databases import NOON
from tests.support.people import take_on


def open_portfolio(database: Database, tenant: str, customer_id: str, cents: int) -> str:
    """The id of a new portfolio with so much cash."""
    with database.transaction() as tx:
        take_on(tx, tenant, customer_id)
        if cents:
            cash.book(
                tx,
                tenant,
                f"A-{customer_id}",
                amount_cents=cents,
                currency="AUD",
                reference=f"D-{customer_id}",
                kind="deposit",
                at=NOON,
            )
    return f"P-{customer_id}"
