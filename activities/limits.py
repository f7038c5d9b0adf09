"""Limits of a first investment."""

from fractions import Fraction

from activities.context import Catalogue, Context
from activities.registry import implements
from engines import investment_limits as engine
from payloads.files.fees import FeesFile
from payloads.files.limits import LimitsFile
from payloads.limits import AskInvestmentLimits, InvestmentLimits


@implements("portfolio.investment_limits")
def investment_limits(ask: AskInvestmentLimits, context: Context) -> InvestmentLimits:
    """Say what the cash can buy."""
    house = house_limits(context.catalogue)
    found = engine.investment_limits(ask.cash, house)
    return InvestmentLimits(
        min_weight=float(found.min_weight),
        max_weight=float(house.max_weight),
        max_etfs=found.max_etfs,
        brokerage=house.brokerage,
        min_first_holding=house.min_first_holding,
        tradeable_cash=found.tradeable_cash,
    )


def house_limits(catalogue: Catalogue) -> engine.HouseLimits:
    """The limits and charges of the release."""
    limits = catalogue.read("limits", LimitsFile)
    return engine.HouseLimits(
        min_weight=Fraction(limits.min_weight.value),
        max_weight=Fraction(limits.max_weight.value),
        max_etfs=int(limits.max_etfs.value),
        fewest_etfs=int(limits.fewest_etfs.value),
        min_first_holding=limits.min_first_holding.value,
        brokerage=catalogue.read("fees", FeesFile).brokerage.value,
        cash_buffer=limits.cash_buffer.value,
    )
