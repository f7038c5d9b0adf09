"""The day that the house's clock tells, whatever the hour at which it comes to tell it."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml

from dsl.expressions import compile_template

FILE = Path(__file__).parents[2] / "definitions/workflows/house_clock.yaml"


@pytest.mark.parametrize(
    ("begun", "told"),
    [
        (datetime(2026, 7, 1, 20, 0, tzinfo=UTC), date(2026, 7, 2)),  # six in the morning, in winter
        (datetime(2026, 11, 22, 19, 0, tzinfo=UTC), date(2026, 11, 23)),  # and in summer
        (datetime(2026, 7, 2, 7, 0, tzinfo=UTC), date(2026, 7, 2)),  # the close
        (datetime(2026, 7, 2, 14, 30, tzinfo=UTC), date(2026, 7, 2)),  # the close, told at half past midnight
        (datetime(2026, 11, 23, 13, 30, tzinfo=UTC), date(2026, 11, 23)),
    ],
)
def test_what_is_told_after_midnight_is_told_of_the_day_before(begun: datetime, told: date) -> None:
    """Sydney's days begin at 14:00 UTC, in summer at 13:00; the house's days at six there."""
    steps = yaml.safe_load(FILE.read_text(encoding="utf-8"))["steps"]
    template = compile_template(steps[0]["set"]["today"])
    assert template.render({"run": {"started_at": begun}}) == told.isoformat()
