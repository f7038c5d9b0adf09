"""The virtual clock of one run: let it run on, or up to a moment and no further."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import TimeSkippingConfig, WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import UpdateWorkflowExecutionOptionsRequest
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper


class Clock:
    """The clock of a run, through all that it continues as."""

    def __init__(self, skipper: TimeSkipper, handle: WorkflowHandle[Any, Any]) -> None:
        self._skipper = skipper
        self._handle = handle

    async def now(self) -> datetime:
        """The run's time."""
        return await self._skipper.get_current_time(self._handle)

    async def run_on(self) -> None:
        """Skip whatever there is to wait for, until the run ends; nothing is waited for here."""
        # What the SDK offers for this also reads the whole history, event by event.
        request = UpdateWorkflowExecutionOptionsRequest(
            namespace=self._skipper.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=self._handle.id),
            workflow_execution_options=WorkflowExecutionOptions(
                time_skipping_config=TimeSkippingConfig(enabled=True, disable_propagation=True)
            ),
            update_mask=FieldMask(paths=["time_skipping_config"]),
        )
        with _ended_is_fine():
            await self._skipper.client.workflow_service.update_workflow_execution_options(request)

    async def next_moment(self) -> datetime | None:
        """When the first of the run's timers fires; None if it has none."""
        events = [event async for event in self._handle.fetch_history_events()]
        return min(open_timers(events), default=None)

    async def forward_to(self, moment: datetime) -> bool:
        """Skip to this moment and stop there, or at the run's end if that comes first; was it ahead."""
        with _ended_is_fine():
            left = moment - await self.now()
            if left > timedelta(0):
                await self._skipper.fast_forward(self._handle, left)
                return True
        return False


def open_timers(events: Iterable[HistoryEvent]) -> list[datetime]:
    """When each of the timers fires that a history sets and that neither fired nor was taken back."""
    timers: dict[int, datetime] = {}
    for event in events:
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
            length = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
            timers[event.event_id] = event.event_time.ToDatetime(UTC) + length
        elif event.event_type == EventType.EVENT_TYPE_TIMER_FIRED:
            timers.pop(event.timer_fired_event_attributes.started_event_id, None)
        elif event.event_type == EventType.EVENT_TYPE_TIMER_CANCELED:
            timers.pop(event.timer_canceled_event_attributes.started_event_id, None)
    return list(timers.values())


@contextmanager
def _ended_is_fine() -> Iterator[None]:
    """Who has ended needs no time."""
    try:
        yield
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
