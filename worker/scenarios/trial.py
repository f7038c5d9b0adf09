"""One test while it runs: its stand-ins, what they were asked, and the runs that belong to it."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from dsl.literals import alternatives, field_schema, item_schema
from dsl.scenarios.model import Answer, Approval, Scenario, ScenarioFile, StandIn
from dsl.scenarios.verdict import LEFT_OUT, NO_STAND_IN, Note, Seen
from payloads.facts import ActivityFacts, activity_facts

TURNS = re.compile(r"(?<=[.\[])\d+")
"""Of the loops that a run stands in, in its id: runs that begin at once are told apart by them."""
Started = Callable[["RunOfTrial"], Awaitable[None]]


@dataclass(slots=True)
class RunOfTrial:
    """A run that belongs to a test: the one it starts, or one that this one runs."""

    id: str
    workflow: str
    wanted: list[dict[str, Any]] = field(default_factory=list)
    """The business events that it takes."""
    statuses: list[dict[str, Any]] = field(default_factory=list)
    """As it stood whenever it went on as new, and when it ended."""
    ended_at: datetime | None = None
    """In its own virtual time."""


@dataclass(slots=True)
class _Given:
    """How far a list of answers is used up."""

    index: int = 0
    failed: int = 0


class Trial:
    """What one test gives its runs, and what it sees of them. All of it happens in one event loop."""

    def __init__(self, file: ScenarioFile, scenario: Scenario, id: str) -> None:
        self.file = file
        self.scenario = scenario
        self.id = id
        self.seen = Seen()
        self.runs: dict[str, RunOfTrial] = {}
        self.calls: Counter[str] = Counter()
        self.answers: dict[tuple[str | None, str, int], asyncio.Future[Any]] = {}
        """Of local calls, by run, id and attempt."""
        self.ahead: dict[str, int] = {}
        """By run, nanoseconds that its own clock is ahead of the server's."""
        self.on_start: Started | None = None
        self._given: dict[int, _Given] = {}

    @property
    def timed(self) -> bool:
        """Does the test do something at moments of its own, so that time must not run on freely."""
        return bool(self.scenario.messages) or self.scenario.until is not None

    def open(self) -> list[RunOfTrial]:
        """The runs that have not ended."""
        return [run for run in self.runs.values() if run.ended_at is None]

    def below(self) -> list[RunOfTrial]:
        """Those of them that the test's own run started, the turns of a loop in order."""
        found = [run for run in self.open() if run.id != self.id]
        return sorted(found, key=lambda run: [int(turn) for turn in TURNS.findall(run.id)])

    async def run(self, id: str, workflow: str) -> RunOfTrial:
        """The run of this id; one that is new is told to `on_start` before it does anything."""
        found = self.runs.get(id)
        if found is None:
            found = self.runs[id] = RunOfTrial(id, workflow)
            if self.on_start is not None:
                await self.on_start(found)
        return found

    def answer(self, facts: ActivityFacts, step: str | None) -> Any:
        """What stands in for a call; ApplicationError for one that fails, Missing where nothing stands in."""
        self.calls[facts.name] += 1
        answers = _answers(self.scenario.stand_ins.get(facts.name), step)
        if not answers:
            raise Missing
        return self._next(answers, facts)

    def _next(self, answers: tuple[Answer, ...], facts: ActivityFacts) -> Any:
        given = self._given.setdefault(id(answers), _Given())
        is_last = given.index >= len(answers) - 1
        answer = answers[min(given.index, len(answers) - 1)]
        failure = answer.fails
        if failure is None:
            given.index += 1
            return answer.returns
        # In a list an error comes once; at its end, or alone, for as long as it says.
        times = failure.times if failure.times is not None or is_last else 1
        if times is not None and given.failed >= times:
            if not answer.has_return:
                raise Missing
            if not is_last:
                given.index, given.failed = given.index + 1, 0
            return answer.returns
        given.failed += 1
        if not is_last and not answer.has_return and given.failed == times:
            given.index, given.failed = given.index + 1, 0
        raise ApplicationError(
            failure.message,
            {"path": ""},
            type=failure.error,
            non_retryable=not facts.errors.get(failure.error, failure.error == "Timeout"),
            category=ApplicationErrorCategory.BENIGN,  # it was asked for: nothing for the log
        )

    def lacks_stand_in(self, name: str, step: str | None) -> ApplicationError:
        """Note that an activity was reached that nothing stands in for."""
        at = f" at step `{step}`" if step else ""
        message = f"{name} was reached{at}, and the test has no stand-in for it"
        self.note(Note(NO_STAND_IN, None, message, f"add `{name}: {{returns: …}}` to `activities`"))
        return ApplicationError(
            message, type="NoStandIn", non_retryable=True, category=ApplicationErrorCategory.BENIGN
        )

    def note(self, note: Note) -> None:
        """Keep what went wrong, once."""
        if note not in self.seen.notes:
            self.seen.notes.append(note)

    def eligible(self, role: str) -> list[str]:
        """Who holds a role: those that the file says, else everybody who decides in this test."""
        if self.file.people is not None:
            return list(self.file.people.get(role, ()))
        deciding = [message.by for message in self.scenario.messages if isinstance(message, Approval)]
        # A quorum must be possible where nobody is to decide, so that the approval opens and times out.
        return list(dict.fromkeys([*deciding, *(f"{role}-{n}" for n in range(1, 10))]))

    def ended(self, id: str, status: dict[str, Any], now: datetime, goes_on: bool) -> None:
        """A run of this test has ended, or goes on as new."""
        run = self.runs.get(id)
        if run is not None:
            run.statuses.append(status)
            run.ended_at = None if goes_on else now

    def conclude(self, own: RunOfTrial, took: timedelta) -> None:
        """Gather what was seen; `own` is the run that the test started."""
        status, seen = own.statuses[-1], self.seen
        error = status["error"] or {}
        # A run that waits beside something that does not is still one that waits.
        seen.outcome = "waiting" if status["state"] == "running" else status["state"]
        seen.error, seen.message = error.get("type"), error.get("message")
        seen.output, seen.waits_for = status["output"], status["waits_for"]
        seen.path, seen.undone = status["path"], status["undone"]
        seen.calls, seen.took = dict(self.calls), took
        seen.begun = {
            step["id"]
            for run in self.runs.values()
            for found in run.statuses
            for step in found["steps"]
            if step["attempts"] and step["id"]
        }
        self._blame_stand_ins()

    def _blame_stand_ins(self) -> None:
        """Say which stand-in left out the field that the run could not read."""
        message = self.seen.message or ""
        if self.seen.error != "ExpressionFailed":
            return
        for stand_in in self.scenario.stand_ins.values():
            schema = activity_facts()[stand_in.activity].output_schema
            for answer in _all_answers(stand_in):
                for name in _left_out(answer, schema):
                    if f"`{name}`" in message:
                        text = f"the run reads `{name}` of {stand_in.activity}, which the stand-in leaves out"
                        self.note(Note(LEFT_OUT, answer.node, text, f"add `{name}: …`"))


class Missing(Exception):
    """Nothing stands in for the call."""


def _answers(stand_in: StandIn | None, step: str | None) -> tuple[Answer, ...]:
    if stand_in is None:
        return ()
    return stand_in.by_step.get(step or "", stand_in.answers)


def _all_answers(stand_in: StandIn) -> list[Answer]:
    return [*stand_in.answers, *(answer for answers in stand_in.by_step.values() for answer in answers)]


def _left_out(answer: Answer, schema: Mapping[str, Any]) -> list[str]:
    """Fields of the output, at any depth, that the schema has and the answer does not."""
    found: list[str] = []

    def look(value: Any, part: Any) -> None:
        for one in alternatives(part, schema):
            properties = one.get("properties", {})
            if isinstance(value, dict):
                found.extend(name for name in properties if name not in value)
                for name, inner in value.items():
                    look(inner, field_schema(one, schema, name))
            if isinstance(value, list):
                for place, item in enumerate(value):
                    look(item, item_schema(one, schema, place))

    if answer.has_return:
        look(answer.returns, schema)
    return found
