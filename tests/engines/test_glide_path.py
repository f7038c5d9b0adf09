"""Risk falls step by step in the years before a goal."""

import pytest

from engines.glide_path import Expected, Step, glide_path

GROWTH, CALM = Expected(0.07, 0.12), Expected(0.04, 0.03)


def at(month: int, share: float) -> Step:
    return Step(month, Expected(pytest.approx(0.07 - 0.03 * share), pytest.approx(0.12 - 0.09 * share)))  # type: ignore[arg-type]


def test_the_last_years_move_into_the_calmer_mix() -> None:
    """Ten years, of which three glide: in the year before the goal nothing else is held."""
    assert glide_path(GROWTH, CALM, 120, 3) == [at(0, 0), at(84, 1 / 3), at(96, 2 / 3), at(108, 1)]


def test_a_path_may_be_under_way() -> None:
    """Eighteen months before the goal the first year of three is over, the second half gone."""
    assert glide_path(GROWTH, CALM, 18, 3) == [at(0, 2 / 3), at(6, 1)]
    assert glide_path(GROWTH, CALM, 12, 3) == [at(0, 1)]
    assert glide_path(GROWTH, CALM, 36, 3) == [at(0, 1 / 3), at(12, 2 / 3), at(24, 1)]


def test_what_is_calm_already_stays() -> None:
    """No plan glides into more risk."""
    assert glide_path(CALM, GROWTH, 120, 3) == [Step(0, CALM)]
