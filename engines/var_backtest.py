"""Does a VaR hold: are there as many exceptions as its confidence says."""

from dataclasses import dataclass
from math import erfc, log, sqrt

from engines.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Verdict:
    """Kupiec's ratio, how likely one so large is of a right VaR, and whether that is too unlikely."""

    likelihood_ratio: float
    p_value: float
    rejected: bool


def kupiec(observations: int, exceptions: int, confidence: float, *, significance: float) -> Verdict:
    """The test of unconditional coverage (Kupiec 1995, proportion of failures).

    An exception is a period whose loss is above its VaR. With p = 1-confidence, n observations, x
    exceptions: LR = -2 ln[(1-p)^(n-x) p^x] + 2 ln[(1-x/n)^(n-x) (x/n)^x], where 0·ln 0 = 0. Under a right
    VaR it follows chi-squared with one degree of freedom; rejected where `p_value` is below `significance`.
    Refuses more exceptions than observations.
    """
    if exceptions > observations:
        raise InvalidValue(
            f"{exceptions} exceptions of {observations} observations; there are at most as many", "exceptions"
        )
    expected, found = 1 - confidence, exceptions / observations
    quiet = observations - exceptions
    ratio = 2 * (_times_log(exceptions, found, expected) + _times_log(quiet, 1 - found, confidence))
    ratio = max(ratio, 0.0)
    p_value = erfc(sqrt(ratio / 2))
    return Verdict(ratio, p_value, p_value < significance)


def _times_log(count: int, found: float, expected: float) -> float:
    return count * log(found / expected) if count else 0.0
