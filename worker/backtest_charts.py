"""The charts of a backtest, written as SVG: growth, drawdown, weights. No package, no script, no font."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from worker.charts import (
    COLOURS,
    HEIGHT,
    LEFT,
    MOST_POINTS,
    RIGHT,
    WIDTH,
    Axis,
    Floats,
    colour_of,
    course,
    frame,
    log_ticks,
    rect,
    thinned,
    ticks_of,
    x_of,
)

LOG_FROM = 5.0
"""Courses whose highest value is so many times their lowest are drawn on a logarithmic axis."""
CASH = "#c9ced6"


@dataclass(frozen=True, slots=True)
class Line:
    """A named course of values."""

    name: str
    values: Floats
    colour: str


def growth_chart(dates: Sequence[date], lines: Sequence[Line]) -> str:
    """Values over time, on a logarithmic axis where they grow many times over."""
    low, high = (
        min(float(line.values.min()) for line in lines),
        max(float(line.values.max()) for line in lines),
    )
    if high / low >= LOG_FROM:
        ticks = log_ticks(low, high)
        axis = Axis(math.log(min(low, ticks[0])), math.log(max(high, ticks[-1])), logarithmic=True)
    else:
        ticks = ticks_of(low, high)
        axis = Axis(min(low, ticks[0]), max(high, ticks[-1]))
    marks = [(tick, f"{tick:,.10g}") for tick in ticks]
    # The first is the one asked for: it lies on top.
    body = [course(line.values, axis, line.colour) for line in reversed(lines)]
    legend = [(line.name, line.colour) for line in lines] if len(lines) > 1 else []
    return frame("Growth", _years(dates), axis, marks, body, legend)


def drawdown_chart(dates: Sequence[date], fall: Floats) -> str:
    """The share lost since the last high, hanging from zero."""
    ticks = [0.0 - tick for tick in ticks_of(0.0, max(float(fall.max()), 0.01))]
    axis = Axis(ticks[-1], 0.0)
    points = thinned(-fall)
    area = " ".join(f"{x_of(row, len(fall)):.1f},{axis.y(value):.1f}" for row, value in points)
    begin, end = f"{LEFT},{axis.y(0):.1f}", f"{WIDTH - RIGHT},{axis.y(0):.1f}"
    body = [f'<polygon points="{begin} {area} {end}" fill="{COLOURS[3]}" fill-opacity="0.35"/>']
    body.append(course(-fall, axis, COLOURS[3], width=1.0))
    return frame("Drawdown", _years(dates), axis, [(tick, f"{tick * 100:.3g}%") for tick in ticks], body, [])


def weights_chart(dates: Sequence[date], assets: Sequence[str], weights: Floats) -> str:
    """Shares of the whole, one band on the other; what is missing to the top is cash."""
    axis = Axis(0.0, 1.0)
    rows = np.unique(np.linspace(0, len(dates) - 1, min(MOST_POINTS, len(dates))).astype(int))
    tops = np.cumsum(weights[rows], axis=1)
    body = [rect(LEFT, axis.y(1), WIDTH - LEFT - RIGHT, axis.y(0) - axis.y(1), CASH)]
    for place in range(len(assets) - 1, -1, -1):
        edge = " ".join(
            f"{x_of(row, len(dates)):.1f},{axis.y(top):.1f}"
            for row, top in zip(rows, tops[:, place], strict=True)
        )
        base = f"{WIDTH - RIGHT},{axis.y(0):.1f} {LEFT},{axis.y(0):.1f}"
        body.append(f'<polygon points="{edge} {base}" fill="{colour_of(place)}"/>')
    legend = [(asset, colour_of(place)) for place, asset in enumerate(assets)]
    if float((1 - weights.sum(axis=1)).max()) > 1e-6:
        legend.append(("cash", CASH))
    return frame("Weights", _years(dates), axis, [(t / 4, f"{t / 4:.0%}") for t in range(5)], body, legend)


def _years(dates: Sequence[date]) -> list[str]:
    """The beginnings of years, or of months in a short history, about ten of them."""
    starts = [row for row in range(1, len(dates)) if dates[row].year != dates[row - 1].year]
    pattern = "%Y"
    if len(starts) < 3:
        starts = [row for row in range(1, len(dates)) if dates[row].month != dates[row - 1].month]
        pattern = "%b %Y"
    if len(starts) < 2:
        starts, pattern = [0, len(dates) - 1], "%d %b %Y"
    parts = []
    for row in starts[:: math.ceil(len(starts) / 10)]:
        x = x_of(row, len(dates))
        half = 4 * len(dates[row].strftime(pattern))
        anchor = "start" if x < half else "end" if x > WIDTH - half else "middle"
        parts.append(
            f'<text x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{dates[row].strftime(pattern)}</text>'
        )
    return parts
