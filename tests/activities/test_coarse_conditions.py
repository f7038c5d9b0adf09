"""A coarse look at a condition leaves nothing out that the condition itself would find."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.coarse_conditions import look
from dsl.expressions import EvaluationError, compile_expression

CONDITIONS = (
    "portfolio_drift > 5%",
    "portfolio_drift >= 2 * 2.5% and drawdown < 10%",
    "not (portfolio_drift < 0.1 + drawdown) or cash_share == 5%",
    "drawdown / cash_share != 2",
    "-drawdown + 1 - cash_share <= 0.85 || portfolio.value > 10",
    "portfolio_drift > 5% && portfolio.gone > 10",
    "drawdown * 3000000 > cash_share",
    "true and portfolio_drift > drawdown",
    "default(drawdown, 0.2) < 10% and default(cash_share, portfolio_drift) >= 0",
)
# Without the very smallest numbers: what is divided by them is beyond floats, and left to the condition itself.
share = st.sampled_from([float("nan"), 0.0, 0.05, 0.1, 0.15, 0.0500000000001, 1.0]) | st.floats(
    -1, 1, allow_subnormal=False
)


def truth(source: str, scope: dict[str, Any]) -> bool | None:
    """What the condition itself says; None when it has no value."""
    try:
        return bool(compile_expression(source).evaluate(scope))
    except EvaluationError:
        return None


@pytest.mark.parametrize("source", CONDITIONS)
@given(rows=st.lists(st.tuples(share, share, share), min_size=1, max_size=6))
def test_what_is_true_is_never_left_out(source: str, rows: list[tuple[float, float, float]]) -> None:
    """Nor what is false; and where all metrics are there, none is said to be missing."""
    names = ("portfolio_drift", "drawdown", "cash_share")
    metrics = {name: np.array([row[place] for row in rows]) for place, name in enumerate(names)}
    found = look(compile_expression(source), metrics, len(rows))
    for place, row in enumerate(rows):
        known = {name: Decimal(repr(each)) for name, each in zip(names, row, strict=True) if each == each}
        answer = truth(source, {**known, "portfolio": {"value": 3}})
        if answer is not None:
            assert (found.true if answer else found.false)[place] or found.fault[place]
            assert len(known) < len(names) or (found.true if answer else found.false)[place]


def test_most_portfolios_are_left_out() -> None:
    """A condition over metrics is decided but for a hair around its limit."""
    metrics = {"portfolio_drift": np.array([0.01, 0.05, 0.09, np.nan])}
    found = look(compile_expression("portfolio_drift > 5% and portfolio.value > 10"), metrics, 4)
    assert found.true.tolist() == [False, True, True, False]
    assert found.false.tolist() == [True, True, True, True]
    assert found.fault.tolist() == [False, False, False, True]


def test_a_flag_and_a_number_with_a_default_are_decided() -> None:
    """Where the flag is down nothing else counts, and what has a default is never missing."""
    metrics = {
        "regime_changed": np.array([1.0, 0.0, 0.0, np.nan]),
        "days_to_goal": np.array([10.0, 300.0, np.nan, np.nan]),
        "portfolio_drift": np.array([0.05, 0.05, np.nan, 0.05]),
    }
    changed = look(compile_expression("regime_changed and portfolio_drift > 2%"), metrics, 4)
    assert changed.true.tolist() == [True, False, False, False]
    assert changed.fault.tolist() == [False, False, False, True]
    near = look(compile_expression("default(days_to_goal, 9999) < 180"), metrics, 4)
    assert near.true.tolist() == [True, False, False, False]
    assert not near.fault.any()
