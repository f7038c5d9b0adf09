"""The risk of one portfolio as it stands, and what would bring it back within its limits.

ActivityError
└── NotHeld   a position to leave is not held
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from activities.context import Context
from activities.errors import ActivityError
from activities.etf_halts import halted_etfs
from activities.limits import house_limits
from activities.portfolios import NothingHeld, read
from activities.registry import implements
from activities.risk_limits import check_limits, holdings_of
from activities.snapshots import chosen_snapshot, daily_returns
from activities.valuation import SHARE_PLACES, value
from engines import hedging, risk_limits
from engines import risk_report as engine
from engines.estimates import Floats
from engines.risk_measures import max_drawdown, tail_loss
from payloads.files.market import MarketFile
from payloads.files.risk import RiskFile
from payloads.files.universe import UniverseFile
from payloads.portfolios import PortfolioId, PortfolioRead
from payloads.risk_limits import CheckedLimits, CheckLimits
from payloads.risk_measures import VarVerdict
from payloads.risk_report import (
    BacktestedTail,
    Concentration,
    Correlations,
    Liquidity,
    LosingPosition,
    ProposedHedge,
    ProposeHedge,
    RiskReport,
    Tails,
)
from payloads.valuation import PortfolioValue


class NotHeld(ActivityError):
    """A position to leave is not held."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A portfolio at the newest prices; `weights` are of the whole, cash included, in the order of `etfs`."""

    held: PortfolioRead
    worth: PortfolioValue
    weights: Mapping[str, Decimal]

    @property
    def etfs(self) -> list[str]:
        """What is held."""
        return list(self.weights)


@implements("risk.report")
def report(ask: PortfolioId, context: Context) -> RiskReport:
    """Measure everything that the house looks at."""
    now, rules = _standing(ask.portfolio_id, context), context.catalogue.read("risk", RiskFile)
    returns = _returns(now.etfs, now.worth.snapshot, context)
    shares = np.array([float(weight) for weight in now.weights.values()])
    found = engine.report(shares, returns, _horizon(context))
    return RiskReport(
        portfolio_id=ask.portfolio_id,
        snapshot=now.worth.snapshot,
        as_of=now.worth.as_of,
        simulated=now.worth.simulated,
        days=len(returns),
        weights=dict(now.weights),
        volatility=found.volatility,
        tails=Tails(**{method: _tail(tail) for method, tail in found.tails.items()}),
        max_drawdown=found.max_drawdown,
        recent_drawdown=found.recent_drawdown,
        concentration=_concentration(now.weights, found.concentration),
        correlation=_correlations(found.correlation, now.etfs),
        liquidity=_liquidity(now.weights, context),
        stop_losses=_stop_losses(now, rules.report.stop_loss.value),
        limits=_limits(rules),
        measures={
            "var_95": found.tails["historical"].loss.var,
            "max_drawdown": found.recent_drawdown,
        },
    )


@implements("risk.propose_hedge")
def propose_hedge(ask: ProposeHedge, context: Context) -> ProposedHedge:
    """Try every sleeve, less what is halted of it, in rising steps until all limits hold."""
    now, rules = _standing(ask.portfolio_id, context), context.catalogue.read("risk", RiskFile)
    for place, etf in enumerate(ask.exits):
        if etf not in now.weights:
            raise NotHeld(f"portfolio {ask.portfolio_id} holds no {etf}", f"exits[{place}]")
    halted = frozenset(halted_etfs(context))
    sleeves = {
        # Where all of a sleeve is halted it stays as it is, and its orders wait for the halt to be lifted.
        sleeve.name: hedging.without(sleeve.weights, halted) or sleeve.weights
        for sleeve in rules.hedging.sleeves
    }
    staying = hedging.without(now.weights, frozenset(ask.exits)) or next(iter(sleeves.values()))
    etfs = list(dict.fromkeys([*staying, *(etf for sleeve in sleeves.values() for etf in sleeve)]))
    returns = _returns(etfs, now.worth.snapshot, context)

    def judged(weights: hedging.Weights) -> CheckedLimits:
        measures = _measures(weights, etfs, returns, context)
        return check_limits(
            CheckLimits(weights=dict(weights), limits=_limits(rules), measures=measures), context
        )

    begun = CheckLimits(weights=dict(staying), limits=_concentration_limits(rules))
    holdings = holdings_of(begun, context)
    above = risk_limits.excess(holdings, risk_limits.check(holdings, begun.limits, {}))
    steps = _steps(rules.hedging.step.value, rules.hedging.most.value)
    most = house_limits(context.catalogue).max_etfs
    found = hedging.propose(staying, sleeves, steps, most, lambda weights: judged(weights).within, above)
    return ProposedHedge(
        hedge=found.name,
        moved=found.moved,
        weights={etf: round(weight, SHARE_PLACES) for etf, weight in found.weights.items()},
        exits=ask.exits,
        within=found.within,
        breaches=judged(found.weights).breaches,
        measures=_measures(found.weights, etfs, returns, context),
        snapshot=now.worth.snapshot,
    )


