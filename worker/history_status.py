"""The status of a run without a worker: its history, replayed by the workflow's own code.

It is what the run's worker told, or would have told, when it last decided something. What has come
since then (a raw signal, the end of an activity) counts once a worker has taken it up.
"""

import asyncio
import dataclasses
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowHistory
from temporalio.converter import PayloadConverter
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, WorkflowInstance, WorkflowInstanceDetails

from worker.states import ended_state
from workflows.run import KronosRun

WITHIN = 5.0  # seconds; ten thousand events take less than two
# Events of what a worker decided that do not name the task in which it did.
DECIDED = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
)


async def status_from_history(client: Client, described: WorkflowExecutionDescription) -> dict[str, Any]:
    """What `kronos status` prints, with `live: false`.

    `problem` says why the history does not fit this code, None if it does; what could not be told then
    is empty, as it is for a run that no worker has taken yet.
    """
    handle = client.get_workflow_handle(described.id, run_id=described.run_id)
    history = decided([event async for event in handle.fetch_history_events()])
    runner = _Asking(described.run_id, client.data_converter.payload_converter)
    problem = await _replay(client, WorkflowHistory(described.id, history), runner) if history else None
    status = {**_untaken(described), **(runner.answer or {}), "live": False, "problem": problem}
    ended = ended_state(described.status)
    return {**status, "state": ended, "waits_for": None, "current_steps": []} if ended else status


def decided(events: Sequence[HistoryEvent]) -> list[HistoryEvent]:
    """A history up to what its last finished workflow task decided; empty if there was none."""
    tasks = [
        place
        for place, event in enumerate(events)
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    ]
    if not tasks:
        return []
    end = tasks[-1] + 1
    while end < len(events) and _decided_in(events[tasks[-1]].event_id, events[end]):
        end += 1
    return list(events[:end])


def _decided_in(task: int, event: HistoryEvent) -> bool:
    about = getattr(event, event.WhichOneof("attributes") or "", None)
    return event.event_type in DECIDED or getattr(about, "workflow_task_completed_event_id", None) == task


async def _replay(client: Client, history: WorkflowHistory, runner: "_Asking") -> str | None:
    """Why the history does not fit this code; None if it does."""
    with ThreadPoolExecutor(1, "replay") as threads:
        replayer = Replayer(
            workflows=[KronosRun],
            workflow_runner=runner,
            unsandboxed_workflow_runner=runner,
            workflow_task_executor=threads,
            namespace=client.namespace,
            data_converter=client.data_converter,
            runtime=_quiet(),
        )
        try:
            async with asyncio.timeout(WITHIN):
                result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        except TimeoutError:
            return f"the history took longer than {WITHIN:.0f} seconds to replay"
    return str(result.replay_failure) if result.replay_failure is not None else None


@cache
def _quiet() -> Runtime:
    """A runtime without a log: what it warns of would go to stdout, between the data."""
    return Runtime(telemetry=TelemetryConfig(logging=None))


def _untaken(described: WorkflowExecutionDescription) -> dict[str, Any]:
    """The status of a run that no worker has taken yet."""
    return {
        "workflow_id": described.id,
        "workflow": described.workflow_type,
        "version": None,
        "release": "",
        "state": "running",
        "live": False,
        "current_steps": [],
        "waits_for": None,
        "steps": [],
        "output": None,
        "error": None,
        "path": [],
        "undone": [],
        "approvals": [],
        "upgrade": None,
        "signals_rejected": [],
        "signals_unread": [],
    }


class _Asking(UnsandboxedWorkflowRunner):
    """Runs a workflow as a worker does, and asks for its status before it is put away again.

    A replayer answers no queries. It tells each workflow to leave the cache when its history is at an
    end: that is where the query is put in.
    """

    def __init__(self, run_id: str, converter: PayloadConverter) -> None:
        super().__init__()
        self.answer: dict[str, Any] | None = None
        self._run_id = run_id
        self._converter = converter

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """The run, under its own id: a replayer takes that of the run it was reset from."""
        info = dataclasses.replace(det.info, run_id=self._run_id)
        instance = super().create_instance(dataclasses.replace(det, info=info))
        activate = instance.activate

        def asking(act: WorkflowActivation) -> WorkflowActivationCompletion:
            if any(job.HasField("remove_from_cache") for job in act.jobs):
                self._keep(activate(_query(act)))
            return activate(act)

        instance.activate = asking  # type: ignore[method-assign] # of this one alone: the SDK makes its class
        return instance

    def _keep(self, answered: WorkflowActivationCompletion) -> None:
        for command in answered.successful.commands:
            if command.respond_to_query.HasField("succeeded"):
                response = command.respond_to_query.succeeded.response
                self.answer = self._converter.from_payload(response)


def _query(act: WorkflowActivation) -> WorkflowActivation:
    asked = WorkflowActivation(
        run_id=act.run_id, timestamp=act.timestamp, is_replaying=True, history_length=act.history_length
    )
    job = asked.jobs.add().query_workflow
    job.query_id = job.query_type = "status"
    return asked
