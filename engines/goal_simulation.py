"""How likely a plan reaches its goal: money in and out of an investment, month by month on many paths.

A month begins with a withdrawal (in months that begin a period), grows, pays its fee, and ends with
a contribution. What each path would have asked for is reckoned on the way.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.guardrails import GuardedSpending, Guardrails
from engines.paths import MONTHS, Growth

Floats = NDArray[np.float64]

PERCENTILES = (5, 25, 50, 75, 95)
# Computed balances reach a limit that they miss by less than this share.
WITHIN = 1e-9


@dataclass(frozen=True, slots=True)
class Plan:
    """Money by month. `contributions[m]` at the end of month m, `withdrawals[m]` at its beginning.

    `keeps` is the share of a month's balance that its fee leaves; `target` is wanted at the end. With
    `guardrails` withdrawals are cut and raised by how the path goes.
    """

    initial: float
    contributions: Floats
    contribution_growth: Floats
    withdrawals: Floats
    keeps: float
    target: float | None
    guardrails: Guardrails | None = None

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
    guardrails: Guardrails | None = None,
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
        guardrails=guardrails,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Where the paths end. `bands` has the percentiles by month; `enough` what each path asks for.

    `success` and `enough` are None when nothing is asked of the plan: no target and no withdrawals.
    `enough` is the smallest first monthly contribution with which a path succeeds, infinite where
    none does; `enough_at_first` the smallest initial amount. Both are None with guardrails, whose
    withdrawals depend on them; then `spending` says what became of withdrawals.
    """

    final: Floats
    bands: Floats
    success: NDArray[np.bool_] | None
    enough: Floats | None
    enough_at_first: Floats | None
    spending: GuardedSpending | None


def simulate(plan: Plan, growth: Growth, percentiles: Sequence[float] = PERCENTILES) -> Outcome:
    """Walk all paths through the plan.

    Once a withdrawal cannot be paid in full, what there is is paid, and the path has failed.
    """
    walk = _Walk(plan, growth.paths)
    bands = np.empty((plan.months, len(percentiles)))
    for month, row in enumerate(growth.months(plan.months)):
        walk.month(month, row)
        bands[month] = percentile_of(walk.balance, percentiles)
    return Outcome(walk.balance, bands, walk.success(), walk.enough(), walk.enough_at_first(), walk.spending)


def successes(plan: Plan, growth: Growth) -> NDArray[np.bool_] | None:
    """Which paths succeed, and nothing else; None when nothing is asked."""
    walk = _Walk(plan, growth.paths)
    for month, row in enumerate(growth.months(plan.months)):
        walk.month(month, row)
    return walk.success()


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

    Beside the balances three more are carried. `_bare` is the balance without any contribution, not
    stopped at zero, `_one` what contributions of 1 a month are worth, and `_grown` what 1 at first is:
    with contributions of c and i more at first a path that has not failed is worth
    _bare + c·_one + i·_grown, so each demand on it is a least c, and a least i.
    """

    def __init__(self, plan: Plan, paths: int) -> None:
        self._plan = plan
        self.balance: Floats = np.full(paths, float(plan.initial))
        self._asked = plan.target is not None or plan.spends
        self._linear = self._asked and plan.guardrails is None
        self._first = float(plan.contributions[0]) if plan.months else 0.0
        self._bare = self.balance.copy()
        self._one: Floats = np.zeros(paths)
        self._grown: Floats = np.ones(paths)
        self._paid: NDArray[np.bool_] = np.ones(paths, dtype=np.bool_)
        self._enough: Floats = np.zeros(paths)
        self._more_at_first: Floats = np.full(paths, -float(plan.initial))
        self.spending = None
        if plan.guardrails is not None:
            self.spending = GuardedSpending(plan.guardrails, plan.initial, plan.withdrawals, paths)

    def month(self, month: int, growth: Floats) -> None:
        """Withdraw, grow, contribute."""
        plan = self._plan
        growth *= plan.keeps
        if plan.withdrawals[month]:
            if self.spending is None:
                self._withdraw(float(plan.withdrawals[month]))
            else:
                self._pay(self.spending.amounts(month, self.balance))
        self.balance *= growth
        self.balance += plan.contributions[month]
        if self._linear:
            if plan.spends:
                self._bare *= growth
            self._one *= growth
            self._one += plan.contribution_growth[month]
            self._grown *= growth

    def success(self) -> NDArray[np.bool_] | None:
        """Which paths paid all withdrawals and reach the target."""
        if not self._asked:
            return None
        if self._plan.target is None:
            return self._paid
        return self._paid & (self.balance >= self._plan.target * (1 - WITHIN))

    def enough(self) -> Floats | None:
        """The least contribution with which each path succeeds."""
        if not self._linear:
            return None
        if self._plan.target is not None:
            np.maximum(self._enough, (self._plan.target - self._without()) / self._one, out=self._enough)
        return self._enough

    def enough_at_first(self) -> Floats | None:
        """The least initial amount with which each path succeeds, with the contributions of the plan."""
        if not self._linear:
            return None
        if self._plan.target is not None:
            missing = self._plan.target - self._without() - self._first * self._one
            self._ask_at_first(missing)
        found: Floats = self._plan.initial + self._more_at_first
        return found

    def _without(self) -> Floats:
        """What there is without contributions."""
        return self._bare if self._plan.spends else self.balance - self._first * self._one

    def _ask_at_first(self, missing: Floats) -> None:
        """What is missing, as money at first: of which, in a crash too deep for a number, nothing is left.

        Then what is missing cannot be had, and where nothing is missing nothing is asked.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            np.fmax(self._more_at_first, missing / self._grown, out=self._more_at_first)

    def _pay(self, amounts: Floats) -> None:
        self._paid &= self.balance >= amounts * (1 - WITHIN)
        self.balance -= amounts
        np.maximum(self.balance, 0.0, out=self.balance)

    def _withdraw(self, amount: float) -> None:
        self._paid &= self.balance >= amount * (1 - WITHIN)
        self.balance -= amount
        np.maximum(self.balance, 0.0, out=self.balance)
        short = amount - self._bare
        self._ask_at_first(short - self._first * self._one)
        with np.errstate(divide="ignore", invalid="ignore"):
            needed = np.where(short > WITHIN * amount, short / self._one, 0.0)
        np.maximum(self._enough, needed, out=self._enough)
        self._bare -= amount
