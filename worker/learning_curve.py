"""Learning curves as a picture: one panel a curve, plain SVG that needs nothing to be looked at."""

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, PANEL, LEFT, RIGHT, TOP, BOTTOM = 640, 170, 70, 20, 28, 26
SMOOTHED_OVER = 0.05
"""The dark line is the mean over this share of the rounds; the light one is each round."""


def as_svg(curves: Mapping[str, Sequence[float]]) -> str:
    """The mean reward of each round, one panel under the other; nothing to draw makes an empty picture."""
    height = PANEL * len(curves)
    panels = [_panel(name, list(curve), PANEL * row) for row, (name, curve) in enumerate(curves.items())]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" font-family="sans-serif" font-size="11">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>\n{"".join(panels)}</svg>\n'
    )


def _panel(name: str, curve: list[float], top: int) -> str:
    curve = [float(reward) for reward in curve]
    low, high = min(curve, default=0.0), max(curve, default=0.0)
    room = (high - low) * 0.05 or max(abs(high), 1.0) * 0.05
    low, high = low - room, high + room

    def place(number: int, reward: float) -> str:
        across = LEFT + (WIDTH - LEFT - RIGHT) * number / max(len(curve) - 1, 1)
        down = top + TOP + (PANEL - TOP - BOTTOM) * (high - reward) / (high - low)
        return f"{across:.1f},{down:.1f}"

    def line(rewards: Sequence[float], colour: str, width: float) -> str:
        points = " ".join(place(number, reward) for number, reward in enumerate(rewards))
        return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>\n'

    base = top + PANEL - BOTTOM
    return (
        f'<text x="{LEFT}" y="{top + 18}" font-weight="bold">{escape(name)}: reward of each round</text>\n'
        f'<path d="M{LEFT} {top + TOP}V{base}H{WIDTH - RIGHT}" fill="none" stroke="#888"/>\n'
        f'<text x="{LEFT - 6}" y="{top + TOP + 8}" text-anchor="end">{high:.4g}</text>\n'
        f'<text x="{LEFT - 6}" y="{base}" text-anchor="end">{low:.4g}</text>\n'
        f'<text x="{WIDTH - RIGHT}" y="{base + 16}" text-anchor="end">round {len(curve)}</text>\n'
        + line(curve, "#b8cce4", 1)
        + line(_smoothed(curve), "#1f4e79", 2)
    )


def _smoothed(curve: list[float]) -> list[float]:
    """The mean of the rounds around each, fewer at the ends."""
    around = math.ceil(len(curve) * SMOOTHED_OVER / 2)
    windows = [curve[max(0, i - around) : i + around + 1] for i in range(len(curve))]
    return [sum(window) / len(window) for window in windows]
