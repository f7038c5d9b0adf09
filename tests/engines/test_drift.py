"""Drift and bands, exact on the decimals given."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.drift import Band, TargetAboveOne, check_drift

FIVE_POINTS = Band(absolute=Decimal("0.05"))

tickers = st.sampled_from(["VAS", "VGS", "VAF", "NDQ", "GOLD", "BILL"])
books = st.dictionaries(tickers, st.integers(0, 166_666).map(lambda part: Decimal(part) / 10**6), max_size=6)


def exact(weights: dict[str, str]) -> dict[str, Decimal]:
    """Weights as decimals."""
    return {etf: Decimal(weight) for etf, weight in weights.items()}


@pytest.mark.parametrize(
    ("current", "breached"), [("0.65", False), ("0.6500000001", True), ("0.55", False), ("0.5499999", True)]
)
def test_at_exactly_the_band_is_no_breach(current: str, breached: bool) -> None:
    """0.65 - 0.60 is 0.05 here, though not in binary floating point."""
    found = check_drift(exact({"A": current}), exact({"A": "0.6"}), FIVE_POINTS)
    assert bool(found.breaches) == breached


@pytest.mark.parametrize(
    ("band", "target", "allowed"),
    [
        (Band(absolute=Decimal("0.05")), "0.10", "0.05"),
        (Band(relative=Decimal("0.2")), "0.10", "0.02"),
        (Band(relative=Decimal("0.2"), floor=Decimal("0.01")), "0.01", "0.01"),
        (Band(absolute=Decimal("0.05"), relative=Decimal("0.25")), "0.10", "0.025"),
        (Band(absolute=Decimal("0.05"), relative=Decimal("0.25")), "0.50", "0.05"),
        (Band(absolute=Decimal("0.05"), relative=Decimal("0.25"), floor=Decimal("0.03")), "0.10", "0.03"),
        (Band(relative=Decimal("0.2")), "0", "0"),
    ],
)
def test_a_band_is_the_smaller_way_and_never_below_its_floor(band: Band, target: str, allowed: str) -> None:
    """Points, share of the target, both, and a floor under them."""
    assert band.around(Decimal(target)) == Decimal(allowed)


def test_what_stands_on_one_side_only_counts_as_nothing_on_the_other() -> None:
    """A stranger in the portfolio drifts by its whole weight, a missing ETF by its whole target."""
    found = check_drift(exact({"B": "1"}), exact({"A": "1"}), FIVE_POINTS)
    assert found.drifts == exact({"A": "-1", "B": "1"})
    assert set(found.breaches) == {"A", "B"}
    assert found.total == 1


def test_targets_above_the_whole_are_refused() -> None:
    """60% and 50% cannot both be held."""
    with pytest.raises(TargetAboveOne) as refused:
        check_drift({}, exact({"A": "0.6", "B": "0.5"}), FIVE_POINTS)
    assert refused.value.path == "target"


def test_a_hair_above_the_whole_from_floats_is_not() -> None:
    """Ten computed tenths may add up to a hair over 1."""
    check_drift({}, exact({"A": "0.3333333333333334", "B": "0.6666666666666667"}), FIVE_POINTS)


@given(current=books, target=books)
def test_drift_is_antisymmetric_and_its_total_symmetric(
    current: dict[str, Decimal], target: dict[str, Decimal]
) -> None:
    """Exchanging the sides turns every sign and keeps the total."""
    there, back = check_drift(current, target, FIVE_POINTS), check_drift(target, current, FIVE_POINTS)
    assert there.total == back.total
    assert {etf: -drift for etf, drift in there.drifts.items()} == dict(back.drifts)


@given(weights=books)
def test_a_portfolio_on_target_has_not_drifted(weights: dict[str, Decimal]) -> None:
    """Even a band of nothing is kept."""
    found = check_drift(weights, weights, Band(absolute=Decimal(0)))
    assert found.total == 0
    assert found.breaches == ()
