"""Optimising the master portfolio over the pods.

ActivityError
├── NothingToInvest     the pods have no capital
└── InvalidCovariance   the covariance lacks an ETF, or is none
"""

from collections.abc import Iterator, Sequence
from time import perf_counter

from activities.context import Context
from activities.errors import ActivityError
from activities.group_limits import groups_from
from activities.master_settings import costs_from, emphasis_from, figures_from, limits_from
from activities.registry import implements
from engines.master_portfolio import MasterAnswer, optimize_master
from engines.master_problem import TOLERANCE, MasterProblem, PodDemand, values_of
from engines.weights import stored_weights
from payloads.files.pods import PodsFile
from payloads.master_portfolio import (
    MasterFinding,
    MasterHolding,
    MasterPortfolio,
    OptimizationMetrics,
    OptimizePortfolio,
    PodAsk,
)


class NothingToInvest(ActivityError):
    """The pods have no capital."""


@implements("portfolio.optimize")
def optimize(ask: OptimizePortfolio, context: Context) -> MasterPortfolio:
    """Find the best portfolio of what the pods asked for, and say how sure that is."""
    problem = _problem(ask, context)
    settings = context.catalogue.read("pods", PodsFile).master
    start = perf_counter()
    answer = optimize_master(problem, seconds=settings.seconds_allowed)
    return _answer(ask, answer, perf_counter() - start)


def _problem(ask: OptimizePortfolio, context: Context) -> MasterProblem:
    pods = tuple(
        _demand(name, pod, ask.substitutes.get(name, ())) for name, pod in ask.pods.items() if pod.capital > 0
    )
    if not pods:
        raise NothingToInvest("none of the pods has capital; give at least one of them some", "pods")
    figures = figures_from(ask, pods, context)
    return MasterProblem(
        pods=pods,
        assets=figures.assets,
        limits=limits_from(ask.limits, context),
        emphasis=emphasis_from(ask.emphasis, context),
        costs=costs_from(ask.costs, context),
        current=ask.current,
        covariance=figures.covariance,
        group_limits=groups_from(ask.groups),
    )


def _demand(name: str, pod: PodAsk, substitutes: Sequence[str]) -> PodDemand:
    whole = sum(pod.allocation.values())
    return PodDemand(
        name=name,
        capital=pod.capital,
        asked={etf: weight / whole for etf, weight in pod.allocation.items() if weight > 0},
        min_return=pod.min_return,
        min_yield=pod.min_yield,
        min_liquidity=pod.min_liquidity,
        max_volatility=pod.max_volatility,
        substitutes=tuple(substitutes),
    )


def _answer(ask: OptimizePortfolio, answer: MasterAnswer, seconds: float) -> MasterPortfolio:
    problem = answer.problem
    values = {etf: value for etf, value in values_of(problem, answer.amounts).items() if value > 0}
    weights = stored_weights(
        {etf: float(value / problem.total) for etf, value in values.items()},
        highest=problem.limits.max_weight,
    )
    by_pod = {
        name: {etf: amount for etf, amount in answer.amounts.get(name, {}).items() if amount > 0}
        for name in ask.pods
    }
    return MasterPortfolio(
        master_portfolio={
            etf: MasterHolding(
                weight=weights[etf],
                value=value,
                pods=[pod for pod, held in by_pod.items() if etf in held],
                consolidated=_asked_by(problem.pods, etf) > 1,
            )
            for etf, value in values.items()
        },
        weights=weights,
        values=values,
        by_pod=by_pod,
        total_etfs=len(values),
        total_value=problem.total,
        optimization_metrics=_metrics(problem, answer, seconds),
        findings=[*_limited_groups(problem), *_substituted(problem, answer)],
    )


def _limited_groups(problem: MasterProblem) -> Iterator[MasterFinding]:
    asked: dict[str, float] = {}
    for pod in problem.pods:
        for etf, weight in pod.asked.items():
            asked[etf] = asked.get(etf, 0.0) + weight * float(pod.capital / problem.total)
    for group in problem.group_limits:
        if not group.least - TOLERANCE <= (wanted := group.of(asked)) <= group.most + TOLERANCE:
            end = f"at most {group.most:.1%}" if wanted > group.most else f"at least {group.least:.1%}"
            text = f"the pods asked for {wanted:.1%} {group.name or group.path}, which may be {end}"
            yield MasterFinding(code="group_limit", text=text)


def _substituted(problem: MasterProblem, answer: MasterAnswer) -> Iterator[MasterFinding]:
    for pod in problem.pods:
        for etf, amount in answer.amounts[pod.name].items():
            if amount > 0 and etf not in pod.asked:
                text = f"{pod.name} holds {amount:.2f} of {etf}: limits left no room for what it asked for"
                yield MasterFinding(code="not_asked_for", text=text)


def _asked_by(pods: Sequence[PodDemand], etf: str) -> int:
    return sum(etf in pod.asked for pod in pods)


def _metrics(problem: MasterProblem, answer: MasterAnswer, seconds: float) -> OptimizationMetrics:
    judged = answer.judgement
    return OptimizationMetrics(
        pod_objectives_preserved=answer.pods_preserved,
        duplication_eliminated=problem.duplicates_asked - judged.duplicates,
        transaction_cost=judged.cost,
        tax_efficiency_score=min(judged.tax_efficiency, 1.0),
        objective=judged.objective,
        bound=answer.bound,
        gap=judged.objective - answer.bound,
        seconds=seconds,
    )
