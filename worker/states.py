"""The states of a run in the words of `kronos status`."""

from temporalio.client import WorkflowExecutionStatus

OF_TEMPORAL = {
    WorkflowExecutionStatus.COMPLETED: "completed",
    WorkflowExecutionStatus.FAILED: "failed",
    WorkflowExecutionStatus.CANCELED: "cancelled",
    WorkflowExecutionStatus.TERMINATED: "terminated",
    WorkflowExecutionStatus.TIMED_OUT: "timed_out",
}
ENDED = frozenset(OF_TEMPORAL.values())


def ended_state(status: WorkflowExecutionStatus | None) -> str | None:
    """How a run ended; None while it is open."""
    return OF_TEMPORAL.get(status) if status is not None else None


def open_state(waits_for: str | None) -> str:
    """The state of an open run, by what it says that it waits for."""
    if waits_for is None:
        return "running"
    if waits_for.startswith("retry of an undo"):
        return "undo_stuck"
    return "held" if waits_for.startswith("retry by") else "waiting"
