"""One threshold over one portfolio: armed → fired → cooling → armed.

Armed, it fires when its condition holds. Fired, it waits for the rearm condition to have held once, and
is cooling from then on until the cooldown since the firing is over. Without a rearm condition it rearms
where the condition itself no longer holds; without a cooldown nothing has to be waited for.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """Where a threshold stands."""

    ARMED = "armed"
    FIRED = "fired"
    COOLING = "cooling"


@dataclass(frozen=True, slots=True)
class Standing:
    """A threshold in its state `since` a moment; it fired `firings` times so far, last at `fired_at`."""

    state: State
    since: datetime
    firings: int = 0
    fired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """Where a measurement leaves a threshold, and whether it fired."""

    standing: Standing
    fired: bool


def judge(
    before: Standing, condition: bool, rearm: bool | None, cooldown: timedelta, now: datetime
) -> Judged:
    """What a measurement at `now` does; `rearm` is None for a threshold without a rearm condition.

    Rearming and firing may fall on one measurement: the cooldown has ended, and the condition holds anew
    or still. A measurement older than the state's beginning changes nothing but may not fire either, and
    none fires twice, however often it is judged.
    """
    if now < before.since:
        return Judged(before, False)
    standing = _rearmed(before, (not condition) if rearm is None else rearm, cooldown, now)
    if standing.state is State.ARMED and condition and now != before.fired_at:
        return Judged(Standing(State.FIRED, now, standing.firings + 1, now), True)
    return Judged(standing, False)


def can_fire_from(standing: Standing, cooldown: timedelta) -> datetime | None:
    """The moment from which it can fire again as far as time alone decides; None before it has fired."""
    return None if standing.fired_at is None else standing.fired_at + cooldown


def _rearmed(before: Standing, rearm: bool, cooldown: timedelta, now: datetime) -> Standing:
    """The standing with the rearm condition, once met, and the cooldown taken into account."""
    if before.state is State.ARMED or (before.state is State.FIRED and not rearm):
        return before
    ends = can_fire_from(before, cooldown)
    if ends is not None and now < ends:
        if before.state is State.COOLING:
            return before
        return Standing(State.COOLING, now, before.firings, before.fired_at)
    return Standing(State.ARMED, now, before.firings, before.fired_at)
