"""What trades cost, and how much is left to hold after paying for them out of the portfolio itself.

EngineError
├── CostsExceedValue    the portfolio cannot pay for its own trades
└── WithdrawalTooLarge  more is taken out than there is
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineError

Floats = NDArray[np.float64]

# Trades below this share of the portfolio are rounding, and no order.
NO_TRADE = 1e-11
ENOUGH = 1e-14
MOST_ROUNDS = 20


class CostsExceedValue(EngineError):
    """The portfolio cannot pay for its own trades."""


class WithdrawalTooLarge(EngineError):
    """More is taken out than there is."""


@dataclass(frozen=True, slots=True)
class Costs:
    """An order costs `brokerage` in money and `rate` of its value."""

    brokerage: float = 0.0
    rate: float = 0.0

    @property
    def free(self) -> bool:
        """Do trades cost nothing."""
        return self.brokerage == 0 and self.rate == 0

    def of(self, trades: Floats) -> Floats:
        """The cost of each trade, by its signed value; no trade costs nothing."""
        size = np.abs(trades)
        cost: Floats = np.where(size > 0, self.brokerage + self.rate * size, 0.0)
        return cost


def to_target(held: Floats, whole: float, target: Floats, costs: Costs) -> Floats:
    """Signed trades from `held` to `target` shares of what remains of `whole` after their cost.

    The rest V solves V + cost(target·V - held) = whole, which is piecewise linear: Newton's steps
    land on it as soon as no trade changes its side.
    """
    if costs.free:
        trades: Floats = target * whole - held
        return trades
    rest = whole
    for _ in range(MOST_ROUNDS):
        trades = target * rest - held
        trades[np.abs(trades) <= NO_TRADE * whole] = 0.0
        over = rest + costs.brokerage * np.count_nonzero(trades) + costs.rate * np.abs(trades).sum() - whole
        if abs(over) <= ENOUGH * whole:
            break
        rest -= over / (1 + costs.rate * float(np.sign(trades) @ target))
        if rest <= 0:
            raise CostsExceedValue("trading costs more than the portfolio is worth; lower `costs`", "costs")
    return trades


def paid_in(amount: float, target: Floats, costs: Costs) -> Floats:
    """Purchases at `target` shares that cost `amount` together, costs included."""
    orders = np.count_nonzero(target)
    spent = (amount - costs.brokerage * orders) / (1 + costs.rate)
    if spent <= 0:
        raise CostsExceedValue("a payment is less than investing it costs; pay in more", "flows")
    return target * spent


def paid_out(amount: float, held: Floats, costs: Costs) -> Floats:
    """Sales in proportion to what is held that bring `amount` after costs, as negative trades."""
    if amount <= 0:
        return np.zeros_like(held)
    orders = np.count_nonzero(held)
    sold = (amount + costs.brokerage * orders) / (1 - costs.rate)
    whole = float(held.sum())
    if sold >= whole:
        raise WithdrawalTooLarge(f"{amount:.2f} is taken out where {whole:.2f} is held; take less", "flows")
    trades: Floats = held * (-sold / whole)
    return trades
