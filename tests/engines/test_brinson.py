"""Effects against a published example, against sums, and linked over days."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.brinson import Classes, attribute, compound, linking

NONE = float("nan")


def one_day(rows: list[tuple[float, float, float, float]]) -> Classes:
    """A day of (portfolio weight, its return, benchmark weight, its return)."""
    weights, returns, theirs, their_returns = (np.array([column]) for column in zip(*rows, strict=True))
    return Classes(weights, weights * returns, theirs, their_returns)


def test_a_published_day() -> None:
    """Bacon's example of UK, Japanese and US equities: 8.3% against 6.4% (Practical Portfolio Performance)."""
    found = attribute(one_day([(0.4, 0.2, 0.4, 0.1), (0.3, -0.05, 0.2, -0.04), (0.3, 0.06, 0.4, 0.08)]))
    assert found.active == pytest.approx(0.083 - 0.064, abs=1e-12)
    assert found.allocation == pytest.approx([0, 0.1 * (-0.04 - 0.064), -0.1 * (0.08 - 0.064)], abs=1e-12)
    assert found.selection == pytest.approx([0.4 * 0.1, 0.2 * -0.01, 0.4 * -0.02], abs=1e-12)
    assert found.interaction == pytest.approx([0, 0.1 * -0.01, -0.1 * -0.02], abs=1e-12)


def test_what_the_benchmark_does_not_hold_is_allocation() -> None:
    """There is nothing to have chosen from."""
    found = attribute(one_day([(0.9, 0.02, 1.0, 0.02), (0.1, 0.12, 0.0, NONE)]))
    assert found.allocation == pytest.approx([-0.1 * 0, 0.1 * 0.1])
    assert found.selection == pytest.approx([0, 0])
    assert found.interaction == pytest.approx([0, 0], abs=1e-15)


def test_what_came_from_nothing_at_work_is_selection() -> None:
    """A fee, or income after the sale: no return, but a contribution."""
    days = Classes(
        np.array([[1.0, 0.0]]), np.array([[0.03, -0.002]]), np.array([[1.0, 0.0]]), np.array([[0.03, NONE]])
    )
    found = attribute(days)
    assert found.selection == pytest.approx([0, -0.002])
    assert found.active == pytest.approx(-0.002)


def test_equal_returns_are_linked_without_dividing_by_nothing() -> None:
    """The limit of Cariño's factor is 1/(1+r)."""
    daily, whole = linking(np.array([0.1, 0.02]), np.array([0.1, 0.02]))
    assert daily == pytest.approx([1 / 1.1, 1 / 1.02])
    assert whole == pytest.approx(1 / 1.122)


@given(
    st.integers(1, 6), st.integers(1, 40), st.integers(0, 10_000), st.sampled_from([0.0, 1e-12, 0.01, 0.2])
)
def test_effects_add_up_to_the_active_return(classes: int, days: int, seed: int, spread: float) -> None:
    """Of every class and day together, to the last digits, however weights and returns lie."""
    draw = np.random.default_rng(seed)
    weights, theirs = (draw.dirichlet(np.ones(classes), days) for _ in range(2))
    theirs[:, draw.random(classes) < 0.3] = 0
    theirs /= np.where(theirs.sum(axis=1) > 0, theirs.sum(axis=1), 1)[:, None]
    if not theirs.any():
        theirs = weights.copy()
    their_returns = np.where(theirs > 0, draw.normal(0, 0.02, (days, classes)), NONE)
    own = (
        np.nan_to_num(their_returns) + draw.normal(0, spread, (days, classes))
        if spread
        else np.nan_to_num(their_returns)
    )
    contributions = weights * np.maximum(own, -0.9)
    found = attribute(Classes(weights, contributions, theirs, their_returns))
    total = found.allocation.sum() + found.selection.sum() + found.interaction.sum()
    assert total == pytest.approx(found.active, abs=1e-11)
    benchmark = np.nansum(theirs * their_returns, axis=1)
    assert found.active == pytest.approx(compound(contributions.sum(axis=1)) - compound(benchmark), abs=1e-12)
