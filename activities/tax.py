"""Income assessed, and portfolios looked at for tax."""

from datetime import timedelta
from decimal import Decimal

from activities.australian_tax import check_year, gains_rule, tax_file, year_around, year_of, year_rules
from activities.context import Context
from activities.errors import InvalidInput
from activities.registry import implements
from activities.repeated import refuse_repeated
from engines.tax import income as assessing
from engines.tax import portfolio as analysing
from engines.tax.errors import JurisdictionNotCovered
from engines.tax.holding_period import Trade
from engines.tax.recommendations import recommendations
from engines.tax.taxpayer import Distribution, Income
from payloads.files.written import at
from payloads.tax import (
    AnalyzePortfolio,
    AssessIncome,
    IncomeAssessment,
    Offsets,
    PortfolioTax,
    Recommendation,
)

# A company's dividend is income when it is paid, a fund's distribution of the year that it was earned in,
# so that either may go ex a quarter before or after the year.
AROUND = timedelta(days=92)


@implements("tax.assess_income")
def assess_income(ask: AssessIncome, context: Context) -> IncomeAssessment:
    """Assess a year's income by the rules of the release."""
    if ask.jurisdiction != "AU":
        raise JurisdictionNotCovered(
            f"income of {ask.jurisdiction} is not assessed; of it only gains are covered, "
            "by tax.capital_gains and tax.wash_sales",
            "jurisdiction",
        )
    rules = year_rules(tax_file(context.catalogue), ask.year, "year")
    refuse_repeated("trade", [trade.id for trade in ask.trades or ()], "trades")
    _refuse_other_years(ask)
    found = assessing.assess(_income(ask), rules)
    return IncomeAssessment(
        gross_income=found.gross_income,
        franking_credits=found.franking_credits,
        denied_franking=found.denied_franking,
        taxable_income=found.taxable_income,
        tax_before_offsets=found.tax_before_offsets,
        medicare_levy=found.medicare_levy,
        offsets=Offsets(low_income=found.low_income_used, franking=found.franking_used),
        income_tax=found.income_tax,
        refund=found.refund,
        after_tax_income=found.after_tax_income,
        assumptions=list(found.assumptions),
    )


@implements("tax.analyze_portfolio")
def analyze_portfolio(ask: AnalyzePortfolio, context: Context) -> PortfolioTax:
    """Estimate what a portfolio leaves after tax."""
    file = tax_file(context.catalogue)
    check_year(file, year_of(ask.as_of), "as_of")
    refuse_repeated("parcel", [parcel.id for parcel in ask.parcels], "parcels")
    portfolio = _portfolio(ask)
    holder = analysing.Holder(
        marginal_rate=_exact(ask.marginal_rate),
        franked_at=at(file.company_rate.values, ask.as_of).value,
        gains=gains_rule(file, ask.as_of),
    )
    found = analysing.analyze(portfolio, holder, ask.as_of)
    return PortfolioTax(
        gross_income=found.gross_income,
        franking_credits=found.franking_credits,
        income_tax=found.income_tax,
        after_tax_income=found.after_tax_income,
        cgt_liability=found.cgt_liability,
        net_after_tax_return=float(found.net_after_tax_return),
        tax_efficiency_score=float(found.tax_efficiency),
        recommendations=[
            Recommendation(code=one.code, etf=one.etf, text=one.text, amount=one.amount)
            for one in recommendations(portfolio, holder, ask.as_of)
        ],
    )


def _refuse_other_years(ask: AssessIncome) -> None:
    """A distribution that went ex too far from the year cannot be income of it: the year was mistaken."""
    first, last = year_around(ask.year)
    for place, paid in enumerate(ask.distributions):
        if paid.ex_date is not None and not first - AROUND <= paid.ex_date <= last + AROUND:
            raise InvalidInput(
                f"the distribution of {paid.etf} went ex on {paid.ex_date}, no income of {ask.year}; "
                "assess it in its own year",
                f"distributions[{place}].ex_date",
            )


def _income(ask: AssessIncome) -> Income:
    return Income(
        kind=ask.taxpayer,
        resident=ask.resident,
        other_income=ask.other_income,
        distributions=[
            Distribution(paid.etf, paid.cash, paid.franking, paid.credit, paid.days_held, paid.ex_date)
            for paid in ask.distributions
        ],
        net_capital_gain=ask.net_capital_gain,
        trades=None
        if ask.trades is None
        else [Trade(trade.date, trade.etf, trade.side == "buy", trade.units) for trade in ask.trades],
        franked_at=ask.company_rate,
        base_rate_entity=ask.base_rate_entity,
    )


def _portfolio(ask: AnalyzePortfolio) -> analysing.Portfolio:
    return analysing.Portfolio(
        values=ask.holdings,
        assets={
            etf: analysing.Asset(_exact(asset.expected_return), asset.yield_, asset.franking)
            for etf, asset in ask.assets.items()
        },
        parcels=[
            analysing.Parcel(parcel.etf, parcel.units, parcel.acquired, parcel.cost_base)
            for parcel in ask.parcels
        ],
    )


def _exact(number: float) -> Decimal:
    """The shortest decimal that reads back as `number`: what the caller wrote."""
    return Decimal(repr(number))
