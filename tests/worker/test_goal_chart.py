"""The fan of a simulated goal: what is drawn where."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from payloads.goal_simulation import SimulatedGoal, SimulateGoal
from worker.charts import HEIGHT, LEFT, RIGHT, TOP, WIDTH
from worker.goal_chart import fan_chart

SVG = "{http://www.w3.org/2000/svg}"


def drawn(months: int, **given: Any) -> ElementTree.Element:
    """The chart of a plan whose bands rise by 10, 20, 30, 40 and 50 a month."""
    ask = SimulateGoal.model_validate(
        {"initial": 0, "years": months / 12, "expected_return": 0, "volatility": 0, **given}
    )
    fan = [
        {"month": month, **{f"p{share}": month * step for share, step in zip((5, 25, 50, 75, 95), (10, 20, 30, 40, 50), strict=True)}}
        for month in range(1, months + 1)
    ]  # fmt: skip
    last = {name: value for name, value in fan[-1].items() if name != "month"}
    answer = {
        "success_probability": None, "standard_error": None, "percentiles": last, "mean": 0, "required_return": None,
        "required_contribution": None, "required_initial": None, "fan": fan, "paths": 1,
    }  # fmt: skip
    return ElementTree.fromstring(fan_chart(ask, SimulatedGoal.model_validate(answer)))


def points(shape: ElementTree.Element) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in shape.attrib["points"].split())]


def test_bands_and_median_run_from_now_to_the_end() -> None:
    """The outer band first; all begin at what is there and end at the right edge, in their order."""
    chart = drawn(120)
    outer, inner = (points(shape) for shape in chart.iter(f"{SVG}polygon"))
    (median,) = (points(shape) for shape in chart.iter(f"{SVG}polyline"))
    assert {course[0] for course in (outer, inner, median)} == {(LEFT, HEIGHT - 28)}
    high, low = outer[120], outer[121]
    assert high[0] == low[0] == median[-1][0] == WIDTH - RIGHT
    assert TOP == high[1] < inner[120][1] < median[-1][1] < inner[121][1] < low[1]


def test_the_target_grows_with_inflation() -> None:
    """A line of its own, named below; without a target there is none."""
    chart = drawn(24, target=1000, inflation=0.1)
    _, target = (points(shape) for shape in chart.iter(f"{SVG}polyline"))
    zero = HEIGHT - 28
    assert (zero - target[-1][1]) / (zero - target[0][1]) == pytest.approx(1.21, abs=0.002)
    names = [text.text for text in chart.iter(f"{SVG}text")]
    assert "target" in names
    assert "target" not in [text.text for text in drawn(24).iter(f"{SVG}text")]


@pytest.mark.parametrize(
    ("months", "labels"),
    [
        (12, ["now", "2 months", "4", "6", "8", "10", "12"]),
        (36, ["now", "1 year", "2", "3"]),
        (300, ["now", "3 years", "6", "9", "12", "15", "18", "21", "24"]),
    ],
)
def test_years_stand_below(months: int, labels: list[str]) -> None:
    """About ten of them, months for a short plan; nothing leaves the picture."""
    texts = [text for text in drawn(months).iter(f"{SVG}text") if text.attrib["y"] == str(HEIGHT - 8)]
    assert [text.text for text in texts] == labels
    assert all(0 <= float(text.attrib["x"]) <= WIDTH for text in texts)


def test_money_is_told_shortly() -> None:
    """In thousands or millions, as the largest mark is."""
    for target, expected in ((900, "1,000"), (9_000, "10k"), (9_000_000, "10m"), (8e9, "8bn")):
        texts = [text.text or "" for text in drawn(12, target=target).iter(f"{SVG}text")]
        assert expected in texts
        assert not [text for text in texts if re.search(r"\d{6}", text)]
