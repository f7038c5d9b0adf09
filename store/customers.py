"""Clients: who they are, and how far they have come.

StoreError
├── UnknownCustomer    no customer has that id
├── UnknownAgreement   the client was sent no agreement of that id
└── CustomerConflict   the id belongs to another person
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlmodel import Session, col

from store import cash, events, ledger
from store.errors import StoreError
from store.sql import insert_missing
from store.tables import Account, Agreement, Customer, Goal, Portfolio
from store.vault import destroy_key, seal, unseal

PERSONAL = "customers/personal"
CURRENCY = "AUD"
OPENED = "opened"


class UnknownCustomer(StoreError):
    """No customer has that id."""


class UnknownAgreement(StoreError):
    """The client was sent no agreement of that id."""


class CustomerConflict(StoreError):
    """The id belongs to a person of another name or birth date."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A client's ids, and what registering came to: a new client, or other details of a known one."""

    customer_id: str
    account_id: str
    portfolio_id: str
    new: bool
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """What is on record of a client: done before, so not to be asked again."""

    identity: bool
    goals: bool
    allocation: bool
    agreement: bool
    funded: bool
    invested: bool
    cash_cents: int


def register(
    tx: Session,
    tenant: str,
    customer_id: str,
    person: Mapping[str, Any],
    *,
    tax_residency: str,
    adviser_id: str | None,
    at: datetime,
    actor: str,
) -> Registration:
    """Take a client on with account and portfolio, or find the one on record.

    `person` is name, date_of_birth and whatever else is known, as plain JSON; it is stored
    encrypted. Details of a known client that differ replace those on record; another name or birth
    date is CustomerConflict, because then it is not the same person.
    """
    row = Customer(
        tenant=tenant,
        customer_id=customer_id,
        adviser_id=adviser_id,
        tax_residency=tax_residency,
        personal=seal(tx, tenant, customer_id, PERSONAL, person),
        created_at=at,
        actor=actor,
    )
    new = insert_missing(tx, row)
    if new:
        _open(tx, tenant, customer_id, at)
    changed = () if new else _bring_up_to_date(tx, tenant, customer_id, person)
    return Registration(customer_id, f"A-{customer_id}", f"P-{customer_id}", new, changed)


