"""The master portfolio as a mixed-integer linear program, solved by HiGHS.

Volatility is convex, not linear: it enters as cuts, as many as the search needs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from engines.master_layout import (
    SLIGHT,
    Bounds,
    Layout,
    floor_row,
    group_limit_row,
    group_rows,
    holding_rows,
    pod_rows,
    trade_rows,
)
from engines.master_problem import FLOORS, Floats, MasterProblem, PodDemand
from engines.milp import Row, least

SHARPER = 1e4
"""HiGHS lets rows be broken by 1e-7: written so much larger, they hold to 1e-11. Only where holdings
are fixed: with whole unknowns it would make HiGHS repair its finds, and say so on stdout."""


@dataclass(frozen=True, slots=True)
class Solution:
    """A point, its objective, and the proven lower bound of all points; `early` when time was up."""

    point: Floats
    objective: float
    bound: float
    early: bool = False


@dataclass(frozen=True, slots=True)
class Margins:
    """How much tighter than asked limits are taken: weights of the whole, figures by pod (in their unit)."""

    weight: float = 0.0
    of_pod: Mapping[str, float] = field(default_factory=dict)


class MasterModel:
    """The program of one problem, without the limits in `without`, with limits tighter by `margins`."""

    def __init__(
        self, problem: MasterProblem, *, without: frozenset[str] = frozenset(), margins: Margins | None = None
    ) -> None:
        self.problem = problem
        self.layout = Layout(problem)
        self._without = without
        self._margins = margins or Margins()
        bounds = self._limits_of_the_whole()
        self._rows = [
            *pod_rows(self.layout, bounds),
            *holding_rows(self.layout, bounds),
            *group_rows(self.layout),
            *trade_rows(self.layout, bounds),
            *self._floor_rows(),
            *self._group_limit_rows(),
        ]

    def solve(
        self,
        cuts: Sequence[Row] = (),
        *,
        decided: Mapping[int, int] | None = None,
        seconds: float,
    ) -> Solution | None:
        """The best point within rows and cuts, or as good as the seconds allow; None when there is none.

        With `decided`, choices by column, the other choices may be anything between no and yes.
        TimeoutError when the time is up before a point was found.
        """
        rows = [*self._rows, *cuts]
        found = least(
            _aims(self.layout),
            rows if decided is None else [row.times(SHARPER) for row in rows],
            low=_ends(self.layout.size, 0.0, decided or {}),
            high=_ends(self.layout.size, 1.0, decided or {}),
            whole=_whole_numbers(self.layout) if decided is None else None,
            seconds=seconds,
            # Programs of this size are searched in less time than presolve takes.
            presolve=False,
        )
        if found is None:
            return None
        constant = _constant_cost(self.layout)
        return Solution(found.point, found.cost + constant, found.bound + constant, early=found.early)

    @cached_property
    def whole_columns(self) -> NDArray[np.int64]:
        """The columns that are yes or no."""
        return np.flatnonzero(_whole_numbers(self.layout))

    @cached_property
    def has_ceilings(self) -> bool:
        """Whether volatility is limited anywhere."""
        return any(self._ceiling(pod) is not None for pod in self.problem.pods)

    def choices(self, solution: Solution) -> dict[int, int]:
        """What a solution decides: yes (1) or no (0) by column."""
        return {column: round(solution.point[column]) for column in self.whole_columns.tolist()}

    def leaning(self, solution: Solution) -> dict[int, int]:
        """Yes to what a solution holds or moves at all, no to the rest: choices by column."""
        layout, point = self.layout, solution.point
        chosen = {}
        for etf in self.problem.etfs:
            chosen[layout.h + layout.place[etf]] = int(sum(point[layout.of_etf(etf)]) > SLIGHT)
        for place in range(layout.t - layout.v):
            chosen[layout.t + place] = int(point[layout.v + place] > SLIGHT)
        return chosen

    def shares(self, solution: Solution) -> dict[str, dict[str, float]]:
        """What each pod puts into each ETF, in shares of the whole; nothing where it is not held."""
        found: dict[str, dict[str, float]] = {pod.name: {} for pod in self.problem.pods}
        for pair, (pod, etf) in enumerate(self.layout.pairs):
            held = solution.point[self.layout.h + self.layout.place[etf]] > 0.5
            share = float(solution.point[pair])
            found[pod.name][etf] = share if held and share > SLIGHT else 0.0
        return found

    def volatility_cuts(self, point: Floats) -> list[Row]:
        """A cut for each pod whose volatility is above its ceiling there, beyond 1e-9.

        By Cauchy and Schwarz √(z'Σz) ≥ ẑ'Σz / √(ẑ'Σẑ) for any ẑ: keeping the right side under the
        ceiling cuts ẑ off, and no point that keeps the ceiling.
        """
        cuts = [self._volatility_cut(pod, point) for pod in self.problem.pods]
        return [cut for cut in cuts if cut is not None]

    def _volatility_cut(self, pod: PodDemand, point: Floats) -> Row | None:
        covariance, ceiling = self.problem.covariance, self._ceiling(pod)
        if ceiling is None or covariance is None:
            return None
        pairs = self.layout.of_pod(pod)
        places, share = self.layout.places(pairs), self.layout.share(pod)
        weights = np.maximum(point[pairs], 0) / share
        pull = covariance[np.ix_(places, places)] @ weights
        risk = sqrt(max(float(weights @ pull), 0.0))
        if risk <= ceiling + SLIGHT:
            return None
        return Row(pairs, (pull / risk).tolist(), -np.inf, ceiling * share)

    def _ceiling(self, pod: PodDemand) -> float | None:
        if pod.max_volatility is None or f"pods.{pod.name}.max_volatility" in self._without:
            return None
        return pod.max_volatility - self._margins.of_pod.get(pod.name, 0.0) * self.problem.largest_volatility

    def _limits_of_the_whole(self) -> Bounds:
        limits, without, margin = self.problem.limits, self._without, self._margins.weight
        return Bounds(
            most_held=len(self.problem.etfs) if "limits.max_etfs" in without else limits.max_etfs,
            highest=1.0 if "limits.max_weight" in without else limits.max_weight - margin,
            lowest=0.0
            if "limits.min_weight" in without or not limits.min_weight
            else limits.min_weight + margin,
        )

    def _group_limit_rows(self) -> list[Row]:
        rows = []
        for group in self.problem.group_limits:
            ends = {path: end for path, end in group.ends.items() if path not in self._without}
            margin = self._margins.weight * len(group.shares)
            least = ends.get(f"{group.path}.min")
            rows.append(
                group_limit_row(
                    self.layout,
                    group,
                    -np.inf if least is None else least + margin,
                    ends.get(f"{group.path}.max", np.inf) - margin,
                )
            )
        return rows

    def _floor_rows(self) -> list[Row]:
        rows = []
        for pod in self.problem.pods:
            for limit in FLOORS:
                least = getattr(pod, limit)
                if least is None or f"pods.{pod.name}.{limit}" in self._without:
                    continue
                largest = float(np.abs(self.problem.measure(limit)).max())
                margin = self._margins.of_pod.get(pod.name, 0.0) * largest
                rows.append(floor_row(self.layout, pod, limit, least + margin))
        return rows


def _aims(layout: Layout) -> Floats:
    """What a unit of each unknown adds to the objective."""
    problem, emphasis = layout.problem, layout.problem.emphasis
    aims = np.zeros(layout.size)
    aims[layout.x : layout.d] = [-emphasis.tax * problem.tax_scores[etf] for _, etf in layout.pairs]
    aims[layout.d : layout.h] = emphasis.pods
    if problem.duplicates_asked:
        each = emphasis.duplication / problem.duplicates_asked
        aims[layout.u : layout.v] = -each
        aims[[layout.h + layout.place[etf] for group in problem.groups for etf in group]] += each
    if problem.cost_of_all > 0:
        money = emphasis.costs / problem.cost_of_all
        orders = slice(layout.t, layout.size) if problem.current else slice(layout.h, layout.u)
        aims[orders] += money * problem.costs.of(1, 0)
        aims[layout.v : layout.t] += money * problem.costs.of(0, float(problem.total))
    return aims


def _constant_cost(layout: Layout) -> float:
    """The part of the objective that no choice changes.

    The spread on the whole where all is bought; selling what no pod asked for where there are holdings.
    """
    problem = layout.problem
    if problem.cost_of_all <= 0:
        return 0.0
    unwanted = [weight for etf, weight in problem.current.items() if etf not in layout.place and weight > 0]
    turnover = sum(unwanted) if problem.current else 1.0
    cost = problem.costs.of(len(unwanted), turnover * float(problem.total))
    return problem.emphasis.costs * cost / problem.cost_of_all


def _whole_numbers(layout: Layout) -> NDArray[np.bool_]:
    whole = np.zeros(layout.size, dtype=bool)
    whole[layout.h : layout.u] = True
    whole[layout.t :] = True
    return whole


def _ends(size: int, end: float, decided: Mapping[int, int]) -> Floats:
    """The least or the most that each column may be: what was decided, else `end`."""
    ends = np.full(size, end)
    ends[list(decided)] = list(decided.values())
    return ends
