"""What Kronos asks of a broker, and what a broker can answer.

One intent has one client order id, made before anything is sent and kept through every retry; a
broker that knows the id answers with the order it has, never with a second one. Errors:

    AdapterError
    ├── BrokerUnavailable   not reached: nothing was sent, try again
    ├── OutcomeUnknown      sent, but not answered: ask by client order id, never send blindly again
    └── OrderRefused        reached and refused, with the reason; trying again changes nothing
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

from adapters.errors import AdapterError


class BrokerUnavailable(AdapterError):
    """The broker cannot be reached; nothing was sent."""

    retryable = True


class OutcomeUnknown(AdapterError):
    """The order was sent and no answer came: it may or may not be at the broker."""

    retryable = True


class OrderRefused(AdapterError):
    """The broker will not take this order, or this change of one; the message is the broker's reason."""


class Side(StrEnum):
    """Which way the units go."""

    BUY = "buy"
    SELL = "sell"


class OrderState(StrEnum):
    """Where an order stands, in the words of FIX."""

    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"

    @property
    def closed(self) -> bool:
        """Whether the broker works the order no more."""
        return self not in (OrderState.NEW, OrderState.PARTIALLY_FILLED)


@dataclass(frozen=True, slots=True)
class BrokerOrder:
    """One order to be sent: whole units, and the worst price a unit accepted (None: at market)."""

    client_order_id: str
    etf: str
    side: Side
    units: int
    limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Amendment:
    """What an order is to become: units in all, those that filled included, and the worst price of a unit.

    `amendment_id` is one for one intent, as a client order id is: however often it is sent, the order
    changes once.
    """

    amendment_id: str
    client_order_id: str
    units: int
    limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The broker has the order under both ids."""

    client_order_id: str
    broker_order_id: str
    state: OrderState


@dataclass(frozen=True, slots=True)
class BrokerOrderState:
    """An order as the broker has it: `filled` and `leaves` are units, `average_price` None before a fill."""

    client_order_id: str
    broker_order_id: str
    etf: str
    side: Side
    units: int
    state: OrderState
    filled: int
    leaves: int
    average_price: Decimal | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill. A broker may report it twice and out of order: `execution_id` tells it apart."""

    execution_id: str
    client_order_id: str
    units: int
    price: Decimal
    executed_at: datetime


@runtime_checkable
class Broker(Protocol):
    """A venue's door. `simulated` brokers alone may trade on simulated market data."""

    @property
    def name(self) -> str:
        """The name that trading halts and the log call it by."""

    @property
    def simulated(self) -> bool:
        """Whether no real money moves here."""

    def submit(self, order: BrokerOrder) -> Acknowledgement:
        """Send `order`; an id the broker has already is answered with the order it has.

        OrderRefused if the broker will not take it, or has other content under that id.
        """

    def find(self, client_order_id: str) -> BrokerOrderState | None:
        """The order of that id, or None if it never arrived."""

    def executions(self, client_order_id: str) -> list[Execution]:
        """Every fill of the order so far; empty for an id the broker does not have."""

    def received_since(self, moment: datetime) -> list[BrokerOrderState]:
        """Every order that the broker received from `moment` on, oldest first."""

    def cancel(self, client_order_id: str) -> BrokerOrderState:
        """Stop working the order and answer what became of it; a closed order stays as it is.

        OrderRefused for an id the broker does not have.
        """

    def amend(self, amendment: Amendment) -> BrokerOrderState:
        """Change a working order in one step and answer how it stands; it keeps its id and its fills.

        An amendment that was made before is answered with the order as it stands. With no more units than
        have filled the order is filled. OrderRefused, and nothing changed: for an id that the broker does
        not have, a closed order, a market order that would get a limit or the other way round, units or a
        limit that no order may have, or other content under that amendment id.
        """

    def close(self) -> None:
        """Give every connection back; the broker is used no more."""


@runtime_checkable
class SimulatedBroker(Broker, Protocol):
    """A broker that trades at the prices it is told."""

    def load_prices(self, prices: Mapping[str, Decimal], as_of: str) -> None:
        """Trade at `prices` from now on; `as_of` is the day or moment they are of."""
