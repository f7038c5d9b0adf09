"""The fan of a simulated goal, written as SVG: where how many of the paths are, month by month."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from payloads.goal_simulation import SimulatedGoal, SimulateGoal
from worker.charts import COLOURS, HEIGHT, Axis, Floats, course, frame, ticks_of, x_of
from worker.errors import BadSettings

MONTHS = 12
MOST_LABELS = 10
BANDS = (("p5", "p95", "5% to 95% of paths", "#d3e1f1"), ("p25", "p75", "25% to 75%", "#9dbfe3"))


def fan_chart(ask: SimulateGoal, found: SimulatedGoal) -> str:
    """Bands of paths around the median, and the target as it grows with inflation."""
    courses = {name: _course(ask, found, name) for name in ("p5", "p25", "p50", "p75", "p95")}
    target = _target(ask, len(found.fan))
    shown = [*courses.values()] + ([] if target is None else [target])
    ticks = ticks_of(0.0, max(float(each.max()) for each in shown) or 1.0)
    axis = Axis(ticks[0], ticks[-1])
    body = [_band(courses[low], courses[high], axis, colour) for low, high, _, colour in BANDS]
    body.append(course(courses["p50"], axis, COLOURS[0], width=2.0))
    legend = [("median", COLOURS[0]), *((name, colour) for *_, name, colour in BANDS)]
    if target is not None:
        body.append(course(target, axis, COLOURS[1]))
        legend.append(("target", COLOURS[1]))
    marks = [(tick, _money(tick, ticks[-1])) for tick in ticks]
    return frame("What the money may grow to", _years(len(found.fan)), axis, marks, body, legend)


def _course(ask: SimulateGoal, found: SimulatedGoal, name: str) -> Floats:
    """From what is there today on."""
    return np.array([float(ask.initial), *(float(getattr(month, name)) for month in found.fan)])


def _target(ask: SimulateGoal, months: int) -> Floats | None:
    if not ask.target:
        return None
    grown: Floats = float(ask.target) * (1 + ask.inflation) ** (np.arange(months + 1) / MONTHS)
    return grown


def _band(low: Floats, high: Floats, axis: Axis, colour: str) -> str:
    rows = len(low)
    there = [f"{x_of(row, rows):.1f},{axis.y(value):.1f}" for row, value in enumerate(high.tolist())]
    back = [f"{x_of(row, rows):.1f},{axis.y(value):.1f}" for row, value in enumerate(low.tolist())][::-1]
    return f'<polygon points="{" ".join((*there, *back))}" fill="{colour}"/>'


def _years(months: int) -> Sequence[str]:
    """Years from now, about ten of them; months where there are less than two years."""
    unit, size = ("year", MONTHS) if months >= 2 * MONTHS else ("month", 1)
    count = months // size
    step = ceil(count / MOST_LABELS)
    parts = []
    for number in range(0, count + 1, step):
        x = x_of(number * size, months + 1)
        anchor = "start" if number == 0 else "end" if number * size == months else "middle"
        named = f"{number} {unit}{'s' if number > 1 else ''}"
        text = "now" if number == 0 else named if number == step else str(number)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{text}</text>')
    return parts


def _money(amount: float, largest: float) -> str:
    """In thousands or millions, where all of the axis is that large."""
    for size, letter in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if largest >= 2 * size:
            return f"{amount / size:,.4g}{letter}" if amount else "0"
    return f"{amount:,.6g}"


def write_fan(given: Any, answer: Any, file: Path) -> None:
    """Draw what `goals.simulate` answered to what it was given; `file` is named `*.svg`."""
    if file.suffix.lower() != ".svg":
        raise BadSettings(f"a chart is an SVG file; {file.name} does not end in .svg")
    drawn = fan_chart(SimulateGoal.model_validate(given), SimulatedGoal.model_validate(answer))
    try:
        file.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise BadSettings(f"{file} cannot be written: {error.strerror}") from error
