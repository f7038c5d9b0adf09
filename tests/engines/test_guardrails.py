"""Guyton and Klinger's two rules, year by year on paths reckoned by hand."""

import numpy as np
import pytest

from engines.goal_simulation import plan, simulate
from engines.guardrails import GuardedSpending, Guardrails
from engines.paths import Historical

RULES = Guardrails(cut_above=0.2, cut_by=0.1, raise_below=0.2, raise_by=0.1, no_cuts_in_last=0)


def spending(rules: Guardrails, balances: list[float], years: int = 4) -> list[float]:
    """What one path withdraws at the start of years with these balances, of 5 a year of 100."""
    planned = np.where(np.arange(12 * years) % 12 == 0, 5.0, 0.0)
    found = GuardedSpending(rules, 100.0, planned, 1)
    return [float(found.amounts(12 * year, np.array([money]))[0]) for year, money in enumerate(balances)]


@pytest.mark.parametrize(
    ("balances", "expected"),
    [
        # 5% at first: cut above 6%, raised below 4%; between the rails nothing happens.
        ([100, 83.34, 83.3, 125.1], [5, 5, 4.5, 4.95]),
        ([100, 124.9, 125.1, 137.4], [5, 5, 5.5, 5.5]),
        ([100, 0.0, 100, 100], [5, 4.5, 4.5, 4.5]),
    ],
)
def test_withdrawals_are_cut_and_raised_by_their_share(balances: list[float], expected: list[float]) -> None:
    """Held against the first year's share, with what was withdrawn last."""
    assert spending(RULES, balances) == pytest.approx(expected)


def test_nothing_is_cut_in_the_last_years() -> None:
    """With 24 months to go no more; raises go on."""
    rules = Guardrails(0.2, 0.1, 0.2, 0.1, no_cuts_in_last=24)
    assert spending(rules, [100, 50, 50, 200]) == pytest.approx([5, 4.5, 4.5, 4.95])


def test_monthly_withdrawals_are_looked_at_once_a_year() -> None:
    """One a month of 100 is 12% a year; after a fall by half they are cut from the second year on."""
    growth = Historical(np.array([-0.5] + [0.0] * 23), 24)
    found = simulate(plan(initial=100, months=24, withdrawal=1, withdrawn_every=1, guardrails=RULES), growth)
    assert found.spending is not None
    assert found.spending.was_cut.tolist() == [True]
    # (100 - 1)/2 less eleven of one, then twelve of 0.9.
    assert found.final[0] == pytest.approx(99 / 2 - 11 - 12 * 0.9)
    assert found.spending.last().tolist() == [0.9]
