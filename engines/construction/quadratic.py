"""Quadratic programs over a region by a primal active-set method.

Minimises ½w'Hw + c'w where w sums to 1, lies between bounds, and keeps rows (Nocedal and Wright, Numerical
Optimization, 2nd ed., algorithm 16.3). Few weights lie strictly between their bounds, so each turn solves a
small system for those alone. Rows that the start breaks get one elastic variable, whose cost drives it to
zero; where it stays, a linear program decides whether anything keeps the rows.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.construction.feasible import feasible_weights
from engines.construction.problem import Floats, Infeasible, NotSolved, Places
from engines.construction.region import Region

Flags = NDArray[np.bool_]
CLOSE = 1e-12
"""Multipliers below it, in units of the gradient, are zero."""
STILL = 1e-11
"""A step of a weight below it is rounding."""
PENALTY = 1e3
"""What a broken row costs, in units of the program."""
TURNS = 40
"""Times the number of variables: far more than any program has needed."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best weights, multipliers of their sum and of the rows, which weights are free, what holds them."""

    weights: Floats
    multipliers: Floats
    free: Flags
    normals: Floats


@dataclass(slots=True)
class _State:
    """Where the search is: a point that keeps every limit, and what holds it there."""

    at: Floats
    gradient: Floats
    free: Flags
    working: list[int]


def minimise(hessian: Floats, costs: Floats, allowed: Region, start: Optimum | None = None) -> Optimum:
    """The optimum over a region that is not empty; `start`, an optimum of a like program, saves turns.

    The Hessian must be positive definite on what moves; NotSolved where turns run out.
    """
    weights, free = _start(allowed, np.diagonal(hessian) / 2 + costs, start)
    if (allowed.floors - allowed.rows @ weights).max(initial=0.0) <= 0:
        return _run(hessian, costs, allowed, weights, free)
    return _elastic(hessian, costs, allowed, weights, free)


def _elastic(hessian: Floats, costs: Floats, allowed: Region, weights: Floats, free: Flags) -> Optimum:
    """As `minimise`, from weights that break rows."""
    size, scale = len(costs), float(np.abs(hessian).max() + np.abs(costs).max())
    wider = np.zeros((size + 1, size + 1))
    wider[:size, :size] = hessian
    wider[size, size] = scale
    miss = float((allowed.floors - allowed.rows @ weights).max())
    loose = Region(
        np.append(allowed.lowest, 0.0),
        np.append(allowed.highest, np.inf),
        np.column_stack((allowed.rows, np.ones(len(allowed.floors)))),
        allowed.floors,
    )
    found = _run(
        wider,
        np.append(costs, PENALTY * scale),
        loose,
        np.append(weights, miss),
        np.append(free, True),
        elastic=True,
    )
    kept = found.weights[:size]
    if found.weights[size] > 0:
        if allowed.is_empty_by(found.multipliers):
            raise Infeasible("no weights keep all limits together", ())
        kept = feasible_weights(allowed)
    return _run(hessian, costs, allowed, kept, _between(kept, allowed))


def _run(
    hessian: Floats,
    costs: Floats,
    allowed: Region,
    weights: Floats,
    free: Flags,
    *,
    elastic: bool = False,
) -> Optimum:
    """The active-set method from weights that keep every limit.

    With `elastic` the last variable is no weight, and reaching zero with it is the end.
    """
    size = len(costs)
    ones = np.ones(size)
    ones[size - elastic :] = 0
    normals = np.vstack((ones, allowed.rows))
    state = _State(weights.copy(), hessian @ weights + costs, free.copy(), [0])
    stalled = 0
    for _ in range(TURNS * (size + 10)):
        places = state.free.nonzero()[0]
        step, multipliers = _to_the_best(hessian, normals, state, places)
        cut_short = _move(hessian, normals, allowed, state, places, step)
        if elastic and state.at[-1] <= 0:
            return Optimum(state.at, np.zeros(len(normals)), state.free, normals[state.working])
        if cut_short:
            stalled += 1
            continue
        if not _release(normals, allowed, state, multipliers, cautious=stalled > size):
            whole = np.zeros(len(normals))
            whole[state.working] = multipliers
            # What rounding left of a weight that went to its bound is none.
            state.at = np.where(state.at - allowed.lowest < CLOSE, allowed.lowest, state.at)
            return Optimum(state.at, whole, state.free, normals[state.working])
    raise NotSolved("the search for the best weights did not end; scale the covariance to a year's")


def _to_the_best(hessian: Floats, normals: Floats, state: _State, places: Places) -> tuple[Floats, Floats]:
    """The step of the free weights to their best while working rows stay, and the rows' multipliers."""
    return steepest(hessian, normals[state.working], places, -state.gradient[places])


