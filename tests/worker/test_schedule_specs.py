"""Schedules fire on the sessions of their exchange and on no other day."""

from datetime import date, timedelta
from typing import Any

import exchange_calendars
import pytest
from temporalio.client import ScheduleActionStartWorkflow, ScheduleOverlapPolicy

from dsl.release import build_release
from tests.support.definitions import folder
from worker.schedule_specs import closed_days, skipped, wanted_schedules

TODAY = date(2026, 3, 2)


def release(*triggers: str) -> dict[str, Any]:
    text = f"""\
workflow: daily
version: 1
summary: By the clock
input: {{type: object, properties: {{of: {{type: string, default: all}}, cents: {{type: number, default: 0}}}}}}
triggers: [{", ".join(triggers)}]
steps: [{{set: {{a: "${{ input.of }}"}}}}, {{set: {{b: "${{ input.cents }}"}}}}]
output: "${{ [vars.a, vars.b] }}"
"""
    return dict(build_release(folder(text)).document)


@pytest.mark.parametrize("exchange", ["XASX", "XNYS", "XLON"])
def test_what_is_skipped_are_the_days_without_a_session(exchange: str) -> None:
    """Held against the exchange's own calendar, weekends and holidays alike."""
    first, last = date(2026, 1, 1), date(2027, 12, 31)
    sessions = set(exchange_calendars.get_calendar(exchange, start=first, end=last).sessions.date)
    days = {
        date(year.start, month.start, day.start)
        for spec in skipped(closed_days(exchange, first, last))
        for year in spec.year
        for month in spec.month
        for day in spec.day_of_month
    }
    every = {first + timedelta(days=number) for number in range((last - first).days + 1)}
    assert days == every - sessions


def test_a_skipped_day_is_skipped_from_its_first_second_to_its_last() -> None:
    """Whatever the time of the schedule."""
    [spec] = skipped([date(2026, 12, 25)])
    assert [(part[0].start, part[0].end) for part in (spec.hour, spec.minute, spec.second)] == [
        (0, 23),
        (0, 59),
        (0, 59),
    ]


def test_a_schedule_says_what_its_trigger_says() -> None:
    """Cron, zone, overlap, catching up, the days it skips, and the workflow with its whole input."""
    document = release(
        '{schedule: "0 9 * * MON-FRI", timezone: Australia/Sydney, calendar: XASX, overlap: buffer_one, input: {cents: 5}}'
    )
    [wanted] = wanted_schedules(document, "main", TODAY).values()
    action, spec = wanted.schedule.action, wanted.schedule.spec
    assert (wanted.id, wanted.holidays_until) == ("kronos:main:daily:1", date(2029, 12, 31))
    assert (spec.cron_expressions, spec.time_zone_name) == (["0 9 * * MON-FRI"], "Australia/Sydney")
    assert wanted.schedule.policy.overlap is ScheduleOverlapPolicy.BUFFER_ONE
    assert len(spec.skip) == 48
    assert isinstance(action, ScheduleActionStartWorkflow)
    assert (action.workflow, list(action.args)) == ("daily", [{"of": "all", "cents": 5}])


def test_a_schedule_for_each_portfolio_starts_a_sweep() -> None:
    """With the release that its trigger stands in."""
    document = release('{schedule: "0 9 * * *", timezone: UTC, each: portfolio, where: portfolio.cash > 0}')
    [wanted] = wanted_schedules(document, "main", TODAY).values()
    action = wanted.schedule.action
    assert isinstance(action, ScheduleActionStartWorkflow)
    assert action.workflow == "kronos.sweep"
    assert list(action.args) == [
        {"tenant": "main", "release": document["digest"], "workflow": "daily", "trigger": 1}
    ]
    assert wanted.holidays_until is None


def test_a_schedule_stays_the_same_while_its_trigger_does() -> None:
    """Another release with the same trigger asks for the same; another hour does not."""
    nine, ten = (f'{{schedule: "0 {hour} * * *", timezone: UTC}}' for hour in (9, 10))

    def digests(*triggers: str) -> list[str]:
        return [one.digest for one in wanted_schedules(release(*triggers), "main", TODAY).values()]

    assert digests(nine, ten)[0] == digests(nine)[0] != digests(ten)[0]