def _standing(portfolio_id: str, context: Context) -> Standing:
    ask = PortfolioId(portfolio_id=portfolio_id)
    held, worth = read(ask, context), value(ask, context)
    if not worth.holdings:
        raise NothingHeld(f"portfolio {portfolio_id} holds no units, and so no risk", "portfolio_id")
    weights = {etf: round(amount / worth.value, SHARE_PLACES) for etf, amount in worth.holdings.items()}
    return Standing(held, worth, weights)


def _returns(etfs: list[str], snapshot: str, context: Context) -> Floats:
    return daily_returns(chosen_snapshot(context, snapshot), context.catalogue, etfs, "portfolio_id")


def _horizon(context: Context) -> engine.Horizon:
    rules = context.catalogue.read("risk", RiskFile).report
    year = context.catalogue.read("market", MarketFile).estimates.sessions_per_year
    return engine.Horizon(
        float(rules.confidence.value), int(rules.window.value), float(rules.significance.value), year
    )


def _measures(
    weights: hedging.Weights, etfs: list[str], returns: Floats, context: Context
) -> dict[str, float]:
    """What the limits of measured risk are set on, as the report measures it."""
    horizon = _horizon(context)
    whole = returns @ np.array([float(weights.get(etf, 0)) for etf in etfs])
    return {
        "var_95": tail_loss(whole, horizon.confidence, "historical").var,
        "max_drawdown": max_drawdown(whole[-horizon.window :]),
    }


def _limits(rules: RiskFile) -> dict[str, Decimal]:
    return {name: figure.value for name, figure in rules.limits.items()}


def _concentration_limits(rules: RiskFile) -> dict[str, Decimal]:
    return {name: limit for name, limit in _limits(rules).items() if name in risk_limits.CONCENTRATION}


def _steps(step: Decimal, most: Decimal) -> list[Decimal]:
    return [step * turn for turn in range(int(most / step) + 1)]


def _tail(tail: engine.Tail) -> BacktestedTail:
    verdict = tail.verdict
    return BacktestedTail(
        var=tail.loss.var,
        cvar=tail.loss.cvar,
        observations=tail.observations,
        exceptions=tail.exceptions,
        backtest=VarVerdict(
            likelihood_ratio=verdict.likelihood_ratio, p_value=verdict.p_value, rejected=verdict.rejected
        ),
    )


def _concentration(weights: Mapping[str, Decimal], herfindahl: float) -> Concentration:
    largest = max(weights, key=lambda etf: (weights[etf], etf))
    return Concentration(
        herfindahl=herfindahl,
        effective_holdings=1 / herfindahl,
        largest=largest,
        largest_weight=weights[largest],
    )


def _correlations(found: engine.Correlation, etfs: list[str]) -> Correlations:
    return Correlations(
        mean=found.mean,
        highest=found.highest,
        pair=[etfs[place] for place in found.pair or ()],
        diversification=found.diversification,
    )


def _liquidity(weights: Mapping[str, Decimal], context: Context) -> Liquidity:
    funds = context.catalogue.read("universe", UniverseFile).by_etf()
    cash = 1 - float(sum(weights.values(), Decimal(0)))
    least = min(weights, key=lambda etf: (funds[etf].liquidity, etf))
    weighted = cash + sum(float(weight) * funds[etf].liquidity for etf, weight in weights.items())
    return Liquidity(weighted=min(max(weighted, 0.0), 1.0), lowest=funds[least].liquidity, least_liquid=least)


def _stop_losses(now: Standing, allowed: Decimal) -> list[LosingPosition]:
    cost: dict[str, Decimal] = {}
    for parcel in now.held.parcels:
        cost[parcel.etf] = cost.get(parcel.etf, Decimal(0)) + parcel.cost_base
    losses = {etf: 1 - now.worth.holdings[etf] / paid for etf, paid in cost.items() if paid > 0}
    found = [
        LosingPosition(etf=etf, loss=round(loss, SHARE_PLACES))
        for etf, loss in losses.items()
        if loss > allowed
    ]
    return sorted(found, key=lambda each: (-each.loss, each.etf))
