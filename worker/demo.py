"""The demonstration: one client from questionnaire to filled orders, the parts of people played here."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from worker import approving, client
from worker.embedded import Embedded
from worker.inputs import read_json
from worker.records import list_events, show_portfolio

WORKFLOW = "onboarding"
PAUSE = 0.1
MOST_EVENTS = 1000


@dataclass(slots=True)
class Demo:
    """One run of the demonstration; `run` yields its statuses, `summary` says what came of it."""

    house: Embedded
    workflow_id: str = ""
    seconds: float = 0.0
    last: dict[str, Any] = field(default_factory=dict)

    async def run(self) -> AsyncIterator[dict[str, Any]]:
        """Start the example client, answer whatever the run waits for, approve whatever it asks."""
        began = time.monotonic()
        given = read_json(str(example(WORKFLOW)))
        plan = await client.check(self.house.settings, WORKFLOW, given)
        self.workflow_id = await client.start(self.house.client, self.house.settings, plan, given)
        answers, decided = answers_of(given), set[str]()
        async for status in client.watch(self.house.client, self.workflow_id, pause=PAUSE):
            self.last = status
            yield status
            if _is_held(status):
                break  # nobody is there to retry it
            for name in [name for name in answers if name in (status["waits_for"] or "")]:
                await client.signal(self.house.client, self.workflow_id, name, answers.pop(name))
            for asked in [asked for asked in _approvals(status) if asked["digest"] not in decided]:
                decided.add(asked["digest"])
                await self._approve(asked)
        self.seconds = time.monotonic() - began

    async def _approve(self, asked: dict[str, Any]) -> None:
        """The first person who may decide looks at what is shown, and approves it."""
        word = {"decision": "approve", "by": asked["eligible"][0], "role": asked["role"]}
        decision = {**word, "step": asked["step"], "digest": asked["digest"]}
        await approving.decide(self.house.client, asked["workflow_id"], decision)

    async def summary(self) -> dict[str, Any]:
        """`{workflow_id, state, seconds, error, portfolio, facts}`; no portfolio when none was opened."""
        output = self.last.get("output") or {}
        portfolio_id = output.get("portfolio_id")
        settings = self.house.settings
        facts = await asyncio.to_thread(
            list_events, settings, stream=None, name=None, after=0, limit=MOST_EVENTS
        )
        portfolio = await asyncio.to_thread(show_portfolio, settings, portfolio_id) if portfolio_id else None
        return {
            "workflow_id": self.workflow_id,
            "state": self.last.get("state"),
            "error": self.last.get("error"),
            "seconds": round(self.seconds, 2),
            "portfolio": portfolio,
            "facts": [fact["name"] for fact in facts],
        }


def _approvals(status: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the run, or one that it waits for, asks people."""
    for asked in status.get("approvals") or ():
        yield {**asked, "workflow_id": status["workflow_id"]}
    for step in status["steps"]:
        if step.get("child"):
            yield from _approvals(step["child"])


def _is_held(status: dict[str, Any]) -> bool:
    """Whether the run, or one that it waits for, stands still until a person acts."""
    children = [step["child"] for step in status["steps"] if step.get("child")]
    return status["state"] in ("held", "undo_stuck") or any(map(_is_held, children))


def answers_of(given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What the client does when asked: hands in documents, signs, pays the money in."""
    return {
        "documents_received": {"document_ids": ["PASSPORT-1"]},
        "agreement_signed": {"signed_by": given["customer"]["name"]},
        "deposit_received": {"amount": given["capital"], "currency": "AUD", "reference": "DEPOSIT-1"},
    }


def example(workflow: str) -> Path:
    """The start input in ./examples, else the copy that was installed with Kronos."""
    here = Path("examples") / f"{workflow}.json"
    return here if here.is_file() else Path(__file__).resolve().parent.parent / here
