"""A run that is recorded as a test has numbers that a file of tests can hold."""

from decimal import Decimal

import pytest

from dsl.load import load
from worker.scenarios import recording


@pytest.mark.parametrize(
    "number", [Decimal("1.3877787807814457E-17"), 1.3877787807814457e-17, Decimal("0.1"), 3, Decimal("1E-40")]
)
def test_a_computed_number_is_read_again(number: object) -> None:
    """An optimiser's gap of 1e-17 has more places than a number of a definition may have."""
    held = recording._holdable({"gap": [number]})["gap"][0]
    _, report = load(f"gap: {held}\n".encode(), "tests.yaml")
    assert report.problems == []
    assert float(held) == pytest.approx(float(number), abs=1e-28)  # type: ignore[arg-type]
