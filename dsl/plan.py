"""The plan: a definition after checking, as the interpreter reads it.

A plan is one JSON document (so that it can be stored in a release and pinned in a run's history)
and the frozen classes below are that document with its expressions compiled. The compiler writes
only what `to steps` here reads; `FORMAT` is raised when the two no longer fit.

The document of a step is `{"kind": ..., "id"?, "title"?, "when"?, "lock"?, "calendar"?, "record"?}`
plus the fields of its class, under the same names. Bare expressions are text, templates are any
JSON with `${ ... }` in its strings, durations that are constants are ISO-free text as written (`30d`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from dsl.expressions import Expression, Template
from dsl.tables.running import Table

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how fast a failed activity is tried again; durations as text."""

    attempts: int = 5
    first: str = "1s"
    factor: float = 2
    longest: str = "1m"


@dataclass(frozen=True, slots=True)
class Hold:
    """A failing run waits so long for a person of this role before it undoes."""

    duration: Template
    role: str


@dataclass(frozen=True, slots=True)
class Record:
    """A fact to append when the step is done; without `data` it carries the step's output."""

    fact: str
    data: Template | None


@dataclass(frozen=True, slots=True)
class Activity:
    """A call of a catalogue activity: its input and where and how it runs."""

    activity: str
    input: Template
    timeout: str
    retry: Retry
    local: bool  # pure and light: runs inside the workflow task
    role: str  # light | compute | broker


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What every kind of step has in common."""

    id: str | None = None
    title: Template | None = None
    when: Expression | None = None
    lock: Template | None = None
    calendar: str | None = None
    record: Record | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Step):
    call: Activity
    undo: Activity | None
    key: Template | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Set(Step):
    set: Mapping[str, Template]


@dataclass(frozen=True, slots=True)
class Branch:
    when: Expression | None  # None: otherwise
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose(Step):
    choose: tuple[Branch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel(Step):
    parallel: Mapping[str, tuple[Step, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForEach(Step):
    for_each: Expression
    as_: str
    at_most: Template
    steps: tuple[Step, ...]
    collect: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat(Step):
    until: Expression | None
    at_most: Template | None
    every: Template | None
    steps: tuple[Step, ...]
    on_exhausted: tuple[Step, ...] | None
    upgrade: bool  # the newest release is taken at the next turn


@dataclass(frozen=True, slots=True)
class Catch:
    errors: tuple[str, ...] | None  # None: every error but cancellation
    as_: str | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Try(Step):
    try_: tuple[Step, ...]
    catch: tuple[Catch, ...]
    finally_: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(Step):
    wait: Template | None  # a span of time
    until: Expression | None  # a date or moment
    session: str | None  # an exchange, whose next session is waited for
    at: str | None  # open | close


@dataclass(frozen=True, slots=True, kw_only=True)
class Receive(Step):
    receive: tuple[str, ...]
    where: Expression | None
    within: Template | None
    on_timeout: tuple[Step, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve(Step):
    role: str
    show: Template
    quorum: int
    four_eyes: Expression | None
    within: Template
    on_reject: tuple[Step, ...]
    on_timeout: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Emit(Step):
    emit: str
    data: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Step):
    run: str
    input: Template
    detached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail(Step):
    error: str
    message: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish(Step):
    finish: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What starts runs by itself; `place` counts the triggers of a definition from 1."""

    place: int
    each: bool  # looks at every portfolio
    where: Expression | None
    input: Template


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleTrigger(Trigger):
    schedule: str  # cron
    timezone: str
    calendar: str | None
    overlap: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTrigger(Trigger):
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdTrigger(Trigger):
    threshold: Expression
    rearm: Expression | None
    cooldown: str | None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A business event that a run takes as a signal, if what `match` names is equal."""

    event: str
    match: Template
    signal: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole definition, ready to run."""

    workflow: str
    version: int
    summary: str
    digest: str
    input: Mapping[str, Any]  # JSON Schema of the start input
    signals: Mapping[str, Mapping[str, Any]]  # JSON Schema of each signal
    search: Mapping[str, Template]
    on_failure: Hold | None
    steps: tuple[Step, ...]
    output: Template | None
    triggers: tuple[Trigger, ...] = ()
    subscribe: tuple[Subscription, ...] = ()
    tables: Mapping[str, Table] = field(default_factory=lambda: MappingProxyType({}))
