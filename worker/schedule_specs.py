"""Schedules as Temporal takes them, made from the schedule triggers of a release."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
)

from dsl import plan as p
from dsl.plan_reader import read_plan
from dsl.values import fill_and_check
from engines.calendars import sessions_between
from payloads import plain_json
from workflows.calls import LABEL, QUEUES
from workflows.house import SWEEP

# What was missed while the server was down is made up for on the same working day, and no later.
CATCH_UP = timedelta(hours=12)
YEARS_AHEAD = 3
MEMO = "kronos_trigger"
_WHOLE_DAY: dict[str, Any] = {
    "second": [ScheduleRange(0, 59)],
    "minute": [ScheduleRange(0, 59)],
    "hour": [ScheduleRange(0, 23)],
}


@dataclass(frozen=True, slots=True)
class WantedSchedule:
    """What one schedule trigger asks for; `digest` tells one state of it from another.

    `holidays_until` is the last day whose holidays the schedule knows, None without a calendar.
    """

    id: str
    workflow: str
    rule: p.ScheduleTrigger
    schedule: Schedule
    digest: str
    holidays_until: date | None


def prefix(tenant: str) -> str:
    """What the ids of a tenant's schedules begin with."""
    return f"kronos:{tenant}:"


def wanted_schedules(document: Mapping[str, Any], tenant: str, today: date) -> dict[str, WantedSchedule]:
    """The schedules that a release asks for, by id: `kronos:<tenant>:<workflow>:<place of the trigger>`."""
    found = {}
    for workflow, entry in sorted(document["plans"].items()):
        plan = read_plan(entry["document"], entry["digest"])
        for rule in plan.triggers:
            if isinstance(rule, p.ScheduleTrigger):
                id = f"{prefix(tenant)}{workflow}:{rule.place}"
                content = entry["document"]["triggers"][rule.place - 1]
                found[id] = _wanted(id, plan, rule, content, document["digest"], tenant, today)
    return found


def _wanted(
    id: str, plan: p.Plan, rule: p.ScheduleTrigger, content: Any, release: str, tenant: str, today: date
) -> WantedSchedule:
    until = None if rule.calendar is None else date(today.year + YEARS_AHEAD, 12, 31)
    given = None if rule.each else _input(plan, rule)
    closed = [] if until is None else closed_days(str(rule.calendar), date(today.year, 1, 1), until)
    # Not the release: a schedule stays as it is while what it asks for is the same.
    digest = plain_json.digest([content, plan.summary, given, closed])
    action = _action(plan, rule, release, tenant, given, digest)
    spec = ScheduleSpec(cron_expressions=[rule.schedule], time_zone_name=rule.timezone, skip=skipped(closed))
    overlap = ScheduleOverlapPolicy[rule.overlap.upper()]
    schedule = Schedule(
        action=action,
        spec=spec,
        policy=SchedulePolicy(overlap=overlap, catchup_window=CATCH_UP),
        state=ScheduleState(),
    )
    return WantedSchedule(id, plan.workflow, rule, schedule, digest, until)


def _input(plan: p.Plan, rule: p.ScheduleTrigger) -> Any:
    """The start input, which is the same each time: nothing changes that it could be made of."""
    given, _ = fill_and_check(plan.input, rule.input.render({}))
    return given


def _action(
    plan: p.Plan, rule: p.ScheduleTrigger, release: str, tenant: str, given: Any, digest: str
) -> ScheduleActionStartWorkflow:
    summary = plan.summary
    if rule.each:
        sweep = {"tenant": tenant, "release": release, "workflow": plan.workflow, "trigger": rule.place}
        given, summary = sweep, f"Start {plan.workflow} for every portfolio that it is for"
    return ScheduleActionStartWorkflow(
        SWEEP if rule.each else plan.workflow,
        given,
        # Temporal adds the scheduled time.
        id=f"{SWEEP if rule.each else 'schedule'}:{plan.workflow}:{rule.place}",
        task_queue=QUEUES["light"],
        static_summary=summary[:LABEL],
        memo={MEMO: digest},
    )


def closed_days(exchange: str, first: date, last: date) -> list[date]:
    """The days from `first` to `last` on which the exchange has no session."""
    open_days = set(sessions_between(exchange, first, last))
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in days if day not in open_days]


def skipped(closed: list[date]) -> list[ScheduleCalendarSpec]:
    """The calendars that take these days out of a schedule, one for each month that has some."""
    months: dict[tuple[int, int], list[int]] = {}
    for day in closed:
        months.setdefault((day.year, day.month), []).append(day.day)
    return [
        ScheduleCalendarSpec(
            **_WHOLE_DAY,
            year=[ScheduleRange(year)],
            month=[ScheduleRange(month)],
            day_of_month=[ScheduleRange(day) for day in days],
        )
        for (year, month), days in months.items()
    ]
