"""Withdrawals that follow how an investment goes: cut when they eat too much of it, raised when too little.

The capital preservation and prosperity rules of Guyton and Klinger (Decision Rules and Maximum Initial
Withdrawal Rates, Journal of Financial Planning, March 2006). Their rules on skipping increases for
inflation and on which assets to sell are no part of it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Guardrails:
    """Once a year the yearly withdrawal's share of the balance is held against that of the first year.

    Above it by more than `cut_above` (0.2: a fifth) withdrawals are cut by `cut_by`, unless no more than
    `no_cuts_in_last` months are left; below it by more than `raise_below` they are raised by `raise_by`.
    """

    cut_above: float
    cut_by: float
    raise_below: float
    raise_by: float
    no_cuts_in_last: int


class GuardedSpending:
    """What each path withdraws: a multiple of what was planned, changed once a year."""

    def __init__(self, rules: Guardrails, initial: float, planned: Floats, paths: int) -> None:
        self._rules, self._planned = rules, planned
        self._first_rate = self._twelve_months(0) / initial
        self.multiple: Floats = np.ones(paths)
        self.was_cut: NDArray[np.bool_] = np.zeros(paths, dtype=np.bool_)
        self.was_raised: NDArray[np.bool_] = np.zeros(paths, dtype=np.bool_)

    def amounts(self, month: int, balance: Floats) -> Floats:
        """The withdrawal of a month by path, looked at anew at the beginning of each later year."""
        if month and month % MONTHS == 0:
            self._review(month, balance)
        found: Floats = self._planned[month] * self.multiple
        return found

    def last(self) -> Floats:
        """The last withdrawal by path, as the rules made it."""
        found: Floats = self._planned[np.flatnonzero(self._planned)[-1]] * self.multiple
        return found

    def _review(self, month: int, balance: Floats) -> None:
        rules = self._rules
        # Held against the balance by multiplying, so that a balance of nothing needs no dividing.
        spent = self._twelve_months(month) * self.multiple
        allowed = self._first_rate * balance
        raised = spent < allowed * (1 - rules.raise_below)
        cut = spent > allowed * (1 + rules.cut_above)
        if len(self._planned) - month <= rules.no_cuts_in_last:
            cut[:] = False
        self.multiple *= np.where(cut, 1 - rules.cut_by, np.where(raised, 1 + rules.raise_by, 1.0))
        self.was_cut |= cut
        self.was_raised |= raised

    def _twelve_months(self, month: int) -> float:
        """What is planned for the year from `month` on; a last part of a year counts as a whole one."""
        there = self._planned[month : month + MONTHS]
        due = int(np.count_nonzero(self._planned[:MONTHS]))
        return float(there[np.flatnonzero(there)].mean()) * due
