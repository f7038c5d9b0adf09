"""Limits of a first investment."""

from decimal import Decimal
from fractions import Fraction

from activities.context import Catalogue, Context
from activities.registry import implements
from engines import investment_limits as engine
from engines.risk_limits import SECTOR
from payloads.files.fees import FeesFile
from payloads.files.limits import LimitsFile
from payloads.files.risk import RiskFile
from payloads.files.universe import UniverseFile
from payloads.group_limits import GroupLimit
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
        groups=_sector_limits(context.catalogue),
    )


def _sector_limits(catalogue: Catalogue) -> list[GroupLimit]:
    """What each sector may weigh, in the order of the universe; none where the house has no such limit."""
    rules = catalogue.read("risk", RiskFile)
    if SECTOR not in rules.limits:
        return []
    members: dict[str, list[str]] = {}
    universe = catalogue.read("universe", UniverseFile)
    for etf, sector in universe.concentrated(rules.diversified_sectors).items():
        members.setdefault(sector, []).append(etf)
    most = float(max(rules.limits[SECTOR].value - rules.room.value, Decimal(0)))
    return [GroupLimit(name=sector, assets=etfs, max=most) for sector, etfs in members.items()]


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
