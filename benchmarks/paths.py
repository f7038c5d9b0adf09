"""Monte Carlo: 10,000 paths of 360 months beside the time that drawing their random numbers takes."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from engines.goal_requirements import least_of, required_return
from engines.goal_simulation import plan, simulate
from engines.paths import Lognormal

PATHS, MONTHS = 10_000, 360
ROUNDS = 9
GROWTH = Lognormal(expected_return=0.07, volatility=0.15, paths=PATHS, seed=1)
PLAN = plan(initial=100_000, months=MONTHS, monthly_contribution=500, target=1_000_000)


def measure() -> None:
    """Print times and their ratio to the draws; rounds of all are taken in turn, the best of each counts."""
    works: dict[str, Callable[[], Any]] = {
        "the random numbers alone, one block": _draws,
        "the random numbers alone, by month": _draws_by_month,
        "paths: draws, growth, contributions": _paths,
        "with percentile bands and success": lambda: simulate(PLAN, GROWTH),
        "with required contribution and return": _all,
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            begin = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - begin)
    least = min(times["the random numbers alone, one block"])
    print(f"\nMonte Carlo, {PATHS:,} paths of {MONTHS} months, best of {ROUNDS}")
    for name, taken in times.items():
        print(f"{name:<40} {min(taken) * 1000:>8.1f} ms {min(taken) / least:>6.2f} of the draws")


def _draws() -> np.ndarray:
    return np.random.Generator(np.random.PCG64(1)).standard_normal((MONTHS, PATHS))


def _draws_by_month() -> None:
    draws, row = np.random.Generator(np.random.PCG64(1)), np.empty(PATHS)
    for _ in range(MONTHS):
        draws.standard_normal(out=row)


def _paths() -> np.ndarray:
    balance = np.full(PATHS, PLAN.initial, dtype=np.float64)
    for month, growth in enumerate(GROWTH.months(MONTHS)):
        balance *= growth
        balance += PLAN.contributions[month]
    return balance


def _all() -> None:
    outcome = simulate(PLAN, GROWTH)
    assert outcome.enough is not None
    least_of(outcome.enough, 0.8)
    required_return(PLAN)


if __name__ == "__main__":
    measure()
