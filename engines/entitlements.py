"""What a distribution comes to for one holder, and what of it is reinvested.

EngineError
└── InvalidValue   a price or an amount a unit that is not above zero
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from engines.errors import InvalidValue

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Terms:
    """What was announced, and the rates of the day: shares are from 0 to 1, the company rate is below 1."""

    amount: Decimal  # dollars a unit, before any tax is kept back
    franking: Decimal  # franked share of it
    company_rate: Decimal  # at which the franked part was taxed
    withholding: Decimal  # share of the unfranked part that is kept back
    credit: Decimal | None = None  # dollars of franking credit a unit, where the fund told it


@dataclass(frozen=True, slots=True)
class Entitlement:
    """A holder's distribution in dollars and cents."""

    units: int
    income: Decimal
    franking_credit: Decimal
    withheld: Decimal

    @property
    def cash(self) -> Decimal:
        """What reaches the holder; the franking credit is beside it, no money."""
        return self.income - self.withheld


@dataclass(frozen=True, slots=True)
class Reinvested:
    """Whole units bought, what they cost, and what is left as cash."""

    units: int
    cost: Decimal
    rest: Decimal


def record_date(ex_date: date) -> date:
    """The day at whose end the units count: the one before the units trade without the distribution.

    A purchase on the ex-date itself brings nothing.
    """
    return ex_date - timedelta(days=1)


def entitlement(units: int, terms: Terms) -> Entitlement:
    """What `units` are paid, rounded to the cent.

    The credit is what the fund told, else franked cash * rate / (1 - rate). The two differ: a fund takes
    its costs out of the cash, and passes the credits on whole.

    Tax is kept back from the unfranked part alone: franked dividends bear none (ITAA 1936, s 128B(3)(ga)).

    >>> paid = entitlement(1000, Terms(Decimal("0.70"), Decimal(1), Decimal("0.30"), Decimal(0)))
    >>> str(paid.income), str(paid.franking_credit)
    ('700.00', '300.00')
    """
    if terms.amount <= 0:
        raise InvalidValue(f"a distribution pays more than 0 a unit, not {terms.amount}", "amount")
    income = _cents(units * terms.amount)
    franked = _cents(income * terms.franking)
    estimated = franked * terms.company_rate / (1 - terms.company_rate)
    return Entitlement(
        units=units,
        income=income,
        franking_credit=_cents(estimated if terms.credit is None else units * terms.credit),
        withheld=_cents((income - franked) * terms.withholding),
    )


def reinvest(cash: Decimal, price: Decimal) -> Reinvested:
    """As many whole units as `cash` pays at the plan's price; what is left stays cash.

    >>> bought = reinvest(Decimal("100.00"), Decimal("33.335"))
    >>> bought.units, str(bought.cost), str(bought.rest)
    (2, '66.67', '33.33')
    """
    if price <= 0:
        raise InvalidValue(f"units are issued at more than 0, not {price}", "reinvestment_price")
    units = int(cash / price)
    # Rounded up to the cent, the cost can pass what there is by half a cent.
    while units and _cents(units * price) > cash:
        units -= 1
    cost = _cents(units * price)
    return Reinvested(units, cost, cash - cost)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
