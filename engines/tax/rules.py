"""The rules of one Australian tax year, and the small sums they are made of.

All money is AUD, in exact decimals; amounts leave rounded half up to cents.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
NOTHING = Decimal(0)


def cents(amount: Decimal) -> Decimal:
    """`amount` half up to the cent."""
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Bracket:
    """A rate on what lies above a threshold, up to the next bracket's."""

    above: Decimal
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Scale:
    """Brackets, lowest first."""

    brackets: tuple[Bracket, ...]

    def tax_on(self, income: Decimal) -> Decimal:
        """The sum over brackets of rate times the income's slice; not rounded."""
        tops = [*(bracket.above for bracket in self.brackets[1:]), None]
        slices = (
            bracket.rate * max(NOTHING, _lower(income, top) - bracket.above)
            for bracket, top in zip(self.brackets, tops, strict=True)
        )
        return sum(slices, NOTHING)

    def rate_on_next_dollar(self, income: Decimal) -> Decimal:
        """The marginal rate: at a threshold that of the bracket above it."""
        return [bracket.rate for bracket in self.brackets if bracket.above <= income][-1]


def _lower(income: Decimal, top: Decimal | None) -> Decimal:
    return income if top is None else min(income, top)


@dataclass(frozen=True, slots=True)
class Levy:
    """A share of income that shades in above a threshold."""

    rate: Decimal
    threshold: Decimal
    shade_in: Decimal

    def on(self, income: Decimal) -> Decimal:
        """The smaller of rate times income and shade-in times the excess; nothing up to the threshold."""
        excess = max(NOTHING, income - self.threshold)
        return min(self.rate * income, self.shade_in * excess)


@dataclass(frozen=True, slots=True)
class ShrinkingOffset:
    """A whole amount, less a rate on the income in each slice; never below zero."""

    whole: Decimal
    reductions: Scale

    def on(self, income: Decimal) -> Decimal:
        """The offset at this income."""
        return max(NOTHING, self.whole - self.reductions.tax_on(income))


@dataclass(frozen=True, slots=True)
class Note:
    """Something an assessment leaves out or takes for granted."""

    text: str
    taxpayer: str | None = None


@dataclass(frozen=True, slots=True)
class YearRules:
    """Everything that an assessment of one year rests on.

    `notes` are said with every assessment of a taxpayer they name (None: of all).
    """

    year: str
    resident: Scale
    non_resident: Scale
    levy: Levy
    low_income: ShrinkingOffset
    company_rate: Decimal
    base_rate_entity_rate: Decimal
    super_rate: Decimal
    days_at_risk: int
    small_holder_credits: Decimal
    notes: tuple[Note, ...] = ()


def total(amounts: Sequence[Decimal]) -> Decimal:
    """The sum; 0 of none."""
    return sum(amounts, NOTHING)
