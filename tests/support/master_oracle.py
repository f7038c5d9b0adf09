"""The master portfolio by brute force: every choice of what to hold and trade, a linear program each.

Written from the text of the contract alone, with |x - asked| in the open and a vector a row, so that
it shares nothing with the engine but the question.
"""

from itertools import product

import numpy as np
from scipy.optimize import linprog

from engines.master_problem import MasterProblem

FLOORS = {"min_return": "expected_return", "min_yield": "yield_", "min_liquidity": "liquidity"}


def lowest_objective(problem: MasterProblem) -> float:
    """The lowest objective of all portfolios within the limits (ceilings left out); infinite if none."""
    etfs = problem.etfs
    return min(
        (
            _lowest(problem, {etf for etf, chosen in zip(etfs, held, strict=True) if chosen}, traded)
            for held in product((0, 1), repeat=len(etfs))
            if 0 < sum(held) <= problem.limits.max_etfs
            for traded in (product((0, 1), repeat=len(etfs)) if problem.current else ((0,) * len(etfs),))
        ),
        default=float("inf"),
    )


def _lowest(problem: MasterProblem, held: set[str], traded: tuple[int, ...]) -> float:
    total = float(problem.total)
    pairs = [(pod, etf) for pod in problem.pods for etf in pod.asked]
    size = 2 * len(pairs) + len(problem.etfs)  # amounts, distances from what was asked, moves
    upper, upper_at, equal, equal_at = [], [], [], []

    def row(of: dict[int, float]) -> np.ndarray:
        made = np.zeros(size)
        for place, factor in of.items():
            made[place] = factor
        return made

    for place, (pod, etf) in enumerate(pairs):
        asked = pod.asked[etf] * float(pod.capital) / total
        for sign in (1, -1):
            upper.append(row({place: sign, len(pairs) + place: -1}))
            upper_at.append(sign * asked)
    for pod in problem.pods:
        mine = [place for place, (owner, _) in enumerate(pairs) if owner is pod]
        share = float(pod.capital) / total
        equal.append(row(dict.fromkeys(mine, 1.0)))
        equal_at.append(share)
        for limit, figure in FLOORS.items():
            if (least := getattr(pod, limit)) is not None:
                upper.append(row({p: -getattr(problem.assets[pairs[p][1]], figure) for p in mine}))
                upper_at.append(-least * share)
    for group in problem.group_limits:
        counted = {place: group.shares.get(asked, 0.0) for place, (_, asked) in enumerate(pairs)}
        upper += [row(counted), -row(counted)]
        upper_at += [group.most, -group.least]
    for number, etf in enumerate(problem.etfs):
        weight = row({place: 1.0 for place, (_, asked) in enumerate(pairs) if asked == etf})
        now = problem.current.get(etf, 0.0)
        if etf in held:
            upper += [weight, -weight]
            upper_at += [problem.limits.max_weight, -problem.limits.min_weight]
        if problem.current:
            move = row({2 * len(pairs) + number: 1.0})
            upper += [weight - move, -weight - move]
            upper_at += [now, -now]
            if not traded[number]:
                equal.append(weight)
                equal_at.append(now)
    found = linprog(
        _costs(problem, pairs, size),
        np.array(upper),
        upper_at,
        np.array(equal),
        equal_at,
        [(0, 0 if etf not in held else None) for _, etf in pairs] + [(0, None)] * (size - len(pairs)),
    )
    return found.fun + _of_the_choice(problem, held, traded) if found.status == 0 else float("inf")


def _costs(problem: MasterProblem, pairs: list, size: int) -> np.ndarray:
    costs = np.zeros(size)
    franked = {etf: asset.yield_ * asset.franking for etf, asset in problem.assets.items()}
    largest = max(franked.values())
    for place, (_, etf) in enumerate(pairs):
        costs[place] = -problem.emphasis.tax * (franked[etf] / largest if largest else 0)
        costs[len(pairs) + place] = problem.emphasis.pods / 2
    if problem.current and _buying_all(problem):
        spread = problem.costs.spread / 2 * float(problem.total)
        costs[2 * len(pairs) :] = problem.emphasis.costs * spread / _buying_all(problem)
    return costs


def _of_the_choice(problem: MasterProblem, held: set[str], traded: tuple[int, ...]) -> float:
    groups: dict[str, list[str]] = {}
    for etf in problem.etfs:
        groups.setdefault(problem.assets[etf].exposure or etf, []).append(etf)
    asked = sum(len(group) - 1 for group in groups.values())
    kept = sum(max(len(held & set(group)) - 1, 0) for group in groups.values())
    fixed = problem.emphasis.duplication * kept / asked if asked else 0.0
    if not _buying_all(problem):
        return fixed
    total, brokerage, spread = float(problem.total), problem.costs.brokerage, problem.costs.spread
    if problem.current:
        sold = [weight for etf, weight in problem.current.items() if etf not in problem.etfs]
        cost = brokerage * (len(sold) + sum(traded)) + spread / 2 * total * sum(sold)
    else:
        cost = brokerage * len(held) + spread / 2 * total
    return fixed + problem.emphasis.costs * cost / _buying_all(problem)


def _buying_all(problem: MasterProblem) -> float:
    return len(problem.etfs) * problem.costs.brokerage + problem.costs.spread / 2 * float(problem.total)
