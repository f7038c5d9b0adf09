"""The dispatcher of business events: one run a tenant, there as long as any worker serves workflows."""

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from worker.rpc import named_errors
from worker.settings import Settings
from workflows.calls import QUEUES
from workflows.house import DISPATCH


def dispatcher_id(settings: Settings) -> str:
    """The workflow id of the dispatcher."""
    return f"kronos-dispatch:{settings.tenant}"


async def ensure_dispatcher(client: Client, settings: Settings) -> None:
    """Start the dispatcher unless it runs already."""
    workflow_id = dispatcher_id(settings)
    with named_errors(workflow_id):
        await client.start_workflow(
            DISPATCH,
            settings.tenant,
            id=workflow_id,
            task_queue=QUEUES["light"],
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary="Starts and signals the runs that business events are for",
        )
