"""What an investment returned: to its manager (time-weighted) and to its owner (money-weighted).

EngineError
├── InvalidValue     values out of order, a value missing or impossible
└── NoSignChange     money only went in, or only came out: there is no money-weighted return
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import exp, expm1, fsum, log

from engines.errors import EngineError, InvalidValue

DAYS_OF_YEAR = 365
LARGEST_LOGARITHM = 690.0
"""Of growth a year: e to a little more is beyond what a number can hold."""
STEPS = 64
HALVINGS = 200


class NoSignChange(EngineError):
    """Money only went in, or only came out."""


@dataclass(frozen=True, slots=True)
class Valuation:
    """What everything was worth on a day, after that day's flows."""

    day: date
    value: float


@dataclass(frozen=True, slots=True)
class Flow:
    """Money paid in (positive) or taken out (negative) on a day."""

    day: date
    amount: float


@dataclass(frozen=True, slots=True)
class Performance:
    """Returns as fractions: over the whole time, of the owner's money a year, and the first a year."""

    time_weighted_return: float
    money_weighted_return: float
    annualised: float


def measure(values: Sequence[Valuation], flows: Sequence[Flow]) -> Performance:
    """Both returns between the first value and the last.

    A value on the day of a flow is after it, so that a flow on the first day is part of the first value.
    Without a value on its day a flow is weighted by the days that it was there, which is not exact.
    Values stand oldest first, flows in any order. Refuses fewer than two values, values out of order, and
    flows outside of them.
    """
    _check_days(values, flows)
    paid = _paid_in(values, flows)
    growth = _growth(values, paid)
    years = (values[-1].day - values[0].day).days / DAYS_OF_YEAR
    annualised = _power(growth, 1 / years) - 1
    return Performance(growth - 1, money_weighted_return(values, paid), annualised)


def _growth(values: Sequence[Valuation], paid: Mapping[date, float]) -> float:
    """The product over all spans between values of 1 + gain / money at work (Modified Dietz 1968).

    A flow is at work for the share of its span's days that was left; on the day of the closing value, of
    none. Where every flow has a value on its day this is the true time-weighted return.
    """
    growth = 1.0
    days_paid = list(paid)
    for place, (opening, closing) in enumerate(pairwise(values)):
        if opening.value <= 0:
            raise InvalidValue(
                "nothing was invested from here on, so there is no return; only the last value may be 0",
                f"values[{place}].value",
            )
        inside = {day: paid[day] for day in _between(days_paid, opening.day, closing.day)}
        days = (closing.day - opening.day).days
        at_work = opening.value + sum(
            money * (closing.day - day).days / days for day, money in inside.items()
        )
        gain = closing.value - opening.value - sum(inside.values())
        if at_work <= 0 or gain < -at_work:
            raise InvalidValue(
                f"{sum(inside.values()):g} was paid in up to {closing.day}, and the value after that is "
                f"{closing.value:g}: more than everything was lost; a value on the day of a flow is after it",
                f"values[{place + 1}].value",
            )
        growth *= 1 + gain / at_work
    return growth


def _between(days: Sequence[date], after: date, until: date) -> Sequence[date]:
    """Those of `days`, which are in order, that come after one day, up to another and with it."""
    return days[bisect_right(days, after) : bisect_right(days, until)]


def money_weighted_return(values: Sequence[Valuation], paid: Mapping[date, float]) -> float:
    """The rate a year at which all payments are worth nothing together: XIRR, actual days over 365.

    The first value is paid in, the last taken out. Of several rates the one nearest to zero growth.
    """
    start = values[0].day
    dated: dict[date, float] = defaultdict(float, {day: -amount for day, amount in paid.items()})
    dated[start] -= values[0].value
    dated[values[-1].day] += values[-1].value
    payments = [((day - start).days / DAYS_OF_YEAR, amount) for day, amount in sorted(dated.items())]
    if not (any(amount > 0 for _, amount in payments) and any(amount < 0 for _, amount in payments)):
        raise NoSignChange(
            "money was only paid in, or only taken out, so no rate explains it; "
            "the last value counts as taken out",
            "values",
        )
    return expm1(_root(payments))


def _root(payments: Sequence[tuple[float, float]]) -> float:
    """The logarithm of a year's growth at which the payments' present values cancel."""
    for low, high in _brackets():
        if _worth(payments, low) * _worth(payments, high) <= 0:
            return _bisected(payments, low, high)
    raise NoSignChange("no yearly rate explains these payments; look for a sign that is wrong", "flows")


def _brackets() -> Sequence[tuple[float, float]]:
    """Spans of growth from none outwards, ever wider."""
    edges = [LARGEST_LOGARITHM * (step / STEPS) ** 3 for step in range(STEPS + 1)]
    return [span for low, high in pairwise(edges) for span in ((low, high), (-high, -low))]


def _bisected(payments: Sequence[tuple[float, float]], low: float, high: float) -> float:
    for edge in (low, high):
        if _worth(payments, edge) == 0:
            return edge
    falling = _worth(payments, low) > 0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if (_worth(payments, middle) > 0) == falling else (low, middle)
    return (low + high) / 2


def _worth(payments: Sequence[tuple[float, float]], growth: float) -> float:
    """Present value, scaled by the latest payment's discount so that it stays finite."""
    latest = payments[-1][0] if growth < 0 else 0.0
    return fsum(amount * exp(growth * (latest - years)) for years, amount in payments)


def _power(growth: float, exponent: float) -> float:
    if growth <= 0:
        return 0.0
    logarithm = log(growth) * exponent
    if logarithm > LARGEST_LOGARITHM:
        raise InvalidValue("the time is too short to state such growth a year", "values")
    return exp(logarithm)


def _paid_in(values: Sequence[Valuation], flows: Sequence[Flow]) -> dict[date, float]:
    """What was paid in by day, after the first."""
    paid: dict[date, float] = defaultdict(float)
    for flow in flows:
        if flow.day != values[0].day:
            paid[flow.day] += flow.amount
    return dict(sorted(paid.items()))


def _check_days(values: Sequence[Valuation], flows: Sequence[Flow]) -> None:
    if len(values) < 2:
        raise InvalidValue("a return needs a first and a last value", "values")
    for place, (earlier, later) in enumerate(pairwise(values)):
        if later.day <= earlier.day:
            raise InvalidValue(
                f"{later.day} does not come after {earlier.day}; give one value a day, oldest first",
                f"values[{place + 1}].date",
            )
    for place, flow in enumerate(flows):
        if not values[0].day <= flow.day <= values[-1].day:
            raise InvalidValue(
                f"{flow.day} is not between the first value and the last", f"flows[{place}].date"
            )
