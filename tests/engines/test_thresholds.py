"""A threshold fires once, and again only after it was rearmed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.thresholds import Standing, State, can_fire_from, judge

NOON = datetime(2025, 11, 17, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NONE = timedelta(0)
measurements = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 30)), max_size=40)


def walk(
    measured: list[tuple[bool, bool | None]], cooldown: timedelta, every: timedelta = HOUR
) -> list[tuple[str, bool]]:
    """State and firing after each measurement."""
    standing, found = Standing(State.ARMED, NOON), []
    for place, (condition, rearm) in enumerate(measured):
        judged = judge(standing, condition, rearm, cooldown, NOON + place * every)
        standing = judged.standing
        found.append((standing.state.value, judged.fired))
    return found


@pytest.mark.parametrize(
    ("measured", "cooldown", "expected"),
    [
        # A drift above 5% fires, below 3% rearms; between the two nothing happens.
        (
            [(False, True), (True, False), (True, False), (False, False), (False, True), (True, False)],
            NONE,
            [
                ("armed", False),
                ("fired", True),
                ("fired", False),
                ("fired", False),
                ("armed", False),
                ("fired", True),
            ],
        ),
        # The rearm condition holds at once; the cooldown has to be over too.
        (
            [(True, False), (False, True), (True, False), (True, False), (True, False)],
            3 * HOUR,
            [("fired", True), ("cooling", False), ("cooling", False), ("fired", True), ("fired", False)],
        ),
        # The cooldown alone does not rearm.
        (
            [(True, False), (True, False), (True, False), (False, True)],
            HOUR,
            [("fired", True), ("fired", False), ("fired", False), ("armed", False)],
        ),
        # Without a rearm condition it rearms where the condition no longer holds.
        (
            [(True, None), (True, None), (False, None), (True, None)],
            NONE,
            [("fired", True), ("fired", False), ("armed", False), ("fired", True)],
        ),
    ],
)
def test_a_threshold_goes_from_armed_to_fired_to_cooling_to_armed(
    measured: list[tuple[bool, bool | None]], cooldown: timedelta, expected: list[tuple[str, bool]]
) -> None:
    """Each state after each hourly measurement."""
    assert walk(measured, cooldown) == expected


@given(measurements, st.integers(0, 100), st.booleans())
def test_between_two_firings_it_was_rearmed_and_has_cooled(
    measured: list[tuple[bool, bool, int]], hours: int, with_rearm: bool
) -> None:
    """Whatever is measured and whenever: the rearm condition held and the cooldown was over."""
    cooldown, standing, now = hours * HOUR, Standing(State.ARMED, NOON), NOON
    fired_at, met = None, True
    for condition, rearm, wait in measured:
        now += wait * HOUR
        rearmed = rearm if with_rearm else not condition
        met = met or (rearmed and fired_at is not None)
        judged = judge(standing, condition, rearm if with_rearm else None, cooldown, now)
        if judged.fired:
            assert condition
            assert met
            assert fired_at is None or now >= fired_at + cooldown
            assert judged.standing.firings == standing.firings + 1
            fired_at, met = now, False
        standing = judged.standing
        assert standing.fired_at == fired_at
        assert (standing.state is State.FIRED) == (fired_at is not None and not met)


def test_a_measurement_that_comes_late_fires_nothing() -> None:
    """One older than the state's beginning leaves it as it is."""
    standing = Standing(State.ARMED, NOON)
    judged = judge(standing, True, None, NONE, NOON - HOUR)
    assert (judged.standing, judged.fired) == (standing, False)


def test_it_says_when_it_can_fire_again() -> None:
    """After the cooldown since it fired; before it ever fired, time does not hold it back."""
    assert can_fire_from(Standing(State.FIRED, NOON, 1, NOON), HOUR) == NOON + HOUR
    assert can_fire_from(Standing(State.ARMED, NOON), HOUR) is None
