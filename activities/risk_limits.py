"""Stress of a portfolio, and the limits of its risk.

ActivityError
└── UnknownScenario   the catalogue has no scenario of this name
"""

from collections.abc import Mapping
from decimal import Decimal

from activities.context import Context
from activities.errors import ActivityError
from activities.registry import implements
from engines import risk_limits
from engines.risk_limits import Holding
from engines.stress import Scenario, UnknownFactor, stress
from payloads.files.risk import RiskFile
from payloads.files.universe import Fund, UniverseFile
from payloads.risk_limits import (
    CheckedLimits,
    CheckLimits,
    GivenScenario,
    LimitBreach,
    ScenarioLoss,
    StressedPortfolio,
    StressPortfolio,
)

CURRENCY = "currency"
HOME = "australia"


class UnknownScenario(ActivityError):
    """The catalogue has no scenario of this name."""


@implements("risk.stress")
def stress_portfolio(ask: StressPortfolio, context: Context) -> StressedPortfolio:
    """Carry each scenario into the portfolio."""
    funds = context.catalogue.read("universe", UniverseFile).by_etf()
    exposures: dict[str, Mapping[str, float]] = {
        etf: _exposure(funds[etf]) for etf in ask.weights if etf in funds
    }
    weights = {etf: float(weight) for etf, weight in ask.weights.items()}
    factors = frozenset({CURRENCY, *(fund.asset_class for fund in funds.values())})
    _hold_exposed(ask, factors)
    found = stress(weights, exposures | (ask.exposures or {}), _scenarios(ask, context), factors)
    worst = max(found, key=lambda each: each.loss)
    return StressedPortfolio(
        scenarios=[
            ScenarioLoss(name=each.name, loss=each.loss, by_asset=dict(each.by_asset)) for each in found
        ],
        worst=worst.name,
    )


def _hold_exposed(ask: StressPortfolio, factors: frozenset[str]) -> None:
    """Refuse an exposure to what no scenario of the catalogue could shock; one's own may shock anything."""
    if any(each.shocks is not None for each in ask.scenarios or ()):
        return
    for etf, betas in (ask.exposures or {}).items():
        for factor in sorted(betas.keys() - factors - ask.weights.keys()):
            raise UnknownFactor(
                f"no scenario of the catalogue shocks {factor}; there are {', '.join(sorted(factors))}",
                f"exposures.{etf}.{factor}",
            )


def _scenarios(ask: StressPortfolio, context: Context) -> list[Scenario]:
    written = {
        each.name: Scenario(each.name, {factor: float(shock) for factor, shock in each.shocks.items()})
        for each in context.catalogue.read("risk", RiskFile).scenarios
    }
    if ask.scenarios is None:
        return list(written.values())
    return [_scenario(each, place, written) for place, each in enumerate(ask.scenarios)]


def _scenario(asked: GivenScenario, place: int, written: Mapping[str, Scenario]) -> Scenario:
    if asked.shocks is not None:
        return Scenario(asked.name, asked.shocks)
    if asked.name not in written:
        raise UnknownScenario(
            f"there is no scenario {asked.name}; there are {', '.join(written)}; "
            "give its shocks where it is your own",
            f"scenarios[{place}]",
        )
    return written[asked.name]


def _exposure(fund: Fund) -> dict[str, float]:
    foreign = fund.region != HOME and not fund.hedged
    return {fund.asset_class: 1.0, **({CURRENCY: 1.0} if foreign else {})}


@implements("risk.check_limits")
def check_limits(ask: CheckLimits, context: Context) -> CheckedLimits:
    """Find every breach."""
    found = risk_limits.check(holdings_of(ask, context), ask.limits, ask.measures)
    breaches = [
        LimitBreach(
            limit=each.limit,
            value=each.value if isinstance(each.value, Decimal) else Decimal(str(each.value)),
            allowed=each.allowed,
            subject=each.subject,
        )
        for each in found
    ]
    return CheckedLimits(breaches=breaches, within=not breaches)


def holdings_of(ask: CheckLimits, context: Context) -> dict[str, Holding]:
    """What is held, each with its sectors."""
    funds = context.catalogue.read("universe", UniverseFile).by_etf()
    sectors = _sectors(ask, context)
    return {etf: Holding(weight, etf in funds, sectors.get(etf, {})) for etf, weight in ask.weights.items()}


def _sectors(ask: CheckLimits, context: Context) -> dict[str, Mapping[str, Decimal]]:
    whole = Decimal(1)
    if ask.sectors is not None:
        return {etf: {of: whole} if isinstance(of, str) else of for etf, of in ask.sectors.items()}
    diversified = context.catalogue.read("risk", RiskFile).diversified_sectors
    kept = context.catalogue.read("universe", UniverseFile).concentrated(diversified)
    return {etf: {sector: whole} for etf, sector in kept.items()}
