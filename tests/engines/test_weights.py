"""Grids of weights, and weights as they are stored."""

from decimal import Decimal
from itertools import product
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.weight_grid import bounded_grid
from engines.weights import stored_weights


def test_a_free_grid_has_every_composition() -> None:
    """Stars and bars count the ways to share 20 steps among five."""
    rows = bounded_grid([0] * 5, [20] * 5, 20)
    assert len(rows) == comb(24, 4)
    assert len({tuple(row) for row in rows.tolist()}) == len(rows)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=4), st.integers(0, 8))
def test_bounds_leave_what_filtering_leaves(bounds: list[tuple[int, int]], total: int) -> None:
    """The same rows, in the same order, as taking all and leaving out what breaks a bound."""
    lowest, highest = [low for low, _ in bounds], [high for _, high in bounds]
    ranges = [range(low, high + 1) for low, high in bounds]
    expected = [row for row in product(*ranges) if sum(row) == total]
    assert [tuple(row) for row in bounded_grid(lowest, highest, total).tolist()] == expected


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=12))
def test_stored_weights_sum_to_one_exactly(raw: list[float]) -> None:
    """In decimals the sum is exactly 1, and none but the largest is off by more than half a step."""
    weights = {f"E{number}": value / sum(raw) for number, value in enumerate(raw)}
    stored = stored_weights(weights)
    assert sum(Decimal(repr(weight)) for weight in stored.values()) == 1
    moved = [name for name in weights if abs(stored[name] - weights[name]) > 5.1e-7]
    assert all(weights[name] == pytest.approx(max(weights.values()), abs=1e-6) for name in moved)


def test_the_largest_takes_the_rest() -> None:
    """Three thirds: the first of equals takes it."""
    assert stored_weights(dict.fromkeys("ABC", 1 / 3)) == {"A": 0.333334, "B": 0.333333, "C": 0.333333}


def test_the_rest_never_breaks_a_cap() -> None:
    """Where the largest stands at its cap, the next largest takes the rest."""
    weights = {"A": 0.5, "B": 0.3333334, "C": 0.1666666}
    assert (
        stored_weights({"A": 0.4, "B": 0.2 - 4e-7, "C": 0.2 - 4e-7, "D": 0.2 - 4e-7}, highest=0.4)["A"] == 0.4
    )
    assert sum(stored_weights(weights, highest=0.5).values()) == pytest.approx(1, abs=1e-12)


def test_nothing_stays_nothing() -> None:
    """No weights, no weights."""
    assert stored_weights({}) == {}
