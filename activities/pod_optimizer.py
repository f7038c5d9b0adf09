"""Optimising one pod on the figures of a snapshot: by its trained policy, or exactly."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activities.agent_lessons import pod_named
from activities.context import Context
from activities.pod_settings import (
    cash_rate,
    company_rate,
    dearness_of_risk,
    funds_of,
    income_of,
    limits_from,
    objective_from,
    share_of_ceiling,
)
from activities.policies import Learned, policy_for
from activities.registry import implements
from activities.snapshots import chosen_snapshot, estimates_for
from adapters.market.snapshot import Snapshot
from engines.agents.task import Situation
from engines.estimates import Estimates, max_drawdown, volatility
from engines.pod_limits import PodLimits, allowed_allocations
from engines.pod_objectives import PodObjective, franking_credits
from engines.pod_optimizer import BestAllocation, best_of
from engines.weights import stored_weights
from payloads.files.pods import Growth, Income, Opportunity, PodDefinition, PodsFile, Preservation
from payloads.pod_optimizer import Objective, OptimizedPod, OptimizePod

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The weights answered with, what they are worth, and the policy that chose them, if one did."""

    weights: Floats
    value: float
    learned: Learned | None


@implements("pods.optimize")
def optimize(ask: OptimizePod, context: Context) -> OptimizedPod:
    """What the pod's trained policy would hold on the chosen snapshot; without one, the exact optimum.

    The exact optimum is found in any case: the answer says which share of it the policy reaches.
    """
    pod = pod_named(ask.pod, context.catalogue)
    snapshot = chosen_snapshot(context, ask.snapshot)
    estimates = estimates_for(snapshot, context.catalogue, pod.universe, "pod")
    objective = objective_from(pod, ask, snapshot, context)
    limits = limits_from(pod, ask, context)
    allowed = allowed_allocations(
        estimates,
        np.array([fund.liquidity for fund in funds_of(pod, context)]),
        limits,
        grid_steps=round(1 / context.catalogue.read("pods", PodsFile).grid),
    )
    best = best_of(objective, estimates, allowed)
    chosen = _by_policy(ask, pod, snapshot, allowed, limits, context)
    if chosen is None:
        return _answer(
            ask, pod, snapshot, estimates, objective, best, _Chosen(best.weights, best.value, None), context
        )
    weights, learned = chosen
    value = float(objective.value(weights[None, :], estimates)[0])
    return _answer(ask, pod, snapshot, estimates, objective, best, _Chosen(weights, value, learned), context)


def _by_policy(
    ask: OptimizePod,
    pod: PodDefinition,
    snapshot: Snapshot,
    allowed: Floats,
    limits: PodLimits,
    context: Context,
) -> tuple[Floats, Learned] | None:
    """What the trained policy would hold; None without one, or when it knows no allowed allocation."""
    learned = policy_for(ask.pod, snapshot, ask.seed, context)
    if learned is None:
        return None
    file = context.catalogue.read("pods", PodsFile)
    situation = Situation(
        allowed=allowed,
        lowest=limits.lowest,
        highest=limits.highest,
        dearness=dearness_of_risk(file.horizon, ask.horizon_years),
        tax_rate=_tax_rate(pod, ask),
        share_of_ceiling=share_of_ceiling(file.risk_tolerance, ask.risk_score),
    )
    weights = learned.choose(situation)
    return None if weights is None else (weights, learned)


def _tax_rate(pod: PodDefinition, ask: OptimizePod) -> float:
    """The client's marginal rate where it matters, else the usual one of the pod."""
    usual = pod.objective.marginal_rate if isinstance(pod.objective, Income) else 0.0
    return usual if ask.marginal_rate is None else ask.marginal_rate


def _answer(
    ask: OptimizePod,
    pod: PodDefinition,
    snapshot: Snapshot,
    estimates: Estimates,
    objective: PodObjective,
    best: BestAllocation,
    chosen: _Chosen,
    context: Context,
) -> OptimizedPod:
    weights, learned = chosen.weights, chosen.learned
    expected = float(weights @ estimates.expected_return)
    risk = float(volatility(weights, estimates.covariance))
    return OptimizedPod(
        pod_id=ask.pod,
        pod_name=pod.name,
        agent=learned.agent if learned else None,
        algorithm=learned.algorithm if learned else pod.algorithm,
        allocation=_held(pod.universe, weights),
        expected_return=expected,
        expected_volatility=risk,
        sharpe_ratio=(expected - cash_rate(context)) / risk if risk > 0 else None,
        max_drawdown=float(max_drawdown(weights, estimates.returns)[0]),
        agent_confidence=learned.confidence if learned else None,
        objective=Objective(
            name=objective.name,
            value=chosen.value,
            exact=best.value,
            ratio=share_of_optimum(chosen.value, best.value),
        ),
        snapshot=snapshot.digest,
        seed=ask.seed,
        universe=[etf for etf in pod.universe if etf not in ask.limits.exclude],
        policy_digest=learned.digest if learned else None,
        **_measures_of_its_own(pod, weights, chosen.value, snapshot, context),
    )


def share_of_optimum(value: float, exact: float) -> float:
    """value / exact to the twelfth place; of a negative optimum, 1 less the shortfall over its size."""
    if value == exact:
        return 1.0
    if exact == 0:
        return 0.0
    # Sums in another order differ in the last place: that is no more than the optimum.
    return round(1 - (exact - value) / abs(exact), 12)


def _held(universe: list[str], weights: Floats) -> dict[str, float]:
    return stored_weights({etf: weight for etf, weight in zip(universe, weights, strict=True) if weight > 0})


def _measures_of_its_own(
    pod: PodDefinition, weights: Floats, value: float, snapshot: Snapshot, context: Context
) -> dict[str, Any]:
    """What this kind of pod reports beside the measures of all pods."""
    funds = funds_of(pod, context)
    match pod.objective:
        case Preservation():
            return {"liquidity_score": float(weights @ np.array([fund.liquidity for fund in funds]))}
        case Income():
            yields, franking = income_of(funds)
            credits = franking_credits(yields, franking, company_rate(snapshot, context))
            return {"expected_yield": float(weights @ yields), "franking_credits": float(weights @ credits)}
        case Growth():
            return {"diversification_score": float(1 - weights @ weights)}
        case Opportunity():
            return {"expected_alpha": value}
