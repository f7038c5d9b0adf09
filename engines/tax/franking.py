"""Franking credits: what distributions carry, and what the 45-day rule leaves of it."""

from dataclasses import dataclass
from decimal import Decimal

from engines.tax.errors import MissingExDate
from engines.tax.holding_period import share_at_risk, spells
from engines.tax.rules import NOTHING, YearRules, cents, total
from engines.tax.taxpayer import Distribution, Income


@dataclass(frozen=True, slots=True)
class Credits:
    """Franking credits attached to distributions, split into allowed and denied.

    `each` is what is allowed of every distribution's credit, in their order.
    """

    allowed: Decimal
    denied: Decimal
    assumptions: tuple[str, ...]
    each: tuple[Decimal, ...]


def franking_credits(income: Income, rules: YearRules) -> Credits:
    """Credits allowed and denied by the 45-day rule.

    An individual keeps all when together they are below the small holder's limit. A credit by statement
    wins over cash·franking·rate/(1 - rate). Without days held, and without trades of its ETF, a
    distribution counts as held long enough, which the assumptions say.
    """
    attached = [_attached(paid, income, rules) for paid in income.distributions]
    assumptions = _rate_assumed(income, rules)
    if income.kind == "individual" and total(attached) < rules.small_holder_credits:
        return Credits(total(attached), NOTHING, assumptions, tuple(attached))
    each = []
    for place, credit in enumerate(attached):
        share, assumed = _kept_share(income, place, credit, rules)
        each.append(cents(credit * share))
        assumptions += assumed
    return Credits(total(each), total(attached) - total(each), assumptions, tuple(each))


def _attached(paid: Distribution, income: Income, rules: YearRules) -> Decimal:
    if paid.credit is not None:
        return cents(paid.credit)
    rate = _franking_rate(income, rules)
    return cents(paid.cash * paid.franking * rate / (1 - rate))


def _franking_rate(income: Income, rules: YearRules) -> Decimal:
    return rules.company_rate if income.franked_at is None else income.franked_at


def _rate_assumed(income: Income, rules: YearRules) -> tuple[str, ...]:
    estimated = any(paid.credit is None and paid.franking and paid.cash for paid in income.distributions)
    if income.franked_at is not None or not estimated:
        return ()
    return (f"Franked cash without a statement's credit was taxed at {_percent(rules.company_rate)}.",)


def _kept_share(
    income: Income, place: int, credit: Decimal, rules: YearRules
) -> tuple[Decimal, tuple[str, ...]]:
    """The share of one credit that the 45-day rule leaves, and what had to be assumed."""
    paid, path = income.distributions[place], f"distributions[{place}].ex_date"
    if not credit:
        return NOTHING, ()
    if paid.days_held is not None:
        return Decimal(paid.days_held >= rules.days_at_risk), ()
    if not any(trade.etf == paid.etf for trade in income.trades or ()):
        return Decimal(1), (f"{paid.etf} was held at risk for {rules.days_at_risk} days or more.",)
    if paid.ex_date is None:
        raise MissingExDate(
            f"{paid.etf} has trades, which decide how long it was at risk; give ex_date or days_held",
            path,
        )
    share = share_at_risk(spells(income.trades or (), paid.etf), paid.ex_date, rules.days_at_risk, path)
    return Decimal(share.numerator) / Decimal(share.denominator), ()


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}%"
