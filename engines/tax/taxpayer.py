"""What a taxpayer earned in a year."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from engines.tax.holding_period import Trade


@dataclass(frozen=True, slots=True)
class Distribution:
    """Cash of one distribution, and what says how it was franked and held."""

    etf: str
    cash: Decimal
    franking: Decimal
    credit: Decimal | None = None
    days_held: int | None = None
    ex_date: date | None = None


@dataclass(frozen=True, slots=True)
class Income:
    """A taxpayer's income of a year; `kind` is individual, company or super.

    `trades` None: nothing is known of purchases and sales. `franked_at` None: the general company rate.
    """

    kind: str
    resident: bool
    other_income: Decimal
    distributions: Sequence[Distribution]
    net_capital_gain: Decimal
    trades: Sequence[Trade] | None = None
    franked_at: Decimal | None = None
    base_rate_entity: bool = False
