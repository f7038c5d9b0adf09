"""A file of tests as it was read: what each test gives a run, and what it expects of it.

Every part keeps its node, so that what comes out otherwise is shown at the line that expected it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from dsl.tree import Node, ScalarNode, Tree

OUTCOMES = ("completed", "failed", "cancelled", "waiting", "held", "undo_stuck")
"""How a test can end; in the last three the run is still open."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The error of a stand-in; without `times` it comes at every attempt."""

    error: str
    times: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a stand-in answers: errors first, then `returns` if it `has_return`."""

    node: Node
    fails: Failure | None = None
    returns: Any = None
    has_return: bool = False


@dataclass(frozen=True, slots=True)
class StandIn:
    """Stands for one activity.

    `answers` are given one a call, the last one to all calls after it; those `by_step` stand for
    the calls of that step alone.
    """

    activity: str
    node: Node
    answers: tuple[Answer, ...] = ()
    by_step: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)

    @property
    def fails(self) -> bool:
        """Does it ever answer with an error."""
        lists = [self.answers, *self.by_step.values()]
        return any(answer.fails is not None for answers in lists for answer in answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something that reaches the run `after` so much virtual time from its start.

    `after` is None where the test does not say: as soon as the run can take it.
    """

    node: Node
    after: timedelta | None
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal(Message):
    name: str
    payload: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Message):
    name: str
    data: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval(Message):
    step: str
    decision: str
    by: str
    role: str | None
    comment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry(Message):
    """A person has a held step run again; None is the system's user."""

    step: str | None
    by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel(Message):
    """A person cancels the run."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """One entry of `expect`: the value, and the node that says so."""

    node: Node
    value: Any


@dataclass(frozen=True, slots=True)
class Scenario:
    """One test; `node` is its name as written, `whole` all of it.

    `until` ends it at that virtual moment, however the run stands then.
    """

    name: str
    node: ScalarNode
    whole: Node
    input: Any
    stand_ins: Mapping[str, StandIn]
    messages: tuple[Message, ...]
    until: timedelta | None
    expect: Mapping[str, Expectation]

    @property
    def outcome(self) -> str:
        """How the run is to end; `completed` where the test does not say."""
        return str(self.expect["outcome"].value) if "outcome" in self.expect else "completed"


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """The tests of one workflow; `people` says who holds which role, None that everybody holds every one."""

    path: str
    workflow: str
    tree: Tree
    scenarios: tuple[Scenario, ...]
    people: Mapping[str, tuple[str, ...]] | None = None
