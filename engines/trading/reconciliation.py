"""Reconciliation: the house's record of an order held against the broker's.

A difference is a finding, never an error: which record is right, people decide.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from engines.trading.orders import Side

PRICE_PLACES = Decimal("1e-8")


class Kind(StrEnum):
    """What can differ."""

    MISSING_AT_BROKER = "missing_at_broker"
    UNKNOWN_AT_STORE = "unknown_at_store"
    UNACKNOWLEDGED = "unacknowledged"
    CONTENT_DIFFERS = "content_differs"
    FILLED_DIFFERS = "filled_differs"
    PRICE_DIFFERS = "price_differs"
    STATE_DIFFERS = "state_differs"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One side's record: what was ordered, and what became of it.

    `filled` are units, `average_price` is per unit and None before a fill; `open` says whether the
    order may still fill, `acknowledged` whether it counts as received by the broker.
    """

    etf: str
    side: Side
    units: int
    filled: int
    average_price: Decimal | None
    open: bool
    state: str
    acknowledged: bool = True


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which the records depart, each side in words; `catching_up` when ours is only behind.

    Behind is a record that waits for what the broker has already done, as between two looks.
    """

    kind: Kind
    stored: str
    at_broker: str
    catching_up: bool = False


def compare(stored: Recorded | None, at_broker: Recorded | None) -> list[Difference]:
    """Every difference between the two records of one order; none where neither says anything.

    What was never acknowledged, and is not at the broker, was never sent: that is no difference.
    """
    if stored is None and at_broker is None:
        return []
    if stored is None:
        assert at_broker is not None
        return [Difference(Kind.UNKNOWN_AT_STORE, "nothing", _in_words(at_broker))]
    if at_broker is None:
        missing = Difference(Kind.MISSING_AT_BROKER, _in_words(stored), "nothing")
        return [missing] if stored.acknowledged or stored.filled else []
    return list(_both(stored, at_broker))


def _both(stored: Recorded, at_broker: Recorded) -> Iterator[Difference]:
    if _content(stored) != _content(at_broker):
        yield Difference(Kind.CONTENT_DIFFERS, _content(stored), _content(at_broker))
    if stored.filled != at_broker.filled:
        behind = stored.open and stored.filled < at_broker.filled
        yield Difference(Kind.FILLED_DIFFERS, str(stored.filled), str(at_broker.filled), behind)
    elif _price(stored) != _price(at_broker):
        yield Difference(Kind.PRICE_DIFFERS, _price(stored), _price(at_broker))
    if stored.open and not stored.acknowledged:
        yield Difference(Kind.UNACKNOWLEDGED, stored.state, at_broker.state, catching_up=True)
    elif stored.open != at_broker.open:
        yield Difference(Kind.STATE_DIFFERS, stored.state, at_broker.state, catching_up=stored.open)


def _in_words(record: Recorded) -> str:
    return f"{_content(record)}, {record.filled} filled, {record.state}"


def _content(record: Recorded) -> str:
    return f"{record.side} {record.units} {record.etf}"


def _price(record: Recorded) -> str:
    """To the digits that our record keeps, half up as it does."""
    if record.average_price is None:
        return "none"
    return format(record.average_price.quantize(PRICE_PLACES, ROUND_HALF_UP).normalize(), "f")
