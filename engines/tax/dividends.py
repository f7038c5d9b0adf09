"""When to sell and to buy around a distribution.

Units sold too early after their purchase lose the franking credit of a distribution; units bought just
before the ex-date bring back part of their price as income that is taxed at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from engines.tax.holding_period import Spell
from engines.tax.months import ONE_DAY
from engines.tax.parcels import Parcel
from engines.tax.rules import cents

Code = Literal["keep_for_franking", "buy_after_ex_date"]


@dataclass(frozen=True, slots=True)
class Announced:
    """A distribution: dollars a unit, the franked share of them, and the credit a unit where it was told."""

    etf: str
    ex_date: date
    amount: Decimal
    franking: Decimal
    credit: Decimal | None = None

    def credit_a_unit(self, company_rate: Decimal) -> Decimal:
        """What was told, else the credit on franked cash of companies that are taxed at that rate."""
        if self.credit is not None:
            return self.credit
        return self.amount * self.franking * company_rate / (1 - company_rate)


@dataclass(frozen=True, slots=True)
class Rules:
    """Days at risk that keep a credit, the rate of the companies that frank, days to keep off an ex-date."""

    days_at_risk: int
    company_rate: Decimal
    days_before: int


@dataclass(frozen=True, slots=True)
class Advice:
    """What to wait for, to when, and the money that it is about: the credit, or the income, in cents."""

    code: Code
    etf: str
    until: date
    amount: Decimal


def timing(
    parcels: Sequence[Parcel],
    purchases: Mapping[str, int],
    announced: Iterable[Announced],
    rules: Rules,
    as_of: date,
) -> list[Advice]:
    """Advice on the parcels held, and on `purchases` (units by ETF) meant for today, by ETF and day."""
    found: list[Advice] = []
    for one in announced:
        found += _keeping(parcels, one, rules, as_of)
        ahead = (one.ex_date - as_of).days
        if one.etf in purchases and 0 < ahead <= rules.days_before:
            income = cents(purchases[one.etf] * one.amount)
            found.append(Advice("buy_after_ex_date", one.etf, one.ex_date, income))
    return sorted(found, key=lambda advice: (advice.etf, advice.until, advice.code))


def _keeping(parcels: Sequence[Parcel], one: Announced, rules: Rules, as_of: date) -> Iterable[Advice]:
    """Parcels entitled to a franked distribution that would lose its credit if they were sold today."""
    last_day = one.ex_date + timedelta(days=rules.days_at_risk)
    for parcel in parcels:
        sold_today = Spell(parcel.units, parcel.acquired, as_of)
        entitled = parcel.etf == one.etf and sold_today.entitled(one.ex_date)
        if not entitled or sold_today.days_at_risk(last_day) >= rules.days_at_risk:
            continue
        credit = cents(parcel.units * one.credit_a_unit(rules.company_rate))
        if credit:
            until = parcel.acquired + timedelta(days=rules.days_at_risk) + ONE_DAY
            yield Advice("keep_for_franking", one.etf, until, credit)
