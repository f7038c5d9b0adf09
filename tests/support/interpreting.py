"""A real Temporal server, the real interpreter, and stand-ins for the house around it."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import Replayer, Worker

from payloads import plain_json
from payloads.call import Call
from store.keyring import open_keyring
from worker.converter import data_converter
from worker.dev_server import DevServer, start_dev_server
from worker.ports import free_ports
from worker.worker import workflow_runner
from workflows.run import KronosRun

RETRY = {"attempts": 1, "first": "1s", "factor": 2, "longest": "1s"}
StandIn = Callable[[dict[str, Any], Call], Any]


def call(id: str, activity: str = "portfolio.read", given: Any = None, **more: Any) -> dict[str, Any]:
    """A `call` step of a plan document; `undo` names the activity that undoes it."""
    undo = more.pop("undo", None)
    step = {"kind": "call", "id": id, "call": _activity(activity, given, more.pop("local", False)), **more}
    return step | ({"undo": _activity(undo, {"of": id}, False)} if undo else {})


def _activity(name: str, given: Any, local: bool) -> dict[str, Any]:
    return {
        "activity": name,
        "input": given or {},
        "timeout": "10s",
        "retry": RETRY,
        "local": local,
        "role": "light",
    }


def plan(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A plan document."""
    return {
        "format": 1,
        "workflow": "trial",
        "version": 1,
        "summary": "A trial",
        "input": {"type": "object"},
        "signals": {},
        "search": {},
        "on_failure": None,
        "steps": list(steps),
        **more,
    }


@dataclass
class House:
    """Plans, activities and what they were asked, in order."""

    plans: dict[str, dict[str, Any]]
    activities: Mapping[str, StandIn] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any], Call]] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)
    approvers: list[str] = field(default_factory=lambda: ["kim", "lee"])
    newest: str = "r1"
    older: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def publish(self, plans: dict[str, dict[str, Any]]) -> None:
        """A further release; runs that are pinned to the one before can still load it."""
        self.older[self.newest] = self.plans
        self.plans, self.newest = plans, f"r{len(self.older) + 1}"

    def asked(self, name: str) -> list[dict[str, Any]]:
        """The inputs that activity `name` was called with."""
        return [given for called, given, _ in self.calls if called == name]

    def definitions(self) -> list[Callable[..., Any]]:
        """The stand-ins as Temporal knows activities."""
        house: dict[str, StandIn] = {
            "runs.load_release": self._load,
            "leases.acquire": self._acquire,
            "leases.release": self._release,
            "events.record": lambda given, call: {"stream": call.stream, "sequence": 1},
            "events.emit": lambda given, call: {"stream": call.stream, "sequence": 1},
            "runs.mark": lambda given, call: given,
            "runs.allow_retry": lambda given, call: {"stream": call.stream, "sequence": 1},
            "approvals.open": lambda given, call: {"eligible": self.approvers},
        }
        return [
            self._definition(name, stand_in) for name, stand_in in (house | dict(self.activities)).items()
        ]

    def _definition(self, name: str, stand_in: StandIn) -> Callable[..., Any]:
        @activity.defn(name=name)
        async def perform(given: Any, call: Any) -> Any:
            caller = Call.model_validate(call)
            self.calls.append((name, given, caller))
            answer = stand_in(given, caller)
            return await answer if asyncio.iscoroutine(answer) else answer

        return perform

    def _load(self, given: dict[str, Any], _: Call) -> dict[str, Any]:
        release = given.get("release") or self.newest
        document = self.older.get(release, self.plans).get(given["workflow"])
        if document is None:
            raise ApplicationError("no such workflow", type="UnknownDefinition", non_retryable=True)
        digest = plain_json.digest(document)
        return {
            "plan": {} if given.get("unless") == digest else document,
            "plan_digest": digest,
            "release": release,
            "tenant": "main",
        }

    def _acquire(self, given: dict[str, Any], call: Call) -> dict[str, Any]:
        owner = self.held.setdefault(given["resource"], call.effect_root)
        return {"granted": owner == call.effect_root, "holder": "another-run", "position": 1}

    def _release(self, given: dict[str, Any], call: Call) -> dict[str, Any]:
        if self.held.get(given["resource"]) == call.effect_root:
            del self.held[given["resource"]]
        return {"released": True}


