"""The charts of a backtest, written as SVG: growth, drawdown, weights. No package, no script, no font."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WIDTH, HEIGHT = 900, 300
LEFT, RIGHT, TOP, BOTTOM = 70, 16, 14, 28
MOST_POINTS = 900
LEGEND_COLUMNS = 9
MOST_LOG_TICKS = 10
LOG_FROM = 5.0
"""Courses whose highest value is so many times their lowest are drawn on a logarithmic axis."""
COLOURS = (
    "#2f6db5", "#d9822b", "#3f9b5f", "#b5483f", "#7d62b3",
    "#8c6d4f", "#cf6fa8", "#6f7d8c", "#a6a43a", "#3aa6b0",
)  # fmt: skip
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
        ticks = _log_ticks(low, high)
        axis = _Axis(math.log(min(low, ticks[0])), math.log(max(high, ticks[-1])), logarithmic=True)
    else:
        ticks = _ticks(low, high)
        axis = _Axis(min(low, ticks[0]), max(high, ticks[-1]))
    marks = [(tick, f"{tick:,.10g}") for tick in ticks]
    # The first is the one asked for: it lies on top.
    body = [_path(line.values, axis, line.colour) for line in reversed(lines)]
    legend = [(line.name, line.colour) for line in lines] if len(lines) > 1 else []
    return _svg("Growth", dates, axis, marks, body, legend)


def drawdown_chart(dates: Sequence[date], fall: Floats) -> str:
    """The share lost since the last high, hanging from zero."""
    ticks = [0.0 - tick for tick in _ticks(0.0, max(float(fall.max()), 0.01))]
    axis = _Axis(ticks[-1], 0.0)
    points = _thinned(-fall)
    area = " ".join(f"{_x(row, len(fall)):.1f},{axis.y(value):.1f}" for row, value in points)
    begin, end = f"{LEFT},{axis.y(0):.1f}", f"{WIDTH - RIGHT},{axis.y(0):.1f}"
    body = [f'<polygon points="{begin} {area} {end}" fill="{COLOURS[3]}" fill-opacity="0.35"/>']
    body.append(_path(-fall, axis, COLOURS[3], width=1.0))
    return _svg("Drawdown", dates, axis, [(tick, f"{tick * 100:.3g}%") for tick in ticks], body, [])


def weights_chart(dates: Sequence[date], assets: Sequence[str], weights: Floats) -> str:
    """Shares of the whole, one band on the other; what is missing to the top is cash."""
    axis = _Axis(0.0, 1.0)
    rows = np.unique(np.linspace(0, len(dates) - 1, min(MOST_POINTS, len(dates))).astype(int))
    tops = np.cumsum(weights[rows], axis=1)
    body = [_rect(LEFT, axis.y(1), WIDTH - LEFT - RIGHT, axis.y(0) - axis.y(1), CASH)]
    for place in range(len(assets) - 1, -1, -1):
        edge = " ".join(
            f"{_x(row, len(dates)):.1f},{axis.y(top):.1f}"
            for row, top in zip(rows, tops[:, place], strict=True)
        )
        base = f"{WIDTH - RIGHT},{axis.y(0):.1f} {LEFT},{axis.y(0):.1f}"
        body.append(f'<polygon points="{edge} {base}" fill="{colour_of(place)}"/>')
    legend = [(asset, colour_of(place)) for place, asset in enumerate(assets)]
    if float((1 - weights.sum(axis=1)).max()) > 1e-6:
        legend.append(("cash", CASH))
    return _svg("Weights", dates, axis, [(t / 4, f"{t / 4:.0%}") for t in range(5)], body, legend)


def colour_of(place: int) -> str:
    """The colour of the asset at a place, the same in every chart."""
    return COLOURS[place % len(COLOURS)]


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float
    logarithmic: bool = False

    def y(self, value: float) -> float:
        """How far down a value is drawn."""
        at = math.log(value) if self.logarithmic else value
        share = (at - self.low) / (self.high - self.low or 1.0)
        return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)


def _svg(
    title: str,
    dates: Sequence[date],
    axis: _Axis,
    marks: Sequence[tuple[float, str]],
    body: Sequence[str],
    legend: Sequence[tuple[str, str]],
) -> str:
    under = HEIGHT + 22 * math.ceil(len(legend) / LEGEND_COLUMNS)
    grid = [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{axis.y(at):.1f}" y2="{axis.y(at):.1f}" '
        f'stroke="#8a94a3" stroke-opacity="0.35" stroke-width="0.7"/>'
        f'<text x="{LEFT - 8}" y="{axis.y(at) + 4:.1f}" text-anchor="end">{text}</text>'
        for at, text in marks
    ]
    style = 'font-family="system-ui, sans-serif" font-size="12" fill="#5b6573"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {under}" role="img" {style}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{under}" fill="#ffffff"/>',
        *body,
        *grid,
        *_years(dates),
        *_legend(legend),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _legend(entries: Sequence[tuple[str, str]]) -> list[str]:
    step = (WIDTH - LEFT - RIGHT) / LEGEND_COLUMNS
    # Long names, of which there are few, get more room than tickers.
    step = max(step, 9.0 * max((len(name) for name, _ in entries), default=0) + 24)
    parts = []
    for number, (name, colour) in enumerate(entries):
        x, y = LEFT + step * (number % LEGEND_COLUMNS), HEIGHT + 12 + 22 * (number // LEGEND_COLUMNS)
        parts.append(
            _rect(x, y - 9, 12, 10, colour) + f'<text x="{x + 17:.1f}" y="{y}">{escape(name)}</text>'
        )
    return parts


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
        x = _x(row, len(dates))
        half = 4 * len(dates[row].strftime(pattern))
        anchor = "start" if x < half else "end" if x > WIDTH - half else "middle"
        parts.append(
            f'<text x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{dates[row].strftime(pattern)}</text>'
        )
    return parts


def _path(values: Floats, axis: _Axis, colour: str, width: float = 1.6) -> str:
    points = " ".join(f"{_x(row, len(values)):.1f},{axis.y(value):.1f}" for row, value in _thinned(values))
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _thinned(values: Floats) -> list[tuple[int, float]]:
    """The lowest and highest of each stretch of days: no peak and no trough is lost."""
    if len(values) <= MOST_POINTS:
        return list(enumerate(values.tolist()))
    rows = {0, len(values) - 1}
    for stretch in np.array_split(np.arange(len(values)), MOST_POINTS // 2):
        rows |= {int(stretch[values[stretch].argmin()]), int(stretch[values[stretch].argmax()])}
    return [(row, float(values[row])) for row in sorted(rows)]


def _x(row: int, rows: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * row / max(rows - 1, 1)


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _ticks(low: float, high: float) -> list[float]:
    """About five round numbers that enclose low to high."""
    span = (high - low) or abs(high) or 1.0
    rough = span / 5
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * times for times in (1, 2, 2.5, 5, 10) if size * times >= rough)
    return [step * count for count in range(math.floor(low / step), math.ceil(high / step) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten from the one below `low` to the one above `high`."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    all_ticks = [times * 10.0**power for power in powers for times in (1, 2, 5)]
    first = max(tick for tick in all_ticks if tick <= low * (1 + 1e-12))
    last = min(tick for tick in all_ticks if tick >= high * (1 - 1e-12))
    ticks = [tick for tick in all_ticks if first <= tick <= last]
    every = math.ceil(len(ticks) / MOST_LOG_TICKS)
    return [*ticks[:-1:every], last]