def customer(tx: Session, tenant: str, customer_id: str, *, lock: bool = False) -> Customer:
    """The client's row; UnknownCustomer if there is none."""
    found = tx.get(Customer, (tenant, customer_id), with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise UnknownCustomer(f"no customer is called {customer_id}", "customer_id")
    return found


def personal(tx: Session, tenant: str, customer_id: str) -> dict[str, Any]:
    """Name, date_of_birth, email and what else was given; CustomerErased once the key is destroyed."""
    row = customer(tx, tenant, customer_id)
    opened: dict[str, Any] = unseal(tx, tenant, customer_id, PERSONAL, row.personal)
    return opened


def progress(tx: Session, tenant: str, customer_id: str) -> Progress:
    """How far a client has come."""
    account_id = f"A-{customer_id}"
    portfolio = tx.get_one(Portfolio, (tenant, f"P-{customer_id}"))
    return Progress(
        identity=customer(tx, tenant, customer_id).identity_status == "verified",
        goals=bool(goals(tx, tenant, customer_id)),
        allocation=bool(portfolio.pods),
        agreement=_has_signed(tx, tenant, customer_id),
        funded=ledger.has_entry(tx, tenant, account_id, "deposit"),
        invested=portfolio.state != OPENED,
        cash_cents=cash.balance(tx, tenant, account_id),
    )


def goals(tx: Session, tenant: str, customer_id: str) -> list[dict[str, Any]]:
    """The goals on record as they were given, in their order."""
    query = select(Goal).where(col(Goal.tenant) == tenant, col(Goal.customer_id) == customer_id)
    return [
        {
            "goal_id": row.goal_id,
            "goal_name": unseal(tx, tenant, customer_id, _goal_place(row.goal_id), row.name),
            "target_cents": row.target_cents,
            "target_date": row.target_date,
            "priority": row.priority,
            "flexibility": row.flexibility,
        }
        for row in tx.scalars(query.order_by(col(Goal.place)))
    ]


def goal_ids(tx: Session, tenant: str, customer_id: str) -> list[str]:
    """The ids of the goals on record, in their order; known also of a client who was erased."""
    query = select(col(Goal.goal_id)).where(col(Goal.tenant) == tenant, col(Goal.customer_id) == customer_id)
    return list(tx.scalars(query.order_by(col(Goal.place))))


def save_goals(tx: Session, tenant: str, customer_id: str, wanted: list[dict[str, Any]]) -> bool:
    """Replace the client's goals, in the form of `goals`; False if they are on record already."""
    customer(tx, tenant, customer_id, lock=True)
    if goals(tx, tenant, customer_id) == wanted:
        return False
    tx.execute(delete(Goal).where(col(Goal.tenant) == tenant, col(Goal.customer_id) == customer_id))
    tx.expunge_all()
    for place, goal in enumerate(wanted):
        tx.add(_goal_row(tx, tenant, customer_id, place, goal))
    tx.flush()
    return True


def agreement(tx: Session, tenant: str, customer_id: str, agreement_id: str) -> Agreement:
    """The client's agreement, locked; UnknownAgreement if they were sent none of that id."""
    found = tx.get(Agreement, (tenant, agreement_id), with_for_update=True, populate_existing=True)
    if found is None or found.customer_id != customer_id:
        raise UnknownAgreement(f"customer {customer_id} was sent no agreement {agreement_id}", "agreement_id")
    return found


def newest_agreement(tx: Session, tenant: str, customer_id: str, portfolio_id: str) -> Agreement | None:
    """The agreement about a portfolio that the client was sent last; None if there is none."""
    query = select(Agreement).where(
        col(Agreement.tenant) == tenant,
        col(Agreement.customer_id) == customer_id,
        col(Agreement.portfolio_id) == portfolio_id,
    )
    newest = query.order_by(col(Agreement.sent_at).desc(), col(Agreement.agreement_id).desc()).limit(1)
    found: Agreement | None = tx.scalars(newest).first()
    return found


def erase(tx: Session, tenant: str, customer_id: str, *, at: datetime, actor: str) -> bool:
    """Destroy the client's key: their personal data is gone everywhere, the event log still proves.

    False if it was erased before.
    """
    customer(tx, tenant, customer_id)
    destroyed = destroy_key(tx, tenant, customer_id, at)
    if destroyed:
        stream = events.client_stream(customer_id)
        data = {"customer_id": customer_id}
        events.append(tx, tenant, stream, "CustomerErased", data, at=at, kind="audit", actor=actor)
    return destroyed


def _open(tx: Session, tenant: str, customer_id: str, at: datetime) -> None:
    account_id, portfolio_id = f"A-{customer_id}", f"P-{customer_id}"
    tx.add(
        Account(
            tenant=tenant, account_id=account_id, customer_id=customer_id, currency=CURRENCY, opened_at=at
        )
    )
    tx.flush()  # parents first: the rows know nothing of each other
    tx.add(
        Portfolio(
            tenant=tenant,
            portfolio_id=portfolio_id,
            customer_id=customer_id,
            account_id=account_id,
            state=OPENED,
            opened_at=at,
        )
    )
    tx.flush()


def _bring_up_to_date(
    tx: Session, tenant: str, customer_id: str, person: Mapping[str, Any]
) -> tuple[str, ...]:
    row = customer(tx, tenant, customer_id, lock=True)
    known = personal(tx, tenant, customer_id)
    for field in ("name", "date_of_birth"):
        if _comparable(known[field]) != _comparable(person[field]):
            # Neither value is shown: the message travels further than the person's data may.
            raise CustomerConflict(
                f"customer {customer_id} is on record with another {field.replace('_', ' ')}; "
                "check the id, or give this person another one",
                f"customer.{field}",
            )
    changed = tuple(
        field for field, value in person.items() if value is not None and known.get(field) != value
    )
    if changed:
        row.personal = seal(
            tx, tenant, customer_id, PERSONAL, {**known, **{name: person[name] for name in changed}}
        )
        tx.add(row)
        tx.flush()
    return changed


def _comparable(value: Any) -> str:
    return " ".join(str(value).split()).casefold()


def _has_signed(tx: Session, tenant: str, customer_id: str) -> bool:
    signed = select(func.count()).where(
        col(Agreement.tenant) == tenant,
        col(Agreement.customer_id) == customer_id,
        col(Agreement.signed_at).is_not(None),
    )
    return bool(tx.scalar(signed))


def _goal_row(tx: Session, tenant: str, customer_id: str, place: int, goal: dict[str, Any]) -> Goal:
    target_date: date = goal["target_date"]
    return Goal(
        tenant=tenant,
        customer_id=customer_id,
        goal_id=goal["goal_id"],
        place=place,
        name=seal(tx, tenant, customer_id, _goal_place(goal["goal_id"]), goal["goal_name"]),
        target_cents=goal["target_cents"],
        target_date=target_date,
        priority=goal["priority"],
        flexibility=goal["flexibility"],
    )


def _goal_place(goal_id: str) -> str:
    return f"goals/{goal_id}"
