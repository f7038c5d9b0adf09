"""What the catalogue and a call say of a pod, in the terms of the engine."""

import numpy as np
from numpy.typing import NDArray

from activities.context import Context
from activities.snapshots import check_etfs, estimates_for
from adapters.market.snapshot import Snapshot
from engines import pod_objectives as objectives
from engines.pod_limits import PodLimits
from payloads.files.market import MarketFile
from payloads.files.pods import (
    Growth,
    Horizon,
    Income,
    Opportunity,
    PodDefinition,
    PodsFile,
    Preservation,
    RiskTolerance,
)
from payloads.files.tax_au import TaxAuFile
from payloads.files.universe import Fund, UniverseFile
from payloads.files.written import at
from payloads.pod_optimizer import OptimizePod, WeightRange


def objective_from(
    pod: PodDefinition, ask: OptimizePod, snapshot: Snapshot, context: Context
) -> objectives.PodObjective:
    """The pod's objective for this client: horizon and tax rate taken into account."""
    horizon = context.catalogue.read("pods", PodsFile).horizon
    match pod.objective:
        case Preservation(variance_penalty=variance, drawdown_penalty=drawdown):
            dearer = dearness_of_risk(horizon, ask.horizon_years)
            return objectives.PreservedReturn(variance * dearer, drawdown * dearer)
        case Income(variance_penalty=variance, marginal_rate=usual_rate):
            rate = usual_rate if ask.marginal_rate is None else ask.marginal_rate
            kept = objectives.after_tax_income(
                *income_of(funds_of(pod, context)),
                marginal_rate=rate,
                company_rate=company_rate(snapshot, context),
            )
            return objectives.AfterTaxIncome(kept, variance * dearness_of_risk(horizon, ask.horizon_years))
        case Growth():
            return objectives.SharpeRatio(cash_rate(context))
        case Opportunity(benchmark=benchmark):
            return objectives.ExcessReturn(_benchmark_return(benchmark, snapshot, context))


def limits_from(pod: PodDefinition, ask: OptimizePod, context: Context) -> PodLimits:
    """The tighter of the pod's limits and the call's; UnknownEtf for one that is none of the pod's."""
    check_etfs(ask.limits.weights, pod.universe, "limits.weights")
    check_etfs(
        ask.limits.exclude, context.catalogue.read("universe", UniverseFile).by_etf(), "limits.exclude"
    )
    most = pod.max_weight if ask.limits.max_weight is None else min(pod.max_weight, ask.limits.max_weight)
    bounds = [_bounds(etf, pod, ask, most) for etf in pod.universe]
    tolerance = context.catalogue.read("pods", PodsFile).risk_tolerance
    ceiling = pod.max_volatility * share_of_ceiling(tolerance, ask.risk_score)
    return PodLimits(
        lowest=np.array([low for low, _ in bounds]),
        highest=np.array([high for _, high in bounds]),
        max_volatility=ceiling
        if ask.limits.max_volatility is None
        else min(ceiling, ask.limits.max_volatility),
        min_liquidity=max(pod.min_liquidity, ask.limits.min_liquidity or 0.0),
    )


def _bounds(etf: str, pod: PodDefinition, ask: OptimizePod, most: float) -> tuple[float, float]:
    """The lowest and highest weight of one ETF: what is excluded is not held, whatever the pod's range."""
    if etf in ask.limits.exclude:
        return 0.0, 0.0
    house, client = (weights.get(etf, WeightRange()) for weights in (pod.weights, ask.limits.weights))
    return max(house.min, client.min), min(most, house.max, client.max)


def funds_of(pod: PodDefinition, context: Context) -> list[Fund]:
    """The funds of the pod's universe, in its order; UnknownEtf when the universe lacks one."""
    universe = context.catalogue.read("universe", UniverseFile).by_etf()
    check_etfs(pod.universe, universe, "pod")
    return [universe[etf] for etf in pod.universe]


def income_of(funds: list[Fund]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Yields and franked shares of the funds."""
    return np.array([fund.yield_ for fund in funds]), np.array([fund.franking for fund in funds])


def cash_rate(context: Context) -> float:
    """What cash earns a year."""
    return context.catalogue.read("market", MarketFile).cash_rate.value


def company_rate(snapshot: Snapshot, context: Context) -> float:
    """The company tax rate behind franking credits, on the snapshot's day."""
    rules = context.catalogue.read("tax_au", TaxAuFile)
    return float(at(rules.company_rate.values, snapshot.as_of).value)


def dearness_of_risk(horizon: Horizon, years: float | None) -> float:
    """What penalties on risk are multiplied by for a goal so many years away."""
    if years is None:
        return 1.0
    return min(max(horizon.reference_years / years, horizon.least), horizon.most)


def share_of_ceiling(tolerance: RiskTolerance, risk_score: float | None) -> float:
    """The share of a pod's volatility ceiling that a client of this risk score has."""
    if risk_score is None:
        return 1.0
    return tolerance.ceiling_at_zero + (1 - tolerance.ceiling_at_zero) * risk_score / 100


def _benchmark_return(benchmark: dict[str, float], snapshot: Snapshot, context: Context) -> float:
    etfs = list(benchmark)
    expected = estimates_for(snapshot, context.catalogue, etfs, "pod").expected_return
    return float(np.array(list(benchmark.values())) @ expected)
