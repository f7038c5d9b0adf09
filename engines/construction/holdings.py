"""Which assets to hold where weights are zero or at least so much, or only so many may be held.

First a good choice (prune the weights of the relaxed program, then swap assets one by one), then branch and
bound: the least loss of a branch, its weights still free to be anything up to their cap, is its bound, or
what the perspective of its weights makes of that where only so many may be held.
Counts of nodes limit the search, never a clock, so that the same question has the same answer.
"""

import heapq
from dataclasses import dataclass, replace
from itertools import count
from math import ceil, inf

import numpy as np
from numpy.typing import NDArray

from engines.construction.feasible import Wanted, some_holding
from engines.construction.objectives import Loss, Solved
from engines.construction.perspective import Perspective, perspective
from engines.construction.problem import TOLERANCE, Floats, Infeasible, Limits, NoPositiveExcessReturn
from engines.construction.region import Region

Flags = NDArray[np.bool_]
PROVEN = 1e-9
"""A bound this close to the loss, as a share of it, proves it."""
SWAPPED_IN = 8
"""So many assets are tried in the place of each that goes."""
SWAPPED_OUT = 12
"""So many of the smallest held are tried to go."""
ROUNDS = 6
"""So many swaps at most: the search from there on is by branches."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The best weights found, their loss, and a bound that no portfolio within the limits is below."""

    weights: Floats
    loss: float
    bound: float


@dataclass(frozen=True, slots=True)
class Search:
    """One question: a loss, the region without the limits on holdings, and these limits.

    `closer` gives closer bounds, where there is one.
    """

    loss: Loss
    allowed: Region
    limits: Limits
    closer: Perspective | None = None

    @property
    def most(self) -> int:
        """How many may be held."""
        return len(self.allowed.lowest) if self.limits.max_assets is None else self.limits.max_assets

    def keeps(self, weights: Floats) -> bool:
        """Do weights of the region keep the limits on holdings, too."""
        held = weights[weights > 0]
        return len(held) <= self.most and bool((held >= self.limits.min_weight - TOLERANCE).all())

    def holding(self, held: Flags, start: Solved | None = None) -> Solved | None:
        """The best with exactly these assets; None where they cannot keep all limits."""
        lowest = np.where(held, self.limits.min_weight, 0.0)
        highest = np.where(held, self.limits.max_weight, 0.0)
        return self.within(self.allowed.narrowed(lowest, highest), start)

    def within(self, allowed: Region, start: Solved | None = None) -> Solved | None:
        """The best of a narrower region; None where it is empty."""
        if allowed.lowest.sum() > 1 + TOLERANCE or allowed.highest.sum() < 1 - TOLERANCE:
            return None
        try:
            return self.loss.least(allowed, start)
        except (Infeasible, NoPositiveExcessReturn):
            return None


def choose(search: Search, relaxed: Solved, wanted: Wanted, *, nodes: int) -> Chosen | None:
    """The best holdings that so many nodes find, with what is proven of all; None where there are none."""
    best = _swapped(search, _pruned(search, relaxed))
    if best is None:
        held = some_holding(wanted)
        if held is None:
            return None
        best = _swapped(search, search.holding(held))
    if relaxed.bound < _aim(best):
        search = replace(search, closer=perspective(search.loss, search.allowed, relaxed, search.most))
    return _branched(search, relaxed, best, nodes)


