"""What an order is for: the trade as it was asked for, and the run that sends it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from payloads import plain_json

BUY, SELL = "buy", "sell"


@dataclass(frozen=True, slots=True)
class Content:
    """How many units an order is for, and the worst price of a unit."""

    units: int
    limit: Decimal | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A trade as it was asked for: what one client order id means, for good."""

    client_order_id: str
    portfolio_id: str
    line: int
    etf: str
    side: str
    units: int
    limit: Decimal | None
    price: Decimal | None
    planned_value_cents: int | None
    planned_cost_cents: int | None
    asked_in: str = "trades"
    parcel_ids: tuple[str, ...] | None = None

    @property
    def digest(self) -> str:
        """The digest of what was asked; its place in the list does not count, nor parcels not named."""
        placed = ("line", "asked_in")
        named = {name: getattr(self, name) for name in self.__slots__ if name not in placed}
        if self.parcel_ids is None:
            del named["parcel_ids"]
        return plain_json.digest(named)

    @property
    def path(self) -> str:
        """Where in the input it was asked for."""
        return f"{self.asked_in}[{self.line}]"


@dataclass(frozen=True, slots=True)
class Origin:
    """Which run sends an order, for whom, and when; what the market stood at, and for which block."""

    effect_root: str
    workflow_id: str
    actor: str
    at: datetime
    arrival_price: Decimal | None = None
    block_id: str | None = None


def value_cents(units: int, price: Decimal) -> int:
    """Cents that `units` at `price` are worth, half up."""
    return int((units * price * 100).quantize(Decimal(1), ROUND_HALF_UP))
