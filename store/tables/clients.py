"""Clients: who they are, what they want, what they signed, what they were told."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKeyConstraint
from sqlmodel import Field

from store.columns import Json, Moment
from store.tables.base import Row


def of_customer() -> ForeignKeyConstraint:
    """The foreign key of rows that belong to a customer."""
    return ForeignKeyConstraint(["tenant", "customer_id"], ["customers.tenant", "customers.customer_id"])


class Customer(Row, table=True):
    """A client. `personal` holds name, birth date, email and income, encrypted under the client's key."""

    __tablename__ = "customers"

    customer_id: str = Field(primary_key=True)
    adviser_id: str | None = None
    household_id: str | None = None
    tax_residency: str
    personal: bytes
    identity_status: str | None = None  # None until the first check
    created_at: datetime = Field(sa_type=Moment)
    actor: str


class ClientKey(Row, table=True):
    """The key that a client's personal data is encrypted under, itself wrapped by the master key.

    `wrapped` is NULL once the key was destroyed: the person is erased, the row says when. The row of
    customer `*` holds the tenant's own key, for fingerprints of what effects were asked to do.
    """

    __tablename__ = "client_keys"

    customer_id: str = Field(primary_key=True)
    wrapped: bytes | None
    wrapped_by: str  # id of the master key
    destroyed_at: datetime | None = Field(default=None, sa_type=Moment)


class Goal(Row, table=True):
    """A goal of a client; its name is free text, so it is encrypted."""

    __tablename__ = "goals"
    __table_args__ = (of_customer(),)

    customer_id: str = Field(primary_key=True)
    goal_id: str = Field(primary_key=True)
    place: int  # in the order given
    name: bytes
    target_cents: int = Field(sa_type=BigInteger)
    target_date: date
    priority: str
    flexibility: str


class IdentityCheck(Row, table=True):
    """One answer of the identity provider about a client."""

    __tablename__ = "identity_checks"
    __table_args__ = (of_customer(),)

    check_id: str = Field(primary_key=True)
    customer_id: str
    documents: Any = Field(sa_type=Json)
    status: str
    reference: str
    reason: str
    at: datetime = Field(sa_type=Moment)


class Agreement(Row, table=True):
    """An agreement sent to a client, and its signature; who signed is encrypted.

    The portfolio has the agreement's mandate from the signature on.
    """

    __tablename__ = "agreements"
    __table_args__ = (of_customer(),)

    agreement_id: str = Field(primary_key=True)
    customer_id: str
    portfolio_id: str
    mandate: str = Field(default="advised", sa_column_kwargs={"server_default": "advised"})
    sent_at: datetime = Field(sa_type=Moment)
    signed_at: datetime | None = Field(default=None, sa_type=Moment)
    signed_by: bytes | None = None
    actor: str


class Notification(Row, table=True):
    """A message to a client; the values filled into its template are encrypted."""

    __tablename__ = "notifications"
    __table_args__ = (of_customer(),)

    notification_id: str = Field(primary_key=True)
    customer_id: str
    template: str
    values: bytes
    reference: str  # the provider's
    sent_at: datetime = Field(sa_type=Moment)
    actor: str
