"""Monthly growth of an investment on many paths: lognormal, blocks of a history, or all of it.

Every source gives one row of growth factors a month (paths wide), so that a walk through the months
stays in the processor's cache and needs no table of all months and paths. The same seed gives the
same rows: common random numbers for whatever is compared on them.

    EngineError
    └── HistoryTooShort   fewer monthly returns than the method needs
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineError

Floats = NDArray[np.float64]
MONTHS = 12
MOST_REMEMBERED = 10_000_000
"""Growth factors that are kept at once: 80 MB."""


class HistoryTooShort(EngineError):
    """Fewer monthly returns than the method needs."""


class Growth(Protocol):
    """Where growth factors come from."""

    @property
    def paths(self) -> int:
        """How many paths a row has."""

    def months(self, count: int) -> Iterator[Floats]:
        """`count` rows of growth factors (1.01 is a gain of 1%), the same at every call.

        A row is overwritten by the next one: whoever wants to keep it copies it.
        """


@dataclass(frozen=True, slots=True)
class Phase:
    """What is expected of a year, and how much it varies, from so many months on."""

    month: int
    expected_return: float
    volatility: float

    @property
    def mean(self) -> float:
        """Of a month's log return."""
        return float(np.log1p(self.expected_return) - self.volatility**2 / 2) / MONTHS

    @property
    def deviation(self) -> float:
        """Of a month's log return."""
        return self.volatility / float(np.sqrt(MONTHS))


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Months whose log return is normal with mean (ln(1+μ) - σ²/2)/12 and variance σ²/12.

    So a year grows by 1 + μ on average, whatever the volatility (that of a yearly log return). `later`
    are the phases of a glide path, in order; each holds until the next begins.
    """

    expected_return: float
    volatility: float
    paths: int
    seed: int
    later: tuple[Phase, ...] = ()

    def months(self, count: int) -> Iterator[Floats]:
        """Rows drawn from the seed; without any volatility all paths are alike and nothing is drawn."""
        phases = [Phase(0, self.expected_return, self.volatility), *self.later]
        # A phase without volatility draws too: the other months stay what they are without it.
        random = any(phase.volatility for phase in phases)
        draws = np.random.Generator(np.random.PCG64(self.seed))
        row = np.zeros(self.paths)
        for month in range(count):
            phase = [each for each in phases if each.month <= month][-1]
            if random:
                draws.standard_normal(out=row)
            row *= phase.deviation
            row += phase.mean
            np.exp(row, out=row)
            yield row
            if not random:
                row[:] = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap:
    """Blocks of consecutive months drawn with replacement from `returns` (Künsch 1989, moving blocks).

    Each path puts blocks of `block` months one behind the other; every block that fits into the
    history is as likely as another. The last one is cut where the path ends.
    """

    returns: Floats
    block: int
    paths: int
    seed: int

    def __post_init__(self) -> None:
        if len(self.returns) < self.block:
            raise HistoryTooShort(
                f"blocks of {self.block} months cannot be drawn from {len(self.returns)} monthly returns; "
                "give a longer history or a shorter block",
                "returns",
            )

    def months(self, count: int) -> Iterator[Floats]:
        """Rows drawn from the seed."""
        growth = 1 + self.returns
        draws = np.random.Generator(np.random.PCG64(self.seed))
        starts = np.zeros(self.paths, dtype=np.int64)
        for month in range(count):
            if month % self.block == 0:
                starts = draws.integers(0, len(growth) - self.block + 1, self.paths)
            yield growth[starts + month % self.block]


@dataclass(frozen=True, slots=True, eq=False)
class Historical:
    """Every window of `horizon` months in `returns`, one a path, in the order of their starts."""

    returns: Floats
    horizon: int

    def __post_init__(self) -> None:
        if len(self.returns) < self.horizon:
            raise HistoryTooShort(
                f"{self.horizon} months do not fit into {len(self.returns)} monthly returns; "
                "give a longer history or fewer years",
                "returns",
            )

    @property
    def paths(self) -> int:
        """Months of history - months + 1."""
        return len(self.returns) - self.horizon + 1

    def months(self, count: int) -> Iterator[Floats]:
        """Rows of the windows."""
        growth = 1 + self.returns
        for month in range(count):
            yield growth[month : month + self.paths].copy()


@dataclass(frozen=True, slots=True, eq=False)
class Remembered:
    """Growth that was drawn once, for whoever walks the same months many times."""

    rows: Floats

    @property
    def paths(self) -> int:
        """How many paths a row has."""
        return int(self.rows.shape[1])

    def months(self, count: int) -> Iterator[Floats]:
        """The first rows, each a copy."""
        for row in self.rows[:count]:
            yield row.copy()


def remembered(growth: Growth, count: int) -> Growth:
    """`growth` with `count` months drawn once, or as it is where that would be too much to keep."""
    if count * growth.paths > MOST_REMEMBERED:
        return growth
    rows = np.empty((count, growth.paths))
    for month, row in enumerate(growth.months(count)):
        rows[month] = row
    return Remembered(rows)
