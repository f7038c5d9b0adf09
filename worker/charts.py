"""What charts are made of, written as SVG: axes, courses, legends. No package, no script, no font."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WIDTH, HEIGHT = 900, 300
LEFT, RIGHT, TOP, BOTTOM = 70, 16, 14, 28
MOST_POINTS = 900
LEGEND_COLUMNS = 9
MOST_LOG_TICKS = 10
COLOURS = (
    "#2f6db5", "#d9822b", "#3f9b5f", "#b5483f", "#7d62b3",
    "#8c6d4f", "#cf6fa8", "#6f7d8c", "#a6a43a", "#3aa6b0",
)  # fmt: skip


PALER = 0.55


@dataclass(frozen=True, slots=True)
class Axis:
    """What the left edge of a chart measures."""

    low: float
    high: float
    logarithmic: bool = False

    def y(self, value: float) -> float:
        """How far down a value is drawn."""
        at = math.log(value) if self.logarithmic else value
        share = (at - self.low) / (self.high - self.low or 1.0)
        return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)


def frame(
    title: str,
    below: Sequence[str],
    axis: Axis,
    marks: Sequence[tuple[float, str]],
    body: Sequence[str],
    legend: Sequence[tuple[str, str]],
) -> str:
    """A chart: what is drawn over its grid, `marks` on the left, `below` at the bottom, and the legend."""
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
        *below,
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
        parts.append(rect(x, y - 9, 12, 10, colour) + f'<text x="{x + 17:.1f}" y="{y}">{escape(name)}</text>')
    return parts


def course(values: Floats, axis: Axis, colour: str, width: float = 1.6) -> str:
    """A line through values at equal distances."""
    points = " ".join(f"{x_of(row, len(values)):.1f},{axis.y(value):.1f}" for row, value in thinned(values))
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def thinned(values: Floats) -> list[tuple[int, float]]:
    """The lowest and highest of each stretch of days: no peak and no trough is lost."""
    if len(values) <= MOST_POINTS:
        return list(enumerate(values.tolist()))
    rows = {0, len(values) - 1}
    for stretch in np.array_split(np.arange(len(values)), MOST_POINTS // 2):
        rows |= {int(stretch[values[stretch].argmin()]), int(stretch[values[stretch].argmax()])}
    return [(row, float(values[row])) for row in sorted(rows)]


def x_of(row: int, rows: int) -> float:
    """How far right a row is drawn."""
    return LEFT + (WIDTH - LEFT - RIGHT) * row / max(rows - 1, 1)


def rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    """A filled rectangle."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def colour_of(place: int) -> str:
    """The colour of what stands at a place, the same in every chart; after ten they come again, paler."""
    again, place = divmod(place, len(COLOURS))
    kept = PALER**again
    parts = [int(COLOURS[place][at : at + 2], 16) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(255 - (255 - part) * kept):02x}" for part in parts)


def ticks_of(low: float, high: float) -> list[float]:
    """About five round numbers that enclose low to high."""
    span = (high - low) or abs(high) or 1.0
    rough = span / 5
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * times for times in (1, 2, 2.5, 5, 10) if size * times >= rough)
    return [step * count for count in range(math.floor(low / step), math.ceil(high / step) + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten from the one below `low` to the one above `high`."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    all_ticks = [times * 10.0**power for power in powers for times in (1, 2, 5)]
    first = max(tick for tick in all_ticks if tick <= low * (1 + 1e-12))
    last = min(tick for tick in all_ticks if tick >= high * (1 - 1e-12))
    ticks = [tick for tick in all_ticks if first <= tick <= last]
    every = math.ceil(len(ticks) / MOST_LOG_TICKS)
    return [*ticks[:-1:every], last]
