"""Reconciliation: what the broker, the store and the plan say of the same orders."""

from typing import Literal

from pydantic import Field

from payloads.base import Payload
from payloads.entry import DeclaredError, Effect, Entry, Role
from payloads.orders import BROKER_ERRORS, Length, Side
from payloads.storage import READ_ERRORS

MOST_SHOWN = 200


class ReconcileOrders(Payload):
    """Which orders to compare: those sent or received within `look_back` of now."""

    look_back: Length = Field("7d", description="how far back orders were sent or received")
    grace: Length = Field("10m", description="how long the store may be behind the broker before it counts")


class OrderDifference(Payload):
    """One difference, each side in words.

    `missing_at_broker`, `unknown_at_store`: one side alone has the order. `unacknowledged`: the
    broker has it, and its acknowledgement was never stored. `content_differs`: what was planned is not
    what the broker was asked. `filled_differs`, `price_differs`, `state_differs`: units filled, average
    price, open or closed.
    """

    kind: Literal[
        "missing_at_broker",
        "unknown_at_store",
        "unacknowledged",
        "content_differs",
        "filled_differs",
        "price_differs",
        "state_differs",
    ]
    order: str = Field(description="client order id")
    portfolio_id: str | None = Field(description="null for an order that the store does not know")
    etf: str
    side: Side
    stored: str
    at_broker: str
    text: str


class Reconciliation(Payload):
    """`reconciled` when nothing differs. `orders` were compared; of `pending` ones the store is catching up.

    Of many differences the first are listed, by client order id; `found` counts them all.
    """

    broker: str
    reconciled: bool
    orders: int
    pending: int
    found: int
    differences: list[OrderDifference] = Field(max_length=MOST_SHOWN)


ENTRIES = (
    Entry(
        "orders.reconcile",
        "Compare orders as planned and stored with those that the broker has",
        ReconcileOrders,
        Reconciliation,
        Effect.READS,
        Role.BROKER,
        errors=(
            DeclaredError("SpanTooLong", "the span reaches back before there is a date"),
            *BROKER_ERRORS,
            *READ_ERRORS,
        ),
    ),
)
