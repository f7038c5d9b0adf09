"""Whether the market's volatility has risen sharply: that of its last sessions beside its usual one."""

from dataclasses import dataclass
from math import sqrt

from engines.errors import EngineError
from engines.estimates import Floats
from engines.risk_measures import deviation


class TooFewSessions(EngineError):
    """There are not enough returns to tell recent sessions from the longer past."""


@dataclass(frozen=True, slots=True)
class Shaken:
    """Volatilities of a year; `spike` is true on the first session of those that rose beyond the limit."""

    volatility: float
    usual: float
    spike: bool


def shaken(returns: Floats, *, recent: int, usual: int, limit: float, sessions_per_year: int) -> Shaken:
    """Compare the sample deviation of the last `recent` returns with that of the `usual` ones up to them.

    Returns are simple ones a session, oldest first; one more than `usual` is wanted, because a spike is a
    rise beyond `limit` times the usual one that the session before had not made. TooFewSessions otherwise.
    """
    if len(returns) < usual + 1:
        raise TooFewSessions(f"there are {len(returns)} sessions of returns; {usual + 1} are needed")
    year = sqrt(sessions_per_year)
    now = _pair(returns, recent, usual)
    before = _pair(returns[:-1], recent, usual)
    return Shaken(
        now[0] * year, now[1] * year, spike=now[0] > limit * now[1] and before[0] <= limit * before[1]
    )


def _pair(returns: Floats, recent: int, usual: int) -> tuple[float, float]:
    return deviation(returns[-recent:]), deviation(returns[-usual:])
