"""The runs that a workflow id had, each of which continued the one before."""

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistoryEventFilterType


async def run_chain(client: Client, workflow_id: str, run_id: str | None) -> list[str]:
    """The ids of the runs of which each continued the one before, first to last.

    They begin with the run that is given; without one they end with the newest of the workflow.
    """
    found: list[str] = []
    while run_id:
        found.append(run_id)
        last = await _event(client, workflow_id, run_id, WorkflowHistoryEventFilterType.CLOSE_EVENT)
        if last.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
            # It was open when it was reset: its parent waited for the run that went on from there.
            break
        run_id = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
        if not run_id:
            return found
    run_id, found = (await client.get_workflow_handle(workflow_id).describe()).run_id, []
    while run_id:
        found.insert(0, run_id)
        first = await _event(client, workflow_id, run_id, WorkflowHistoryEventFilterType.ALL_EVENT)
        run_id = first.workflow_execution_started_event_attributes.continued_execution_run_id
    return found


async def _event(
    client: Client, workflow_id: str, run_id: str, kind: WorkflowHistoryEventFilterType
) -> HistoryEvent:
    """The first event of this kind."""
    handle = client.get_workflow_handle(workflow_id, run_id=run_id)
    async for event in handle.fetch_history_events(page_size=1, event_filter_type=kind):
        return event
    return HistoryEvent()
