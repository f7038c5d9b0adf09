"""Which activities stand behind a step, those of the engine itself included."""

from collections.abc import Iterator

from dsl import definition as written
from dsl.tree import ScalarNode


def activities_behind(step: written.Step) -> Iterator[tuple[str, ScalarNode]]:
    """The name of each activity the step calls beside its `call` and `undo`, and where that is written."""
    if step.record is not None:
        yield "events.record", step.record.fact
    if step.calendar is not None:
        yield "calendar.find_moment", step.calendar
    match step:
        case written.Approve():
            role = step.approve.get("role")
            if isinstance(role, ScalarNode):
                yield "approvals.open", role
        case written.Emit():
            yield "events.emit", step.emit
        case written.Wait(session=ScalarNode() as session):
            yield "calendar.find_moment", session
