"""Construction at universe size, beside skfolio and PyPortfolioOpt where they are installed (extra `bench`).

All start from the same returns, in the same process, taking turns so that what else the machine does falls on
all; each answer's objective is worked out by the same formula. Printed are the best of several turns, and how
many times longer others take. We and PyPortfolioOpt are given expected returns and covariance; skfolio makes
its own of the returns, and is held against ours with the time of making them.
"""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np

from engines.construction.construct import construct
from engines.construction.problem import Aim, Floats, Limits, Objective, Universe

DAYS = 750
YEAR = 252
RISK_FREE = 0.02
AVERSION = 3.0
CAP = 0.3
SIZES = (13, 137)
ROUNDS = 15
AS_GOOD = 1e-6
OBJECTIVES: tuple[Objective, ...] = ("min_variance", "max_sharpe", "max_utility", "risk_parity")
OF_PYPFOPT = OBJECTIVES[:3]
Solver = Callable[[Floats, Universe, Objective], Floats]


@dataclass(frozen=True, slots=True)
class Timed:
    """The least seconds of several runs, and the weights."""

    seconds: float
    weights: Floats


@dataclass(frozen=True, slots=True)
class Library:
    """Another library: how it is asked, for what it can be asked, and whether it makes its own estimates."""

    solver: Solver
    objectives: tuple[Objective, ...]
    estimates: bool = False


def measure() -> None:
    """Print every objective at every size, then holdings of 12 from 137."""
    with _one_thread():
        _measure()


def _measure() -> None:
    others = _others()
    print(f"\nConstruction from {DAYS} days of returns, at most {CAP:.0%} each, best of {ROUNDS}:")
    for size in SIZES:
        for objective in OBJECTIVES:
            _side_by_side(_returns(size, 7), objective, others)
    print("At most 12 of 137, 2% to 30% each:")
    for seed in (1, 7, 9):  # the first is a hard one, whose best is found and not proven
        for objective in OBJECTIVES[:3]:
            _few_of_many(_returns(137, seed), objective)


