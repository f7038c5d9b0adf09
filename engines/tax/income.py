"""Assessing one year's Australian income: tax, levy, offsets, franking credits, refund.

    gross income   = other income + cash of distributions + net capital gain
    taxable income = gross income + franking credits allowed
    income tax     = tax - low income offset + levy - franking offset, never below zero

The low income offset pays tax only; franking pays the levy too, and what it leaves is refunded to
individuals and super funds (ITAA 1997 divisions 63, 67 and 207).
"""

from dataclasses import dataclass
from decimal import Decimal

from engines.errors import InvalidValue
from engines.tax.errors import NotCovered
from engines.tax.franking import franking_credits
from engines.tax.rules import NOTHING, YearRules, cents, total
from engines.tax.taxpayer import Income


@dataclass(frozen=True, slots=True)
class Assessment:
    """Every step of an assessment, in cents; `assumptions` say what was taken for granted."""

    gross_income: Decimal
    franking_credits: Decimal
    denied_franking: Decimal
    taxable_income: Decimal
    tax_before_offsets: Decimal
    medicare_levy: Decimal
    low_income_used: Decimal
    franking_used: Decimal
    income_tax: Decimal
    refund: Decimal
    assumptions: tuple[str, ...]

    @property
    def after_tax_income(self) -> Decimal:
        """Gross income, less the tax, plus the refund."""
        return self.gross_income - self.income_tax + self.refund


def assess(income: Income, rules: YearRules) -> Assessment:
    """The assessment of `income` by the rules of its year."""
    _check(income)
    credits = franking_credits(income, rules)
    cash = total([paid.cash for paid in income.distributions])
    gross = cents(income.other_income + cash + income.net_capital_gain)
    taxable = gross + credits.allowed
    tax, levy, low_income = _charged(income, rules, taxable)
    due = tax - low_income + levy
    franking_used = min(credits.allowed, due)
    left = credits.allowed - franking_used
    refunded = income.kind != "company"
    return Assessment(
        gross_income=gross,
        franking_credits=credits.allowed,
        denied_franking=credits.denied,
        taxable_income=taxable,
        tax_before_offsets=tax,
        medicare_levy=levy,
        low_income_used=low_income,
        franking_used=franking_used,
        income_tax=due - franking_used,
        refund=left if refunded else NOTHING,
        assumptions=(*_notes(income, rules), *credits.assumptions, *_unrefunded(left, refunded)),
    )


def _check(income: Income) -> None:
    if income.base_rate_entity and income.kind != "company":
        raise InvalidValue("only a company can be a base rate entity", "base_rate_entity")
    if not income.resident and income.kind != "individual":
        raise NotCovered("companies and super funds are assessed as residents only", "resident")
    if not income.resident and income.distributions:
        raise NotCovered(
            "distributions to non-residents are taxed by withholding, which is not covered; leave them out",
            "distributions",
        )


def _charged(income: Income, rules: YearRules, taxable: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """Tax, levy, and low income offset as far as there is tax for it to pay."""
    if income.kind == "company":
        rate = rules.base_rate_entity_rate if income.base_rate_entity else rules.company_rate
        return cents(rate * taxable), NOTHING, NOTHING
    if income.kind == "super":
        return cents(rules.super_rate * taxable), NOTHING, NOTHING
    if not income.resident:
        return cents(rules.non_resident.tax_on(taxable)), NOTHING, NOTHING
    tax = cents(rules.resident.tax_on(taxable))
    return tax, cents(rules.levy.on(taxable)), min(tax, cents(rules.low_income.on(taxable)))


def _notes(income: Income, rules: YearRules) -> tuple[str, ...]:
    return tuple(note.text for note in rules.notes if note.taxpayer in (None, income.kind))


def _unrefunded(left: Decimal, refunded: bool) -> tuple[str, ...]:
    if refunded or not left:
        return ()
    return (f"Credits of {left} are left; a company gets a tax loss for them, which is not counted.",)
