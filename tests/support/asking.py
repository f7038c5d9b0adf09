"""What runs say, asked from within the test: a command for each look would keep a core busy with starting."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from temporalio.api.enums.v1 import PendingActivityState
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from payloads import plain_json
from worker import client as house
from worker.connection import connect
from worker.errors import UnknownId
from worker.settings import Settings
from worker.states import ENDED

PATIENCE = 120.0
PAUSE = 0.2
Found = TypeVar("Found")
Json = dict[str, Any]


def ask(settings: Settings, question: Callable[[Client], Awaitable[Found]]) -> Found:
    """The answer to one question, over a connection of its own: servers come and go."""

    async def asked() -> Found:
        return await question(await connect(settings))

    return asyncio.run(asked())


def status(settings: Settings, run: str) -> Json | None:
    """The status of a run as the command prints it; None before there is one."""
    try:
        found = ask(settings, lambda client: house.status(client, run))
    except UnknownId:
        return None
    answer: Json = json.loads(plain_json.dumps(found))
    return answer


def runs(settings: Settings, query: str) -> list[str]:
    """The ids of the runs that match a list filter."""
    listed = ask(settings, lambda client: house.list_runs(client, query, limit=100))
    return sorted(run["workflow_id"] for run in listed)


def begun(settings: Settings, run: str) -> list[str]:
    """The activities of a run that workers are at; none before there is a run."""

    async def pending(client: Client) -> list[str]:
        try:
            described = await client.get_workflow_handle(run).describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return []
        known = described.raw_description.pending_activities
        started = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
        return [each.activity_type.name for each in known if each.state == started]

    return ask(settings, pending)


def until(look: Callable[[], Found | None], told: Callable[[], str] = lambda: "it never came") -> Found:
    """What a look finds once it finds something; what was `told` when it never does."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(PAUSE)
    raise AssertionError(told())


def until_status(settings: Settings, run: str, reached: Callable[[Json], bool]) -> Json:
    """The status of a run once it is there and `reached` is true of it."""
    seen: Json | None = None

    def look() -> Json | None:
        nonlocal seen
        seen = status(settings, run)
        return seen if seen is not None and reached(seen) else None

    return until(look, lambda: f"never reached: {json.dumps(seen, indent=1)[-4000:]}")


def over(found: Json) -> bool:
    """Whether a run goes no further by itself."""
    return found["state"] in {*ENDED, "held", "undo_stuck"}