@contextmanager
def temporal_server(folder: Path, *extra: str) -> Iterator[DevServer]:
    """The embedded server on free ports, stopped by process id."""
    server = start_dev_server(
        database=folder / "temporal.db", log=folder / "temporal.log", port=free_ports(1)[0], extra=extra
    )
    try:
        yield server
    finally:
        server.stop()


async def connected(server: DevServer, folder: Path) -> Client:
    """A client with a key of its own folder."""
    converter = data_converter(open_keyring(folder / "keys.json"), "default")
    return await Client.connect(server.address, data_converter=converter)


@asynccontextmanager
async def working(
    client: Client, house: House, *, cached: int = 100, replayed: bool = False
) -> AsyncIterator[None]:
    """A worker that runs plans of the house; in the end every run may be `replayed` from its history.

    `cached=0` replays runs at each task, one task at a time: for runs that nobody writes to or looks at. With
    updates and queries it meets faults of the SDK (temporalio/sdk-python#1591) that workers with a cache never do.
    """
    began = datetime.now(UTC)
    worker = Worker(
        client,
        task_queue="kronos",
        workflows=[KronosRun],
        activities=house.definitions(),
        workflow_runner=workflow_runner(),
        max_cached_workflows=cached,
        max_concurrent_workflow_tasks=None if cached else 1,
    )
    async with worker:
        yield
    if replayed:
        await replay_all(client, began)


async def replay_all(client: Client, since: datetime) -> None:
    """Every run that began since then asks for what stands in its history, in the same order."""
    replayer = Replayer(
        workflows=[KronosRun], workflow_runner=workflow_runner(), data_converter=client.data_converter
    )
    runs = [run async for run in client.list_workflows(f"StartTime >= '{since.isoformat()}'")]
    assert runs
    for run in runs:
        handle = client.get_workflow_handle(run.id, run_id=run.run_id)
        await replayer.replay_workflow(await handle.fetch_history())


async def start(client: Client, workflow: str = "trial", given: Any = None) -> WorkflowHandle[Any, Any]:
    """A new run of a plan."""
    return await client.start_workflow(
        workflow, given or {}, id=f"{workflow}-{uuid.uuid4()}", task_queue="kronos"
    )


async def until(
    handle: WorkflowHandle[Any, Any], reached: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """The run's status once `reached` is true of it.

    It is asked for twice: a query may see what the next workflow task will make of the history, and only the
    one behind it waits for that task. What is sent in between would come too early.
    """
    before = False
    for _ in range(1200):
        status: dict[str, Any] = await handle.query("status")
        now = reached(status)
        if now and before:
            return status
        before = now
        await asyncio.sleep(0 if now else 0.05)
    raise AssertionError(f"never reached; the run stands at {plain_json.dumps(status, indent=1)}")


def refuse(type: str, message: str = "no") -> ApplicationError:
    """An error of an activity that trying again does not help."""
    return ApplicationError(message, {"path": "with.x"}, type=type, non_retryable=True)


def fails(type: str) -> StandIn:
    """A stand-in that always fails."""

    def stand_in(given: dict[str, Any], _: Call) -> Any:
        raise refuse(type)

    return stand_in


def echo(given: dict[str, Any], _: Call) -> Any:
    """A stand-in that answers what it is given."""
    return given


async def failure_of(run: Any) -> ApplicationError:
    """The error that a run ends with."""
    with pytest.raises(WorkflowFailureError) as caught:
        await run
    assert isinstance(caught.value.cause, ApplicationError)
    return caught.value.cause