def steepest(hessian: Floats, normals: Floats, places: Places, pull: Floats) -> tuple[Floats, Floats]:
    """The step at `places` with the most of pull·step - ½ step'H step that leaves `normals` as they are.

    Beside it are the multipliers of the normals.
    """
    count, rows = len(places), len(normals)
    system = np.zeros((count + rows, count + rows))
    system[:count, :count] = hessian[places[:, None], places]
    across = normals[:, places]
    system[count:, :count] = across
    system[:count, count:] = across.T
    aimed = np.zeros(count + rows)
    aimed[:count] = pull
    try:
        solved = np.linalg.solve(system, aimed).astype(np.float64, copy=False)
    except np.linalg.LinAlgError:
        solved = np.linalg.lstsq(system, aimed)[0].astype(np.float64)
    return solved[:count], -solved[count:]


def _move(
    hessian: Floats, normals: Floats, allowed: Region, state: _State, places: Places, step: Floats
) -> bool:
    """Go as far along the step as limits allow; was it cut short by one, which is then held."""
    here = state.at[places]
    bounds = np.where(step < 0, allowed.lowest[places], allowed.highest[places])
    moving = np.abs(step) > STILL
    reach = np.full(len(step), np.inf)
    np.divide(bounds - here, step, out=reach, where=moving)
    first = int(reach.argmin())
    length, row = max(float(reach[first]), 0.0), -1
    if len(normals) > 1:
        length, row = _until_a_row(normals, allowed, state, places, step, length)
    whole = length >= 1
    length = min(length, 1.0)
    if length > 0:
        state.at[places] = here + length * step
        state.gradient += hessian[:, places] @ (length * step)
    if whole:
        return False
    if row >= 0:
        state.working.append(row)
    else:
        state.at[places[first]] = bounds[first]
        state.free[places[first]] = False
        if length == 0:
            _hold(state, places[(reach <= 0) & moving], places[first])
    return True


def _hold(state: _State, blocked: Places, first: int) -> None:
    """Hold what was released together and cannot move at all, as long as enough stays free."""
    spare = int(state.free.sum()) - len(state.working)
    for place in blocked[::-1]:
        if place != first and spare > 0:
            state.free[place] = False
            spare -= 1


def _until_a_row(
    normals: Floats, allowed: Region, state: _State, places: Places, step: Floats, length: float
) -> tuple[float, int]:
    """The length of the step up to the first row it would break, and that row; -1 if a bound is first."""
    waiting = np.ones(len(normals), dtype=bool)
    waiting[state.working] = False
    slope = normals[:, places] @ step
    falling = (waiting & (slope < -CLOSE)).nonzero()[0]
    if not falling.size:
        return length, -1
    room = np.maximum(normals[falling] @ state.at - allowed.floors[falling - 1], 0)
    reach = room / -slope[falling]
    first = int(reach.argmin())
    return (float(reach[first]), int(falling[first])) if reach[first] < length else (length, -1)


def _release(normals: Floats, allowed: Region, state: _State, multipliers: Floats, *, cautious: bool) -> bool:
    """Let go of limits that hold the search from better; False where none does: the optimum.

    A row goes before bounds, since its price is that of many weights. Bounds go as many at once as
    are free; one at a time, the first of all (Bland's rule), when `cautious`.
    """
    reduced = state.gradient - multipliers @ normals[state.working]
    tolerance = CLOSE * (1 + float(np.abs(state.gradient).max()))
    rows = multipliers[1:]
    if rows.size and rows.min() < -tolerance:
        del state.working[1 + int(rows.argmin())]
        return True
    # Down from an upper bound is better where the price is above zero.
    gains = np.where(state.at >= allowed.highest, reduced, -reduced)
    gains[state.free | (allowed.lowest >= allowed.highest)] = 0
    better = (gains > tolerance).nonzero()[0]
    if not better.size:
        return False
    if cautious:
        state.free[better[0]] = True
        return True
    most = max(8, int(state.free.sum()) // 2)
    if better.size > most:
        better = better[gains[better].argpartition(-most)[-most:]]
    state.free[better[gains[better] > 0.1 * gains[better].max()]] = True
    return True


def _start(allowed: Region, alone: Floats, start: Optimum | None) -> tuple[Floats, Flags]:
    """Weights within their bounds that sum to 1: those of `start` as near as may be, else the best alone."""
    if start is None:
        weights = allowed.lowest.copy()
        order = np.argsort(alone, kind="stable")
    else:
        weights = np.minimum(np.maximum(start.weights, allowed.lowest), allowed.highest)
        order = np.argsort(~start.free, kind="stable")
    missing = 1 - float(weights.sum())
    above = weights - allowed.lowest
    if missing < 0 < above.sum():
        weights = allowed.lowest + above * max(1 + missing / above.sum(), 0.0)
    elif missing > 0:
        room = (allowed.highest - weights)[order]
        used = np.minimum(room, np.maximum(missing - (np.cumsum(room) - room), 0))
        weights[order] += used
    return weights, _between(weights, allowed)


def _between(weights: Floats, allowed: Region) -> Flags:
    """Which weights are strictly between their bounds; at least one, so that the sum has a price."""
    free = (weights > allowed.lowest) & (weights < allowed.highest)
    if not free.any():
        movable = allowed.highest > allowed.lowest
        free[int(np.argmax(np.where(movable, weights, -1.0)))] = True
    return free
