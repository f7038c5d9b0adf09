"""`orders.slice`: plans by the exchange's calendar and the catalogue's volume curve."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from activities.slicing import slice_order
from engines.calendars import OutsideCalendar
from payloads.files.trading import TradingFile
from payloads.slicing import SliceOrder, SlicePlan
from tests.support.contexts import catalogue_files, pure_context

HALF = Decimal("0.5")
NOON = "2026-02-02T12:00:00+11:00"


def planned(**ask: Any) -> SlicePlan:
    answer = slice_order(SliceOrder.model_validate(ask), pure_context())
    assert isinstance(answer, SlicePlan)
    return answer


def test_the_day_ends_at_the_close() -> None:
    """Without an end the rest of the session; four parts of an hour each."""
    plan = planned(units=100, start=NOON, slices=4)
    assert [(each.number, each.at.hour, each.until.hour, each.units) for each in plan.slices] == [
        (1, 12, 13, 25),
        (2, 13, 14, 25),
        (3, 14, 15, 25),
        (4, 15, 16, 25),
    ]
    assert (plan.begins_at.isoformat(), plan.ends_at.isoformat()) == (NOON, "2026-02-02T16:00:00+11:00")


def test_a_start_beyond_the_calendar_is_named() -> None:
    """At the field that was given."""
    with pytest.raises(OutsideCalendar) as refused:
        planned(units=100, start="2126-03-04T08:00:00+11:00")
    assert refused.value.path == "start"


def test_at_once_is_one_slice_when_the_market_opens() -> None:
    """Asked for on a Saturday: Monday at ten."""
    plan = planned(units=100, start="2026-01-31T12:00:00+11:00", strategy="at_once")
    assert [(each.at.isoformat(), each.units) for each in plan.slices] == [("2026-02-02T10:00:00+11:00", 100)]


def test_vwap_follows_the_catalogues_curve() -> None:
    """A thousand units in tenths of a whole session: the curve's own shares."""
    plan = planned(units=1000, start="2026-02-02T10:00:00+11:00", slices=10, strategy="vwap")
    assert [each.units for each in plan.slices] == [140, 100, 90, 80, 75, 75, 80, 90, 110, 160]


def test_another_exchange_has_its_own_hours() -> None:
    """New York opens at 9:30, by its own clocks."""
    plan = planned(units=2, start=NOON, strategy="at_once", exchange="XNYS")
    assert plan.begins_at.isoformat() == "2026-02-02T09:30:00-05:00"


@pytest.mark.parametrize(
    ("change", "path"),
    [({"units": 0}, "units"), ({"slices": 0}, "slices"), ({"start": "2026-02-02T12:00:00"}, "start"),
     ({"strategy": "pov"}, "strategy")],
)  # fmt: skip
def test_what_cannot_be_is_refused(change: dict[str, Any], path: str) -> None:
    """By the field that is wrong."""
    with pytest.raises(ValidationError) as caught:
        planned(**{"units": 1, "start": NOON, **change})
    assert caught.value.errors()[0]["loc"] == (path,)


@pytest.mark.parametrize(
    ("bands", "said"),
    [
        ([{"until": HALF, "share": HALF}], "the last is 1"),
        ([{"until": HALF, "share": HALF}, {"until": HALF, "share": HALF}], "later than the one before"),
        ([{"until": 1, "share": Decimal("0.9")}], "add up to 1"),
        ([], "the last is 1"),
    ],
)
def test_a_curve_is_whole_or_refused(bands: list[dict[str, Any]], said: str) -> None:
    """All of the session and all of its volume."""
    file = dict(catalogue_files()["trading"])
    file["volume_curve"] = {**file["volume_curve"], "values": [{"since": "2019-07-01", "value": bands}]}
    with pytest.raises(ValidationError, match=said):
        TradingFile.model_validate(file)