def _one_thread() -> AbstractContextManager[object]:
    """Matrices on one thread, as on a busy machine; needs threadpoolctl, which comes with skfolio."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits


def _side_by_side(returns: Floats, objective: Objective, others: Mapping[str, Library]) -> None:
    asked = {name: other for name, other in others.items() if objective in other.objectives}
    solvers = (_ours, _from_returns, *(other.solver for other in asked.values()))
    ours, from_returns, *theirs = _in_turn(solvers, returns, objective)
    best = _objective(returns, objective, ours.weights)
    line = f"  n={returns.shape[1]:<4} {objective:<13} {ours.seconds * 1e3:8.2f} ms"
    for (name, other), found in zip(asked.items(), theirs, strict=True):
        beside = from_returns if other.estimates else ours
        worse = (_objective(returns, objective, found.weights) - best) / abs(best)
        same = "equal" if abs(worse) <= AS_GOOD else f"{worse:.1e} {'worse' if worse > 0 else 'better'}"
        line += f"   {name} {found.seconds * 1e3:.1f} ms, {found.seconds / beside.seconds:.0f} times, {same}"
    print(line)


def _few_of_many(returns: Floats, objective: Objective) -> None:
    universe, aim = _universe(returns), Aim(objective, RISK_FREE, AVERSION)
    seconds, found = np.inf, None
    for _ in range(3):
        begun = time.perf_counter()
        found = construct(universe, Limits(0.02, CAP, 12), aim)
        seconds = min(seconds, time.perf_counter() - begun)
    assert found is not None
    assert found.value
    assert found.gap is not None
    told = "proven" if found.gap <= 1e-9 * abs(found.value) else f"gap {found.gap / abs(found.value):.2%}"
    print(f"  {objective:<13} {seconds:6.3f} s  {int((found.weights > 0).sum())} held, {told}")


def _in_turn(solvers: Sequence[Solver], returns: Floats, objective: Objective) -> list[Timed]:
    best, given = [Timed(np.inf, np.zeros(0))] * len(solvers), _universe(returns)
    for _ in range(ROUNDS):
        for place, solver in enumerate(solvers):
            begun = time.perf_counter()
            weights = solver(returns, given, objective)
            best[place] = Timed(min(best[place].seconds, time.perf_counter() - begun), weights)
    return best


def _ours(returns: Floats, given: Universe, objective: Objective) -> Floats:
    limits = Limits() if objective == "risk_parity" else Limits(max_weight=CAP)
    return construct(given, limits, Aim(objective, RISK_FREE, AVERSION)).weights


def _from_returns(returns: Floats, given: Universe, objective: Objective) -> Floats:
    return _ours(returns, _universe(returns), objective)


def _objective(returns: Floats, objective: Objective, weights: Floats) -> float:
    """The objective as a loss: the less, the better."""
    universe = _universe(returns)
    variance, gain = (
        float(weights @ universe.covariance @ weights),
        float(weights @ universe.expected_returns),
    )
    match objective:
        case "min_variance":
            return variance
        case "max_sharpe":
            return (RISK_FREE - gain) / variance**0.5
        case "max_utility":
            return AVERSION / 2 * variance - gain
        case "risk_parity":
            shares = weights * (universe.covariance @ weights) / variance
            return 1 + float(np.abs(shares - 1 / len(weights)).max())


def _universe(returns: Floats) -> Universe:
    return Universe(returns.mean(axis=0) * YEAR, np.cov(returns, rowvar=False) * YEAR)


def _returns(size: int, seed: int) -> Floats:
    """Daily returns with six common factors and fat tails."""
    rng = np.random.default_rng(seed)
    loads = rng.normal(0, 0.06, (size, 6)) + np.array([0.12, 0, 0, 0, 0, 0])
    common = rng.standard_t(5, (DAYS, 6)) @ loads.T
    own = rng.standard_t(5, (DAYS, size)) * rng.uniform(0.03, 0.2, size)
    return (common + own) / YEAR**0.5 + rng.uniform(0.02, 0.12, size) / YEAR


def _others() -> dict[str, Library]:
    """The libraries that are installed; says which are not."""
    known = {
        "skfolio": Library(_skfolio, OBJECTIVES, estimates=True),
        "pypfopt": Library(_pypfopt, OF_PYPFOPT),
    }
    found: dict[str, Library] = {}
    for name, library in known.items():
        try:
            __import__(name)
        except ImportError:
            print(f"\n{name} is not installed: pip install 'kronos[bench]'")
            continue
        found[name] = library
    return found


def _skfolio(returns: Floats, given: Universe, objective: Objective) -> Floats:
    from skfolio import RiskMeasure
    from skfolio.optimization import MeanRisk, ObjectiveFunction, RiskBudgeting

    if objective == "risk_parity":
        weights: Floats = RiskBudgeting(risk_measure=RiskMeasure.VARIANCE).fit(returns).weights_
        return weights
    aims = {
        "min_variance": ObjectiveFunction.MINIMIZE_RISK,
        "max_sharpe": ObjectiveFunction.MAXIMIZE_RATIO,
        "max_utility": ObjectiveFunction.MAXIMIZE_UTILITY,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MeanRisk(
            objective_function=aims[objective],
            risk_measure=RiskMeasure.VARIANCE,
            # Its returns are a day's, and its utility has no half.
            risk_free_rate=RISK_FREE / YEAR,
            risk_aversion=AVERSION / 2,
            max_weights=CAP,
        ).fit(returns)
    fitted: Floats = model.weights_
    return fitted


def _pypfopt(returns: Floats, given: Universe, objective: Objective) -> Floats:
    from pypfopt import EfficientFrontier

    frontier = EfficientFrontier(given.expected_returns, given.covariance, weight_bounds=(0, CAP))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if objective == "min_variance":
            frontier.min_volatility()
        elif objective == "max_sharpe":
            frontier.max_sharpe(risk_free_rate=RISK_FREE)
        else:
            frontier.max_quadratic_utility(risk_aversion=AVERSION)
    weights: Floats = frontier.weights
    return weights


if __name__ == "__main__":
    measure()
