"""Where each unknown of the master program stands, and the rows that tie the unknowns together.

All unknowns are shares of the whole money or yes-or-no: x, what each pod puts into each ETF it may
hold; d, how far x falls short of what was asked; h, whether an ETF is held; u, whether an exposure of
several ETFs is held; and where there are holdings now, v, how far an ETF's weight moves, and t,
whether it is traded. Pods' totals are fixed, so that the shortfalls d sum to half the distance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np

from engines.group_limits import GroupLimit
from engines.master_problem import MasterProblem, PodDemand
from engines.milp import Row

SLIGHT = 1e-9


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of the whole as the program takes them; those left out are as loose as can be."""

    most_held: int
    highest: float
    lowest: float


class Layout:
    """Columns of the unknowns: `x + pair`, `d + pair`, `h + etf`, `u + group`, `v + etf`, `t + etf`."""

    def __init__(self, problem: MasterProblem) -> None:
        self.problem = problem
        self.pairs = [(pod, etf) for pod in problem.pods for etf in pod.may_hold]
        self.place = {etf: number for number, etf in enumerate(problem.etfs)}
        pairs, etfs = len(self.pairs), len(problem.etfs)
        traded = etfs if problem.current else 0
        sizes = [pairs, pairs, etfs, len(problem.groups), traded, traded]
        self.x, self.d, self.h, self.u, self.v, self.t, self.size = np.cumsum([0, *sizes]).tolist()

    def of_pod(self, pod: PodDemand) -> list[int]:
        """The pairs of one pod."""
        return [number for number, (owner, _) in enumerate(self.pairs) if owner is pod]

    def of_etf(self, etf: str) -> list[int]:
        """The pairs of one ETF."""
        return [number for number, (_, asked) in enumerate(self.pairs) if asked == etf]

    def places(self, pairs: Sequence[int]) -> list[int]:
        """The places of these pairs' ETFs in the problem's order."""
        return [self.place[self.pairs[pair][1]] for pair in pairs]

    def share(self, pod: PodDemand) -> float:
        """The pod's share of the whole money."""
        return float(pod.capital / self.problem.total)


def pod_rows(layout: Layout, bounds: Bounds) -> Iterator[Row]:
    """Each pod's total is kept; shortfalls; and only what is held can be put into."""
    for pod in layout.problem.pods:
        pairs = layout.of_pod(pod)
        share = layout.share(pod)
        yield Row(pairs, [1.0] * len(pairs), share, share)
    for pair, (pod, etf) in enumerate(layout.pairs):
        share = layout.share(pod)
        yield Row((pair, layout.d + pair), (1.0, 1.0), pod.asked.get(etf, 0.0) * share, np.inf)
        # Follows from the ETF's own row below, but bounds the relaxation more tightly.
        yield Row((pair, layout.h + layout.place[etf]), (1.0, -min(share, bounds.highest)), -np.inf, 0.0)


def holding_rows(layout: Layout, bounds: Bounds) -> Iterator[Row]:
    """Weights of what is held are within bounds, and so is the number held."""
    etfs = layout.problem.etfs
    for etf in etfs:
        pairs = layout.of_etf(etf)
        columns, ones = [*pairs, layout.h + layout.place[etf]], [1.0] * len(pairs)
        yield Row(columns, [*ones, -bounds.highest], -np.inf, 0.0)
        yield Row(columns, [*ones, -bounds.lowest], 0.0, np.inf)
    held, ones = range(layout.h, layout.u), [1.0] * len(etfs)
    yield Row(held, ones, -np.inf, bounds.most_held)
    # What the weights imply of the number, said outright.
    yield Row(held, ones, ceil(1 / bounds.highest - SLIGHT), np.inf)
    if bounds.lowest > 0:
        yield Row(held, ones, -np.inf, floor(1 / bounds.lowest + SLIGHT))


def group_rows(layout: Layout) -> Iterator[Row]:
    """An exposure counts as held once only when one of its ETFs is."""
    for number, group in enumerate(layout.problem.groups):
        held = [layout.h + layout.place[etf] for etf in group]
        yield Row([*held, layout.u + number], [*[1.0] * len(held), -1.0], 0.0, np.inf)


def trade_rows(layout: Layout, bounds: Bounds) -> Iterator[Row]:
    """How far each weight moves from where it is now, and that moving it is a trade."""
    if not layout.problem.current:
        return
    for etf in layout.problem.etfs:
        pairs, place = layout.of_etf(etf), layout.place[etf]
        now, ones = layout.problem.current.get(etf, 0.0), [1.0] * len(pairs)
        moved, traded = layout.v + place, layout.t + place
        yield Row([*pairs, moved], [*ones, -1.0], -np.inf, now)
        yield Row([*pairs, moved], [*ones, 1.0], now, np.inf)
        yield Row((moved, traded), (1.0, -max(bounds.highest - now, now)), -np.inf, 0.0)


def group_limit_row(layout: Layout, group: GroupLimit, least: float, most: float) -> Row:
    """What the ETFs of a group weigh together, each by its share, is between the two."""
    factors = np.array([group.shares.get(etf, 0.0) for _, etf in layout.pairs])
    pairs = np.flatnonzero(factors)
    return Row(pairs, factors[pairs], least, most)


def floor_row(layout: Layout, pod: PodDemand, limit: str, least: float) -> Row:
    """What a pod holds is by that figure, on average, at least so much."""
    pairs = layout.of_pod(pod)
    figures = layout.problem.measure(limit)[layout.places(pairs)]
    return Row(pairs, figures.tolist(), least * layout.share(pod), np.inf)
