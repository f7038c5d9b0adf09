"""Pods added up lose no cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.consolidation import PodHoldings, consolidate, in_cents

CENTS = st.integers(0, 10**9).map(lambda cents: Decimal(cents) / 100)
STEPS = st.lists(st.integers(0, 20), min_size=3, max_size=3).filter(any)


@given(st.lists(st.tuples(CENTS, STEPS), min_size=1, max_size=4))
def test_values_sum_to_the_capital_and_weights_to_one(pods: list[tuple[Decimal, list[int]]]) -> None:
    """Whatever the capitals and weights, every cent is somewhere."""
    asked = [
        PodHoldings(
            f"P{n}", capital, {etf: step / sum(steps) for etf, step in zip("ABC", steps, strict=True)}
        )
        for n, (capital, steps) in enumerate(pods)
    ]
    merged = consolidate(asked)
    total = sum(pod.capital for pod in asked)
    assert sum(holding.value for holding in merged.values()) == total
    assert sum(holding.weight for holding in merged.values()) == pytest.approx(1 if total else 0)


def test_a_pod_without_capital_holds_nothing() -> None:
    """Its ETFs are not in the merged portfolio."""
    merged = consolidate(
        [PodHoldings("P1", Decimal(0), {"A": 1.0}), PodHoldings("P2", Decimal(5), {"B": 1.0})]
    )
    assert list(merged) == ["B"]


def test_an_odd_cent_goes_to_the_largest_remainder() -> None:
    """A dollar in three thirds: the first gets the odd cent."""
    shares = in_cents(Decimal("1.00"), dict.fromkeys("ABC", 1 / 3))
    assert list(shares.values()) == [Decimal("0.34"), Decimal("0.33"), Decimal("0.33")]
