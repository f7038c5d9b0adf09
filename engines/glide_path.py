"""Glide paths: the nearer a goal, the less risk, a step a year."""

from dataclasses import dataclass

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Expected:
    """What a mix is expected to earn in a year, and how much that varies."""

    expected_return: float
    volatility: float


@dataclass(frozen=True, slots=True)
class Step:
    """What is expected from so many months on."""

    month: int
    expected: Expected


def glide_path(own: Expected, last: Expected, months: int, over_years: int) -> list[Step]:
    """The steps from one's own mix into the last one, the first of them at month 0.

    Over the last `over_years` years before the goal each year holds a larger part of the last mix:
    1/over_years, 2/over_years, and in the year before the goal all of it. Return and volatility move in
    straight lines. A mix that is no riskier than the last one stays.
    """
    if own.volatility <= last.volatility:
        return [Step(0, own)]
    begins = months - over_years * MONTHS
    steps = [Step(0, own)]
    for year in range(over_years):
        step = Step(max(begins + year * MONTHS, 0), _between(own, last, (year + 1) / over_years))
        if steps[-1].month == step.month:
            steps.pop()  # the path is under way already
        steps.append(step)
    return steps


def _between(own: Expected, last: Expected, share: float) -> Expected:
    return Expected(
        own.expected_return + (last.expected_return - own.expected_return) * share,
        own.volatility + (last.volatility - own.volatility) * share,
    )
