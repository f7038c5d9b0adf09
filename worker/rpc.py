"""Temporal's errors in the words of this package."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from worker.errors import Refused, ServerUnreachable, UnknownId

UNREACHABLE = (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)


@contextmanager
def named_errors(workflow_id: str = "") -> Iterator[None]:
    """Turn what the client raises while it speaks of the run `workflow_id` into errors with a name."""
    try:
        yield
    except RPCError as error:
        raise _of_rpc(error, workflow_id) from error
    except WorkflowAlreadyStartedError as error:
        raise Refused(
            f"a run {workflow_id} is open already; choose another --id, or cancel that one first",
            name="AlreadyRunning",
        ) from error
    except WorkflowUpdateFailedError as error:
        raise _of_cause(error.cause) from error
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        raise Refused(
            f"no worker answered for {workflow_id}; is one running? `kronos doctor` looks", name="NoWorker"
        ) from error
    except ApplicationError as error:
        raise _of_cause(error) from error


def _of_rpc(error: RPCError, workflow_id: str) -> Refused | ServerUnreachable:
    if error.status is RPCStatusCode.NOT_FOUND:
        if "already completed" in error.message:
            return Refused(f"the run {workflow_id} has ended already", name="AlreadyEnded")
        return UnknownId(f"there is no run {workflow_id}; `kronos list` shows them", name="UnknownRun")
    if error.status in UNREACHABLE:
        return ServerUnreachable(f"the Temporal server does not answer: {error.message}")
    return Refused(f"the Temporal server refused: {error.message}", name=error.status.name.title())


def _of_cause(cause: BaseException | None) -> Refused:
    if isinstance(cause, ApplicationError):
        return Refused(cause.message, name=cause.type or "Refused")
    return Refused(str(cause), name=type(cause).__name__)
