"""Invented clients, taken on in a test's database."""

from typing import Any

from sqlmodel import Session

from store import customers
from tests.support.databases import NOON

ALEX: dict[str, Any] = {
    "name": "Alex Example",
    "date_of_birth": "1980-05-17",
    "email": "alex@mail.example",
    "income": 120000,
}


def take_on(
    tx: Session, tenant: str, customer_id: str = "C-1", person: dict[str, Any] = ALEX
) -> customers.Registration:
    """A client with account `A-<id>` and portfolio `P-<id>`."""
    return customers.register(
        tx,
        tenant,
        customer_id,
        person,
        tax_residency="AU",
        adviser_id=None,
        at=NOON,
        actor="tests",
    )