def _pruned(search: Search, relaxed: Solved) -> Solved | None:
    """Drop the smallest weights, a few at a time, until so few are held that they may be."""
    found: Solved | None = relaxed
    while found is not None:
        weights = found.optimum.weights
        held = weights > 0
        surplus = int(held.sum()) - search.most
        if surplus <= 0:
            return _raised(search, found)
        smallest = np.argsort(np.where(held, weights, inf), kind="stable")[: max(1, surplus // 2)]
        held[smallest] = False
        narrowed = search.allowed.narrowed(
            search.allowed.lowest, np.where(held, search.limits.max_weight, 0.0)
        )
        found = search.within(narrowed, found)
    return None


def _raised(search: Search, found: Solved) -> Solved | None:
    """Hold so few that each can have its least weight, dropping the smallest below it one by one."""
    weights = found.optimum.weights
    held = weights > 0
    least = max(1, ceil(1 / search.limits.max_weight - TOLERANCE))
    best: Solved | None = None
    while held.sum() >= least:
        answer = search.holding(held, found)
        if answer is not None and (best is None or answer.loss < best.loss):
            best = answer
        small = np.where(held, weights, inf)
        smallest = int(np.argmin(small))
        if answer is not None and small[smallest] >= search.limits.min_weight:
            break
        held[smallest] = False
    return best


def _swapped(search: Search, best: Solved | None) -> Solved | None:
    """Swap one held asset for another, or take one in or out, as long as that makes the loss less."""
    for _ in range(ROUNDS):
        better = None if best is None else _best_neighbour(search, best)
        if better is None:
            break
        best = better
    return best


def _best_neighbour(search: Search, best: Solved) -> Solved | None:
    held = best.optimum.weights > 0
    cheap = np.argsort(np.where(held, inf, best.prices), kind="stable")[:SWAPPED_IN]
    cheap = cheap[~held[cheap]]
    found, least = None, best.loss
    smallest = np.argsort(np.where(held, best.optimum.weights, inf), kind="stable")
    for out in (*smallest[: min(int(held.sum()), SWAPPED_OUT)], None):
        for into in (*cheap, None):
            tried = held.copy()
            if out is not None:
                tried[out] = False
            if into is not None:
                tried[into] = True
            if (out is None and into is None) or tried.sum() > search.most:
                continue
            loss = _loss_of(search, tried, best)
            if loss < least - PROVEN * abs(least):
                least, found = loss, tried
    return None if found is None else search.holding(found, best)


def _loss_of(search: Search, held: Flags, near: Solved) -> float:
    """The least loss with exactly these assets, as a program of these alone; infinite where there is none."""
    places = held.nonzero()[0]
    few, limits = len(places), search.limits
    allowed = search.allowed.part(places).narrowed(
        np.full(few, limits.min_weight), np.full(few, limits.max_weight)
    )
    if limits.min_weight * few > 1 + TOLERANCE or limits.max_weight * few < 1 - TOLERANCE:
        return inf
    try:
        return search.loss.part(places).least(allowed, near.part(places)).loss
    except (Infeasible, NoPositiveExcessReturn):
        return inf


@dataclass(frozen=True, slots=True)
class _Branch:
    """Assets that must be held, and those that may; the best of its relaxed program and of the closer one."""

    must: Flags
    may: Flags
    relaxed: Solved
    close: Solved | None
    bound: float


def _branched(search: Search, relaxed: Solved, best: Solved | None, nodes: int) -> Chosen | None:
    """Best first: the branch of the least bound is split on its weight that counts most."""
    size = len(search.allowed.lowest)
    order = count()
    root = _bounded(search, search.allowed, np.zeros(size, dtype=bool), np.ones(size, dtype=bool), relaxed)
    waiting = [(root.bound, next(order), root)]
    for _ in range(nodes):
        # A bound without end rules nothing out, however long the search.
        if not waiting or waiting[0][0] >= _aim(best) or (best is not None and waiting[0][0] == -inf):
            break
        _, _, branch = heapq.heappop(waiting)
        for child in _split(search, branch, best):
            if search.keeps(child.relaxed.optimum.weights):
                if best is None or child.relaxed.loss < best.loss:
                    best = child.relaxed
            elif child.bound < _aim(best):
                heapq.heappush(waiting, (child.bound, next(order), child))
    if best is None:
        return None
    open_bound = waiting[0][0] if waiting else inf
    return Chosen(best.optimum.weights, best.loss, min(best.loss, open_bound))


def _aim(best: Solved | None) -> float:
    """A bound from here up cannot lead to anything better."""
    return inf if best is None else best.loss - PROVEN * abs(best.loss)


def _split(search: Search, branch: _Branch, best: Solved | None) -> list[_Branch]:
    """The branch with one asset that must be held, and with that one out."""
    weights = branch.relaxed.optimum.weights
    may = branch.may & ~_too_dear(search, branch, best)
    undecided = may & ~branch.must
    place = int(np.argmax(np.where(undecided, weights, -1.0)))
    if not undecided[place]:
        return []
    must = branch.must.copy()
    must[place] = True
    without = may.copy()
    without[place] = False
    only = must if must.sum() >= search.most else may
    children = [(must, only), (branch.must, without)]
    return [child for each in children if (child := _child(search, branch, *each)) is not None]


def _child(search: Search, branch: _Branch, must: Flags, may: Flags) -> _Branch | None:
    allowed = search.allowed.narrowed(
        np.where(must, search.limits.min_weight, 0.0), np.where(may, search.limits.max_weight, 0.0)
    )
    relaxed = search.within(allowed, branch.relaxed)
    return None if relaxed is None else _bounded(search, allowed, must, may, relaxed, branch)


def _bounded(
    search: Search, allowed: Region, must: Flags, may: Flags, relaxed: Solved, parent: _Branch | None = None
) -> _Branch:
    """The branch with the best bound known of it."""
    bound = relaxed.bound if parent is None else max(relaxed.bound, parent.bound)
    if search.closer is None:
        return _Branch(must, may, relaxed, None, bound)
    try:
        close = search.closer.least(allowed, relaxed, parent.close if parent else None)
    except Infeasible:  # by rounding, at limits that leave no room: the bound known already is good
        return _Branch(must, may, relaxed, None, bound)
    return _Branch(must, may, relaxed, close, max(bound, search.closer.bound(close, must, may, search.most)))


def _too_dear(search: Search, branch: _Branch, best: Solved | None) -> Flags:
    """Assets whose least weight alone would lift the bound over the best loss found."""
    lifted = branch.relaxed.bound + branch.relaxed.prices * search.limits.min_weight
    return (branch.relaxed.optimum.weights <= 0) & ~branch.must & (lifted >= _aim(best))
