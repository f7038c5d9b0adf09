"""How likely a plan reaches its goal: money in and out of an investment, month by month on many paths.

A month begins with a withdrawal (in months that begin a period), grows, pays its fee, and ends with
a contribution. What is asked beside the paths (the contribution that would be enough, the return
that would just reach the target) follows on the same growth without further draws.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.paths import MONTHS, Growth

Floats = NDArray[np.float64]

PERCENTILES = (5, 25, 50, 75, 95)
# Computed balances reach a limit that they miss by less than this share.
WITHIN = 1e-9
LOWEST_RETURN, HIGHEST_RETURN = -0.999999, 1e6
HALVINGS = 70


@dataclass(frozen=True, slots=True)
class Plan:
    """Money by month. `contributions[m]` at the end of month m, `withdrawals[m]` at its beginning.

    `keeps` is the share of a month's balance that its fee leaves; `target` is wanted at the end.
    """

    initial: float
    contributions: Floats
    contribution_growth: Floats
    withdrawals: Floats
    keeps: float
    target: float | None

    @property
    def months(self) -> int:
        """How long it runs."""
        return len(self.contributions)

    @property
    def spends(self) -> bool:
        """Is anything withdrawn."""
        return bool(self.withdrawals.any())


def plan(
    *,
    initial: float,
    months: int,
    monthly_contribution: float = 0.0,
    withdrawal: float = 0.0,
    withdrawn_every: int = MONTHS,
    withdrawal_indexed: bool = False,
    inflation: float = 0.0,
    annual_fee: float = 0.0,
    target: float | None = None,
) -> Plan:
    """The plan with inflation worked in: amounts are those of today, monthly index (1+i)^(1/12).

    The first contribution and the first withdrawal are as given, later ones have grown by the months
    since; the target has grown by all months. The fee leaves (1-fee)^(1/12) of each month.
    """
    index = (1 + inflation) ** (np.arange(months) / MONTHS)
    due = np.arange(months) % withdrawn_every == 0
    return Plan(
        initial=initial,
        contributions=monthly_contribution * index,
        contribution_growth=index,
        withdrawals=np.where(due, withdrawal * (index if withdrawal_indexed else 1.0), 0.0),
        keeps=(1 - annual_fee) ** (1 / MONTHS),
        target=None if target is None else target * (1 + inflation) ** (months / MONTHS),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Where the paths end. `bands` has the percentiles by month; `enough` what each path asks for.

    `success` and `enough` are None when nothing is asked of the plan: no target and no withdrawals.
    `enough` is the smallest first monthly contribution with which a path succeeds, infinite where
    none does.
    """

    final: Floats
    bands: Floats
    success: NDArray[np.bool_] | None
    enough: Floats | None


def simulate(plan: Plan, growth: Growth, percentiles: Sequence[float] = PERCENTILES) -> Outcome:
    """Walk all paths through the plan.

    Once a withdrawal cannot be paid in full, what there is is paid, and the path has failed.
    """
    walk = _Walk(plan, growth.paths)
    bands = np.empty((plan.months, len(percentiles)))
    for month, row in enumerate(growth.months(plan.months)):
        walk.month(month, row)
        bands[month] = percentile_of(walk.balance, percentiles)
    return Outcome(walk.balance, bands, walk.success(), walk.enough())


def percentile_of(values: Floats, percentiles: Sequence[float]) -> Floats:
    """Percentiles with linear interpolation between the two nearest of the sorted values."""
    spots = np.array(percentiles) / 100 * (len(values) - 1)
    low = spots.astype(np.int64)
    high = np.minimum(low + 1, len(values) - 1)
    # No slower than sorting, and as good: all that is asked for stands in its place.
    ordered = np.partition(values, np.unique(np.concatenate([low, high])))
    found: Floats = ordered[low] + (ordered[high] - ordered[low]) * (spots - low)
    return found


class _Walk:
    """All paths at one month.

    Beside the balances two more are carried. `_bare` is the balance without any contribution, not
    stopped at zero, and `_one` what contributions of 1 a month are worth: with contributions of c a
    path that has not failed is worth _bare + c·_one, so each demand on it is a least c.
    """

    def __init__(self, plan: Plan, paths: int) -> None:
        self._plan = plan
        self.balance: Floats = np.full(paths, float(plan.initial))
        self._asked = plan.target is not None or plan.spends
        self._bare = self.balance.copy()
        self._one: Floats = np.zeros(paths)
        self._paid: NDArray[np.bool_] = np.ones(paths, dtype=np.bool_)
        self._enough: Floats = np.zeros(paths)

    def month(self, month: int, growth: Floats) -> None:
        """Withdraw, grow, contribute."""
        plan = self._plan
        growth *= plan.keeps
        if plan.withdrawals[month]:
            self._withdraw(float(plan.withdrawals[month]))
        self.balance *= growth
        self.balance += plan.contributions[month]
        if self._asked:
            if plan.spends:
                self._bare *= growth
            self._one *= growth
            self._one += plan.contribution_growth[month]

    def success(self) -> NDArray[np.bool_] | None:
        """Which paths paid all withdrawals and reach the target."""
        if not self._asked:
            return None
        if self._plan.target is None:
            return self._paid
        return self._paid & (self.balance >= self._plan.target * (1 - WITHIN))

    def enough(self) -> Floats | None:
        """The least contribution with which each path succeeds."""
        if not self._asked:
            return None
        if self._plan.target is not None:
            first = self._plan.contributions[0] if self._plan.months else 0.0
            bare = self._bare if self._plan.spends else self.balance - first * self._one
            np.maximum(self._enough, (self._plan.target - bare) / self._one, out=self._enough)
        return self._enough

    def _withdraw(self, amount: float) -> None:
        self._paid &= self.balance >= amount * (1 - WITHIN)
        self.balance -= amount
        np.maximum(self.balance, 0.0, out=self.balance)
        short = amount - self._bare
        with np.errstate(divide="ignore", invalid="ignore"):
            needed = np.where(short > WITHIN * amount, short / self._one, 0.0)
        np.maximum(self._enough, needed, out=self._enough)
        self._bare -= amount


def share_and_error(success: NDArray[np.bool_]) -> tuple[float, float]:
    """The share of paths that succeed, and its standard error √(p(1-p)/n)."""
    share = float(success.mean())
    return share, math.sqrt(share * (1 - share) / len(success))


def required_contribution(enough: Floats, success_target: float) -> float | None:
    """The least first monthly contribution with which at least that share of paths succeeds.

    Exact on the paths walked, no search: the smallest value that enough of the paths lie under.
    None when contributions cannot help.
    """
    rank = max(math.ceil(success_target * len(enough) - WITHIN) - 1, 0)
    found = float(np.partition(enough, rank)[rank])
    return found if math.isfinite(found) else None


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
