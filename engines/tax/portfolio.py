"""What a portfolio leaves after tax: a year's expected income, and the tax on gains not yet realised.

    income tax           = rate·(gross income + credits) - credits; negative where credits exceed the tax
    net after-tax return = (expected return in money - income tax - tax on unrealised gains) / value
    tax efficiency       = the value-weighted yield·franking over the highest yield·franking of the assets

Gains are taxed as if realised on the day, discounted after more than twelve months; where no discount holds
any more, in full, which is the most that indexation leaves. Losses are not set against them but shown as what
harvesting would save.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from engines.tax.errors import MissingAsset, NothingHeld
from engines.tax.months import held_longer, last_day
from engines.tax.rules import NOTHING, cents, total


@dataclass(frozen=True, slots=True)
class Asset:
    """What an ETF is expected to return and to pay in cash a year, and the franked share of that cash."""

    expected_return: Decimal
    cash_yield: Decimal
    franking: Decimal

    @property
    def franked_yield(self) -> Decimal:
        """Franked cash a year, as a share of value."""
        return self.cash_yield * self.franking


@dataclass(frozen=True, slots=True)
class Parcel:
    """Units bought together; the cost base is of the whole parcel."""

    etf: str
    units: int
    acquired: date
    cost_base: Decimal


@dataclass(frozen=True, slots=True)
class GainsRule:
    """The untaxed share of a gain held for more than so many months; None: another rule, `replaced_by`."""

    months_held: int
    discount: Fraction | None
    replaced_by: str = ""

    def discountable(self, acquired: date, disposed: date) -> bool:
        """Whether the day of disposal lies beyond the months, both end days left out."""
        return held_longer(acquired, disposed, self.months_held)

    def anniversary(self, acquired: date) -> date:
        """The last day of the `months_held` months after the purchase."""
        return last_day(acquired, self.months_held)


@dataclass(frozen=True, slots=True)
class Holder:
    """The tax position: rate on the next dollar, rate at which companies frank, rule on gains."""

    marginal_rate: Decimal
    franked_at: Decimal
    gains: GainsRule

    @property
    def credit_on_franked_cash(self) -> Decimal:
        """The credit that comes with a dollar of fully franked cash."""
        return self.franked_at / (1 - self.franked_at)


@dataclass(frozen=True, slots=True)
class UnrealisedGain:
    """One parcel's gain (positive) or loss at today's value."""

    parcel: Parcel
    gain: Decimal


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Values by ETF, tax facts by ETF, and the parcels the values are made of, if known."""

    values: Mapping[str, Decimal]
    assets: Mapping[str, Asset]
    parcels: Sequence[Parcel]

    @property
    def value(self) -> Decimal:
        """All holdings together."""
        return total(list(self.values.values()))

    def income(self) -> Decimal:
        """Cash expected in a year."""
        return total([value * self.assets[etf].cash_yield for etf, value in self.values.items()])

    def credits_of(self, etf: str, holder: Holder) -> Decimal:
        """Franking credits expected from one ETF in a year."""
        return self.values[etf] * self.assets[etf].franked_yield * holder.credit_on_franked_cash

    def unrealised(self) -> list[UnrealisedGain]:
        """Each parcel's gain; an ETF's value is shared over its parcels by units."""
        units: dict[str, int] = {}
        for parcel in self.parcels:
            units[parcel.etf] = units.get(parcel.etf, 0) + parcel.units
        return [
            UnrealisedGain(
                parcel, self.values[parcel.etf] * parcel.units / units[parcel.etf] - parcel.cost_base
            )
            for parcel in self.parcels
        ]


@dataclass(frozen=True, slots=True)
class PortfolioTax:
    """Money in cents; efficiency between 0 and 1."""

    gross_income: Decimal
    franking_credits: Decimal
    income_tax: Decimal
    cgt_liability: Decimal
    net_after_tax_return: Decimal
    tax_efficiency: Decimal

    @property
    def after_tax_income(self) -> Decimal:
        """Gross income less the tax on it."""
        return self.gross_income - self.income_tax


def analyze(portfolio: Portfolio, holder: Holder, as_of: date) -> PortfolioTax:
    """The portfolio's tax; refused where it is worth nothing or a holding's facts are missing."""
    _check(portfolio, holder, as_of)
    income = cents(portfolio.income())
    credits = cents(total([portfolio.credits_of(etf, holder) for etf in portfolio.values]))
    income_tax = cents(holder.marginal_rate * (income + credits)) - credits
    gains_tax = cents(total([gains_tax_on(found, holder, as_of) for found in portfolio.unrealised()]))
    earned = total([value * portfolio.assets[etf].expected_return for etf, value in portfolio.values.items()])
    return PortfolioTax(
        gross_income=income,
        franking_credits=credits,
        income_tax=income_tax,
        cgt_liability=gains_tax,
        net_after_tax_return=(earned - income_tax - gains_tax) / portfolio.value,
        tax_efficiency=tax_efficiency(portfolio),
    )


def gains_tax_on(found: UnrealisedGain, holder: Holder, as_of: date) -> Decimal:
    """The tax if the parcel were sold on the day; nothing on a loss."""
    if found.gain <= 0:
        return NOTHING
    tax = holder.marginal_rate * found.gain
    if holder.gains.discountable(found.parcel.acquired, as_of):
        return tax - saved_by_discount(found.gain, holder)
    return tax


def saved_by_discount(gain: Decimal, holder: Holder) -> Decimal:
    """The tax that the discount takes off a gain."""
    share = holder.gains.discount or Fraction(0)
    return holder.marginal_rate * gain * share.numerator / share.denominator


def tax_efficiency(portfolio: Portfolio) -> Decimal:
    """How much of the highest franked yield among the assets the portfolio reaches; 0 if none is franked."""
    best = max(asset.franked_yield for asset in portfolio.assets.values())
    if not best:
        return NOTHING
    franked = [value * portfolio.assets[etf].franked_yield for etf, value in portfolio.values.items()]
    return total(franked) / portfolio.value / best


def _check(portfolio: Portfolio, holder: Holder, as_of: date) -> None:
    for etf in portfolio.values:
        if etf not in portfolio.assets:
            raise MissingAsset(f"{etf} is held but has no entry in assets; add one", f"assets.{etf}")
    if not portfolio.value:
        raise NothingHeld("the holdings are worth nothing; there is no return to work out", "holdings")
    for place, parcel in enumerate(portfolio.parcels):
        if parcel.etf not in portfolio.values:
            raise NothingHeld(f"parcel of {parcel.etf} belongs to no holding", f"parcels[{place}].etf")
        if parcel.acquired > as_of:
            raise NothingHeld(f"the parcel is not held yet on {as_of}", f"parcels[{place}].acquired")
