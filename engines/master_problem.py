"""The question of the master portfolio: pods, assets, limits and aims, and how an answer is judged.

Nothing here knows how the answer is found: `judge` and `broken_limits` measure any holdings.
Limits are called by their path in the question, as `limits.max_etfs` or `pods.POD1.min_yield`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from engines.group_limits import GroupLimit

Floats = NDArray[np.float64]
Amounts = Mapping[str, Mapping[str, Decimal]]
"""Money by pod and ETF; ETFs that a pod does not hold may be left out."""

CENT = Decimal("0.01")
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Asset:
    """Figures of one ETF, of a year; ETFs without an exposure are a group of their own."""

    expected_return: float
    yield_: float
    franking: float
    liquidity: float
    exposure: str | None = None


@dataclass(frozen=True, slots=True)
class PodDemand:
    """What a pod asked for (positive weights, sum about 1), and what must stay true of it.

    `substitutes` are ETFs that it may hold besides.
    """

    name: str
    capital: Decimal
    asked: Mapping[str, float]
    min_return: float | None = None
    min_yield: float | None = None
    min_liquidity: float | None = None
    max_volatility: float | None = None
    substitutes: tuple[str, ...] = ()

    @property
    def may_hold(self) -> tuple[str, ...]:
        """What it asked for, then what it did not."""
        return tuple(dict.fromkeys((*self.asked, *self.substitutes)))


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the whole portfolio; `min_weight` is of an ETF that is held at all."""

    max_etfs: int
    max_weight: float
    min_weight: float


@dataclass(frozen=True, slots=True)
class Emphasis:
    """How much each aim counts."""

    pods: float
    duplication: float
    costs: float
    tax: float


@dataclass(frozen=True, slots=True)
class Costs:
    """An order costs brokerage (money) and half the spread (a fraction) on its value."""

    brokerage: float
    spread: float

    def of(self, orders: float, turnover: float) -> float:
        """The cost of so many orders of that value together."""
        return orders * self.brokerage + self.spread / 2 * turnover


