"""What an amount of cash can buy: how many ETFs, and how small and large each may be.

EngineError
└── CapitalTooSmall   the money cannot buy the fewest holdings allowed
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from engines.errors import EngineError


class CapitalTooSmall(EngineError):
    """The money cannot buy the fewest holdings allowed."""


@dataclass(frozen=True, slots=True)
class HouseLimits:
    """Weights are shares of a portfolio, money is AUD, counts are ETFs."""

    min_weight: Fraction
    max_weight: Fraction
    max_etfs: int
    fewest_etfs: int
    min_first_holding: Decimal
    brokerage: Decimal
    cash_buffer: Decimal

    @property
    def first_holding_with_cost(self) -> Decimal:
        """What the smallest first holding takes out of the account."""
        return self.min_first_holding + self.brokerage

    @property
    def least_cash(self) -> Decimal:
        """The least cash that buys the fewest holdings allowed."""
        return self.cash_buffer + self.fewest_etfs * self.first_holding_with_cost


@dataclass(frozen=True, slots=True)
class InvestmentLimits:
    """Limits for one amount of cash, of which `tradeable_cash` may be spent."""

    min_weight: Fraction
    max_etfs: int
    tradeable_cash: Decimal


def check_capital(cash: Decimal, limits: HouseLimits, path: str) -> None:
    """Refuse cash that cannot buy the fewest holdings allowed; `path` is where it was given."""
    if cash < limits.least_cash:
        raise CapitalTooSmall(
            f"{cash:.2f} cannot buy {limits.fewest_etfs} first holdings of {limits.min_first_holding} with "
            f"{limits.brokerage} brokerage each; at least {limits.least_cash} is needed",
            path,
        )


def investment_limits(cash: Decimal, limits: HouseLimits) -> InvestmentLimits:
    """The limits that make every holding at least the exchange's first holding, costs paid.

    min_weight = max(house minimum, (first holding + brokerage)/cash) and
    max_etfs = min(house maximum, cash/(first holding + brokerage) rounded down).
    """
    check_capital(cash, limits, "cash")
    tradeable = cash - limits.cash_buffer
    smallest = limits.first_holding_with_cost
    return InvestmentLimits(
        min_weight=max(limits.min_weight, Fraction(smallest) / Fraction(tradeable)),
        max_etfs=min(limits.max_etfs, int(tradeable // smallest)),
        tradeable_cash=tradeable,
    )
