"""Optimising one pod on the figures of a snapshot."""

from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activities.context import Context
from activities.errors import ActivityError
from activities.pod_settings import (
    cash_rate,
    company_rate,
    funds_of,
    income_of,
    limits_from,
    objective_from,
)
from activities.registry import implements
from activities.snapshots import chosen_snapshot, estimates_for
from adapters.market.snapshot import Snapshot
from engines.estimates import Estimates, max_drawdown, volatility
from engines.pod_objectives import PodObjective, franking_credits
from engines.pod_optimizer import BestAllocation, best_allocation
from engines.weights import stored_weights
from payloads.files.pods import Growth, Income, Opportunity, PodDefinition, PodsFile, Preservation
from payloads.pod_optimizer import Objective, OptimizedPod, OptimizePod

Floats = NDArray[np.float64]


class UnknownPod(ActivityError):
    """The catalogue has no such pod."""


@implements("pods.optimize")
def optimize(ask: OptimizePod, context: Context) -> OptimizedPod:
    """Find the pod's best allocation on the chosen snapshot, and say what to expect of it."""
    pod = _pod(ask.pod, context)
    snapshot = chosen_snapshot(context, ask.snapshot)
    estimates = estimates_for(snapshot, context.catalogue, pod.universe, "pod")
    objective = objective_from(pod, ask, snapshot, context)
    best = best_allocation(
        objective,
        estimates,
        np.array([fund.liquidity for fund in funds_of(pod, context)]),
        limits_from(pod, ask, context),
        grid_steps=round(1 / context.catalogue.read("pods", PodsFile).grid),
    )
    return _answer(ask, pod, snapshot, estimates, objective, best, context)


def _pod(name: str, context: Context) -> PodDefinition:
    pods = context.catalogue.read("pods", PodsFile).pods
    if name not in pods:
        near = get_close_matches(name, pods, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(pods)}"
        raise UnknownPod(f"there is no pod {name}; {hint}", "pod")
    return pods[name]


def _answer(
    ask: OptimizePod,
    pod: PodDefinition,
    snapshot: Snapshot,
    estimates: Estimates,
    objective: PodObjective,
    best: BestAllocation,
    context: Context,
) -> OptimizedPod:
    expected = float(best.weights @ estimates.expected_return)
    risk = float(volatility(best.weights, estimates.covariance))
    return OptimizedPod(
        pod_id=ask.pod,
        pod_name=pod.name,
        agent=None,
        algorithm=pod.algorithm,
        allocation=_held(pod.universe, best.weights),
        expected_return=expected,
        expected_volatility=risk,
        sharpe_ratio=(expected - cash_rate(context)) / risk if risk > 0 else None,
        max_drawdown=float(max_drawdown(best.weights, estimates.returns)[0]),
        agent_confidence=None,
        objective=Objective(name=objective.name, value=best.value, exact=best.value, ratio=1.0),
        snapshot=snapshot.digest,
        seed=ask.seed,
        policy_digest=None,
        **_measures_of_its_own(pod, best.weights, best.value, snapshot, context),
    )


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
