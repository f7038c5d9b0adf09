"""What it would take: how many paths succeed, and the amounts and the return with which enough of them do.

All on the same growth, without further draws: common random numbers.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engines.goal_simulation import WITHIN, Plan, successes
from engines.paths import MONTHS, Growth, remembered

Floats = NDArray[np.float64]

LOWEST_RETURN, HIGHEST_RETURN = -0.999999, 1e6
HALVINGS = 70
LARGEST_CONTRIBUTION, FINEST_CONTRIBUTION = 1e9, 0.005


def share_and_error(success: NDArray[np.bool_]) -> tuple[float, float]:
    """The share of paths that succeed, and its standard error √(p(1-p)/n)."""
    share = float(success.mean())
    return share, math.sqrt(share * (1 - share) / len(success))


def least_of(enough: Floats, success_target: float) -> float | None:
    """The least amount with which at least that share of paths succeeds: a contribution, or an initial one.

    Exact on the paths walked, no search: the smallest value that enough of the paths lie under.
    None when no amount can help.
    """
    rank = max(math.ceil(success_target * len(enough) - WITHIN) - 1, 0)
    found = float(np.partition(enough, rank)[rank])
    return found if math.isfinite(found) else None


def searched_contribution(plan: Plan, growth: Growth, success_target: float) -> float | None:
    """The least contribution for plans with guardrails, whose withdrawals depend on it.

    Halved to less than a cent on the same paths. None when nothing is asked, and when not even
    LARGEST_CONTRIBUTION is enough.
    """

    drawn = remembered(growth, plan.months)

    def is_enough(contribution: float) -> bool:
        tried = replace(plan, contributions=contribution * plan.contribution_growth)
        found = successes(tried, drawn)
        return found is not None and float(found.mean()) >= success_target - WITHIN

    if is_enough(0.0):
        return 0.0
    low, high = 0.0, 1.0
    while not is_enough(high):
        low, high = high, high * 4
        if high > LARGEST_CONTRIBUTION:
            return None
    while high - low > FINEST_CONTRIBUTION:
        middle = (low + high) / 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def required_return(plan: Plan) -> float | None:
    """The constant yearly return, before the fee, with which the plan just reaches its target.

    None without a target, where nothing is put in, and where no return reaches it.
    """
    if plan.target is None or (plan.initial == 0 and not plan.contributions.any()):
        return None
    low, high = math.log1p(LOWEST_RETURN), math.log1p(HIGHEST_RETURN)
    if _reaches(plan, plan.target, low) or not _reaches(plan, plan.target, high):
        return None
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if _reaches(plan, plan.target, middle) else (middle, high)
    return math.expm1(high)


def _reaches(plan: Plan, target: float, log_return: float) -> bool:
    """Does the plan end at its target or above with this certain return, the log of a year's growth."""
    growth = math.exp(log_return / MONTHS) * plan.keeps
    balance = plan.initial
    for paid_in, taken in zip(plan.contributions.tolist(), plan.withdrawals.tolist(), strict=True):
        balance = max(balance - taken, 0.0) * growth + paid_in
    return balance >= target
