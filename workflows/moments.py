"""Moments that a run waits for: spans of time, sessions of an exchange, dates."""

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from dsl import plan as p
from dsl.durations import DurationError, Sessions, parse_duration
from dsl.expressions import Template
from workflows.calls import duration
from workflows.frame import Frame
from workflows.outcomes import StepFailed

if TYPE_CHECKING:
    from workflows.interpreter import Interpreter


async def after(
    run: "Interpreter", template: Template, step: p.Step, frame: Frame, start: datetime | None = None
) -> datetime:
    """The moment a span of time after `start` (by default now); sessions are those of the step's calendar."""
    value = run.render(template, frame)
    begin = start or run.now()
    try:
        span = parse_duration(value) if isinstance(value, str) else value
        if not isinstance(span, Sessions):
            return begin + duration(span)
    except (DurationError, OverflowError) as error:
        raise StepFailed("ExpressionFailed", str(error), frame.place.runtime, cause=error) from error
    if step.calendar is None:
        raise StepFailed(
            "ExpressionFailed", f"`{value}` counts sessions, of no exchange", frame.place.runtime
        )
    given = {"exchange": step.calendar, "after": begin.isoformat(), "sessions": span.count}
    return await _ask(run, given, frame, f"Count sessions of {step.calendar}")


async def until(run: "Interpreter", step: p.Wait, frame: Frame) -> datetime:
    """The moment that a `wait` names: at its end, of its expression, or of the exchange's next session."""
    if step.wait is not None:
        return await after(run, step.wait, step, frame)
    if step.until is not None:
        return moment(run.evaluate(step.until, frame), frame)
    given = {"exchange": step.session, "after": run.now().isoformat(), "at": step.at}
    return await _ask(run, given, frame, f"Find the next session of {step.session}")


def moment(value: Any, frame: Frame) -> datetime:
    """A date or moment of the language; a date begins at midnight UTC."""
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, date):
            return datetime.combine(value, time(), UTC)
    except ValueError as error:
        raise StepFailed("ExpressionFailed", f"no date or moment: {error}", frame.place.runtime) from error
    raise StepFailed("ExpressionFailed", "`until` needs a date or a moment", frame.place.runtime)


async def _ask(run: "Interpreter", given: dict[str, Any], frame: Frame, label: str) -> datetime:
    identity = run.caller.identity(frame.place, part="/calendar")
    found = await run.caller.once("calendar.find_moment", given, identity, label)
    return datetime.fromisoformat(found["moment"]) if isinstance(found["moment"], str) else found["moment"]
