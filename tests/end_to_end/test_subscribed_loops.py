"""A run that takes events and continues as new gets each of them once, on the real installation."""

import asyncio
import time
from pathlib import Path
from typing import Any

from temporalio.client import Client

from tests.support.interpreting import until
from tests.support.reacting import TAKES_DEPOSITS, write_reacting
from tests.support.town import Town, town
from worker import business_events
from worker.connection import connect

GATHERING = f"""\
workflow: gathering
version: 1
summary: Takes the deposits of its portfolio, one a turn
{TAKES_DEPOSITS}
steps:
  - set: {{amounts: []}}
  - repeat: {{until: size(vars.amounts) >= 24}}
    steps:
      - {{id: next, receive: deposit}}
      - set: {{amounts: "${{ vars.amounts + [steps.next.payload.amount] }}"}}
output: {{amounts: "${{ vars.amounts }}"}}
"""
# A history is long after twenty events, so that the run continues as new every few turns.
SHORT_HISTORIES = {"limit__historyCount__suggestContinueAsNew": "20"}
EVENTS = 24


async def test_every_event_is_taken_once_through_continuing_as_new(tmp_path: Path) -> None:
    """Those emitted one by one, and those emitted in a burst, some of them just while the run continues."""
    definitions = write_reacting(tmp_path / "definitions", gathering=GATHERING)
    with town(tmp_path / "data", definitions, reviewed=False, **SHORT_HISTORIES) as place:
        place.start_worker()
        client = await connect(place.settings)
        run = await client.start_workflow(
            "gathering", {"portfolio_id": "P-7"}, id="gathering-1", task_queue="kronos"
        )
        await until(run, lambda status: status["waits_for"] == "deposit")
        await asyncio.to_thread(emit_all, place)
        output = await asyncio.wait_for(run.result(), 120)
        assert output == {"amounts": list(range(EVENTS))}
        assert await runs_of(client, run.id) > 2
        facts = await asyncio.to_thread(unread, place)
    assert facts == []


def emit_all(place: Town) -> None:
    """A dozen with a pause between them, the others at once; each also twice under its id."""
    for amount in range(EVENTS):
        for _ in range(2):
            data = {"portfolio_id": "P-7", "amount": amount}
            business_events.emit(place.settings, "deposit_received", data, f"E-{amount}")
        if amount < EVENTS // 4:
            time.sleep(0.2)


async def runs_of(client: Client, workflow_id: str) -> int:
    """How many runs, each continuing the one before, the workflow id had."""
    return len([found async for found in client.list_workflows(f"WorkflowId = '{workflow_id}'")])


def unread(place: Town) -> list[Any]:
    """What the log says of signals that no step read, or that did not fit."""
    listed = [
        place.answer("events", "list", "--name", name)["events"]
        for name in ("SignalUnread", "SignalRejected")
    ]
    return [event for events in listed for event in events]
