"""What puts a client back where they would have been after a wrong trade, and what the firm takes over.

The wrong trade is taken back whole, and the right one is booked at the price that the wrong one had:

    right value  = wrong value · right units / wrong units, half up to the cent
    firm's units = wrong units - right units          (bought positive, sold negative)
    firm's money = wrong money - right money          (received positive, paid negative)

so that units and money of client and firm together are what the market gave. What the firm makes or loses
when it closes its position is the firm's own. Brokerage is the client's where there is a right trade.
"""

from dataclasses import dataclass
from typing import Literal

Side = Literal["buy", "sell"]


@dataclass(frozen=True, slots=True)
class Done:
    """A trade as it was booked, in units and cents."""

    side: Side
    units: int
    value_cents: int
    brokerage_cents: int

    @property
    def signed_units(self) -> int:
        """Units that came in; negative ones went out."""
        return self.units if self.side == "buy" else -self.units

    @property
    def money_cents(self) -> int:
        """Cents that came in, brokerage paid; negative ones went out."""
        value = -self.value_cents if self.side == "buy" else self.value_cents
        return value - self.brokerage_cents


@dataclass(frozen=True, slots=True)
class Correction:
    """The trade that should have been, and what the firm takes over: units and cents, signed."""

    right: Done
    firm_units: int
    firm_cents: int


def correction(wrong: Done, side: Side, units: int) -> Correction:
    """What `units` on `side` would have been at the wrong trade's price; no units: nothing should have been.

    `wrong.units` is positive.
    """
    value = (2 * wrong.value_cents * units + wrong.units) // (2 * wrong.units)
    right = Done(side, units, value, wrong.brokerage_cents if units else 0)
    return Correction(
        right=right,
        firm_units=wrong.signed_units - right.signed_units,
        firm_cents=wrong.money_cents - right.money_cents,
    )