@dataclass(frozen=True)
class MasterProblem:
    """Everything the answer depends on. Pods have capital; `covariance` follows `etfs`."""

    pods: tuple[PodDemand, ...]
    assets: Mapping[str, Asset]
    limits: Limits
    emphasis: Emphasis
    costs: Costs
    current: Mapping[str, float] = field(default_factory=dict)
    covariance: Floats | None = None
    group_limits: tuple[GroupLimit, ...] = ()

    def __post_init__(self) -> None:
        if self.covariance is None and any(pod.max_volatility is not None for pod in self.pods):
            raise ValueError("a ceiling of volatility needs a covariance")

    @cached_property
    def total(self) -> Decimal:
        """The money of all pods."""
        return sum((pod.capital for pod in self.pods), Decimal(0))

    @cached_property
    def etfs(self) -> tuple[str, ...]:
        """Every ETF that may be held: those asked for in the order of asking, then the other ones."""
        others = (etf for pod in self.pods for etf in pod.substitutes)
        return tuple(dict.fromkeys((*self.etfs_asked, *others)))

    @cached_property
    def etfs_asked(self) -> tuple[str, ...]:
        """Every ETF asked for, in the order of asking."""
        return tuple(dict.fromkeys(etf for pod in self.pods for etf in pod.asked))

    @cached_property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """ETFs of one exposure together, where more than one may be held."""
        return self._alike(self.etfs)

    @cached_property
    def duplicates_asked(self) -> int:
        """ETFs asked for beyond the first of each exposure."""
        return sum(len(group) - 1 for group in self._alike(self.etfs_asked))

    @cached_property
    def cost_of_all(self) -> float:
        """What buying every ETF asked for would cost."""
        return self.costs.of(len(self.etfs_asked), float(self.total))

    @cached_property
    def tax_scores(self) -> Mapping[str, float]:
        """Franked yield of each ETF over the largest of all assets; zero where nothing is franked."""
        franked = {etf: asset.yield_ * asset.franking for etf, asset in self.assets.items()}
        largest = max(franked.values(), default=0.0)
        return {etf: value / largest if largest > 0 else 0.0 for etf, value in franked.items()}

    @cached_property
    def largest_volatility(self) -> float:
        """Of any one ETF; zero without a covariance."""
        return 0.0 if self.covariance is None else sqrt(max(np.diagonal(self.covariance).tolist()))

    def measure(self, limit: str) -> Floats:
        """The figure of each ETF (in the order of `etfs`) that a pod's floor of that name is about."""
        figure = {"min_return": "expected_return", "min_yield": "yield_", "min_liquidity": "liquidity"}[limit]
        return np.array([getattr(self.assets[etf], figure) for etf in self.etfs])

    def _alike(self, etfs: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
        members: dict[str, list[str]] = {}
        for etf in etfs:
            members.setdefault(self.assets[etf].exposure or f"only {etf}", []).append(etf)
        return tuple(tuple(group) for group in members.values() if len(group) > 1)


FLOORS = ("min_return", "min_yield", "min_liquidity")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What holdings are worth by each aim; `objective` is what is minimised."""

    distance: float
    duplicates: int
    cost: float
    tax_efficiency: float
    objective: float


def judge(problem: MasterProblem, amounts: Amounts) -> Judgement:
    """Measure holdings by the aims of the problem."""
    values = values_of(problem, amounts)
    total = float(problem.total)
    distance = _distance(problem, amounts)
    duplicates = sum(max(sum(values[etf] > 0 for etf in group) - 1, 0) for group in problem.groups)
    cost = _cost(problem, values)
    tax = sum(float(value) / total * problem.tax_scores[etf] for etf, value in values.items())
    emphasis = problem.emphasis
    objective = (
        emphasis.pods * distance
        + emphasis.duplication * _share(duplicates, problem.duplicates_asked)
        + emphasis.costs * _share(cost, problem.cost_of_all)
        - emphasis.tax * tax
    )
    return Judgement(distance, duplicates, cost, tax, objective)


def values_of(problem: MasterProblem, amounts: Amounts) -> dict[str, Decimal]:
    """The value of each ETF that may be held over all pods; zero for those not held."""
    return {
        etf: sum((held.get(etf, Decimal(0)) for held in amounts.values()), Decimal(0)) for etf in problem.etfs
    }


def broken_limits(problem: MasterProblem, amounts: Amounts, *, cents: int = 0) -> list[str]:
    """The limits that holdings do not keep; `cents` is how much rounding is forgiven in each holding."""
    slack = float(cents * CENT)
    total = float(problem.total)
    held = {etf: float(value) for etf, value in values_of(problem, amounts).items() if value > 0}
    limits = problem.limits
    broken = []
    if len(held) > limits.max_etfs:
        broken.append("limits.max_etfs")
    if any(value > limits.max_weight * total + slack + TOLERANCE * total for value in held.values()):
        broken.append("limits.max_weight")
    if any(value < limits.min_weight * total - slack - TOLERANCE * total for value in held.values()):
        broken.append("limits.min_weight")
    for group in problem.group_limits:
        weight, forgiven = group.of(held), slack * len(group.shares) + TOLERANCE * total
        if weight > group.most * total + forgiven:
            broken.append(f"{group.path}.max")
        if weight < group.least * total - forgiven:
            broken.append(f"{group.path}.min")
    for pod in problem.pods:
        broken += [f"pods.{pod.name}.{limit}" for limit in _broken_by_pod(problem, pod, amounts, slack)]
    return broken


def pod_weights(problem: MasterProblem, pod: PodDemand, amounts: Amounts) -> Floats:
    """The pod's weights in the order of the problem's ETFs."""
    held = amounts.get(pod.name, {})
    return np.array([float(held.get(etf, Decimal(0)) / pod.capital) for etf in problem.etfs])


def _broken_by_pod(problem: MasterProblem, pod: PodDemand, amounts: Amounts, slack: float) -> list[str]:
    weights = pod_weights(problem, pod, amounts)
    forgiven = slack / float(pod.capital) * len(pod.may_hold)
    broken = []
    for limit in FLOORS:
        floor = getattr(pod, limit)
        if floor is not None:
            figures = problem.measure(limit)
            if weights @ figures < floor - TOLERANCE - forgiven * np.abs(figures).max():
                broken.append(limit)
    if pod.max_volatility is not None and problem.covariance is not None:
        risk = sqrt(max(float(weights @ problem.covariance @ weights), 0.0))
        if risk > pod.max_volatility + TOLERANCE + forgiven * problem.largest_volatility:
            broken.append("max_volatility")
    return broken


def _distance(problem: MasterProblem, amounts: Amounts) -> float:
    apart = 0.0
    for pod in problem.pods:
        held = amounts.get(pod.name, {})
        for etf in pod.may_hold:
            wanted = pod.asked.get(etf, 0.0) * float(pod.capital)
            apart += abs(float(held.get(etf, Decimal(0))) - wanted)
    return apart / 2 / float(problem.total)


def _cost(problem: MasterProblem, values: Mapping[str, Decimal]) -> float:
    """Orders are counted where a value changes by more than rounding of each pod's cents can."""
    total = float(problem.total)
    untraded = float(CENT) * len(problem.pods) + TOLERANCE * total
    changes = [
        abs(float(values.get(etf, Decimal(0))) - problem.current.get(etf, 0.0) * total)
        for etf in dict.fromkeys((*problem.etfs, *problem.current))
    ]
    traded = [change for change in changes if change > untraded]
    return problem.costs.of(len(traded), sum(traded))


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0
