"""A definition as it was written: its parts by name, every one with its place.

The classes mirror those of `dsl.plan`, but hold nodes of the tree in place of values, so that the
checker can point at what it means. `dsl.structure` reads them, `dsl.check` checks them and
`dsl.compile` makes a plan of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dsl.tree import MapEntry, MapNode, Node, ScalarNode


@dataclass(frozen=True, slots=True)
class Record:
    """`record`: a fact to append when the step is done."""

    fact: ScalarNode
    data: Node | None


@dataclass(frozen=True, slots=True)
class ActivityCall:
    """`call` with its `with`, `timeout` and `retry`, as a step or as its undo has them."""

    activity: ScalarNode
    input: Node | None
    timeout: ScalarNode | None
    retry: Mapping[str, ScalarNode]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What every kind of step has in common."""

    node: Node
    id: ScalarNode | None = None
    title: ScalarNode | None = None
    when: Node | None = None
    lock: Node | None = None
    calendar: ScalarNode | None = None
    record: Record | None = None

    @property
    def blocks(self) -> "tuple[Block, ...]":
        """The lists of steps inside, in the order written."""
        return ()


@dataclass(frozen=True, slots=True)
class Block:
    """A list of steps inside a step."""

    node: Node
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken(Step):
    """A step whose kind could not be read; it keeps its id known, so that one fault is one problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Step):
    call: ActivityCall
    undo: ActivityCall | None
    undo_none: ScalarNode | None
    key: ScalarNode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Set(Step):
    set: MapNode


@dataclass(frozen=True, slots=True)
class Branch:
    node: MapNode
    when: Node | None
    block: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose(Step):
    choose: tuple[Branch, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(branch.block for branch in self.choose)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel(Step):
    parallel: Mapping[str, Block]

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(self.parallel.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ForEach(Step):
    for_each: Node
    as_: ScalarNode
    at_most: ScalarNode | None
    body: Block
    collect: Node | None

    @property
    def blocks(self) -> tuple[Block, ...]:
        return (self.body,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat(Step):
    until: Node | None
    at_most: ScalarNode | None
    every: ScalarNode | None
    body: Block
    on_exhausted: Block | None
    upgrade: bool

    @property
    def blocks(self) -> tuple[Block, ...]:
        return (self.body, *_present(self.on_exhausted))


@dataclass(frozen=True, slots=True)
class Catch:
    node: Node
    errors: tuple[ScalarNode, ...] | None
    as_: ScalarNode | None
    block: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Try(Step):
    body: Block
    catch: tuple[Catch, ...]
    finally_: Block | None

    @property
    def blocks(self) -> tuple[Block, ...]:
        return (self.body, *(catch.block for catch in self.catch), *_present(self.finally_))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(Step):
    """A wait for a span of time, until a moment, or for an exchange's session: one of the three."""

    wait: ScalarNode | None = None
    until: Node | None = None
    session: ScalarNode | None = None
    at: ScalarNode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receive(Step):
    receive: tuple[ScalarNode, ...]
    where: Node | None
    within: ScalarNode | None
    on_timeout: Block | None

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(_present(self.on_timeout))


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve(Step):
    approve: Mapping[str, Node]
    within: ScalarNode | None
    on_reject: Block | None
    on_timeout: Block | None

    @property
    def blocks(self) -> tuple[Block, ...]:
        return (*_present(self.on_reject), *_present(self.on_timeout))


@dataclass(frozen=True, slots=True, kw_only=True)
class Emit(Step):
    emit: ScalarNode
    data: Node | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Step):
    run: ScalarNode
    input: Node | None
    detached: ScalarNode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail(Step):
    error: ScalarNode
    message: ScalarNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish(Step):
    finish: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What every kind of trigger has in common; `each` says that it looks at every portfolio."""

    node: MapNode
    each: bool = False
    where: Node | None = None
    input: MapNode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleTrigger(Trigger):
    schedule: ScalarNode
    timezone: ScalarNode
    calendar: ScalarNode | None
    overlap: ScalarNode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTrigger(Trigger):
    event: ScalarNode


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdTrigger(Trigger):
    threshold: ScalarNode
    rearm: ScalarNode | None
    cooldown: ScalarNode | None


@dataclass(frozen=True, slots=True)
class Subscription:
    """`subscribe`: a business event that the run takes as a signal."""

    node: MapNode
    event: ScalarNode
    match: MapNode | None
    signal: ScalarNode


@dataclass(frozen=True, slots=True)
class Hold:
    """`on_failure`."""

    duration: ScalarNode
    role: ScalarNode


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition file whose structure is known; parts that could not be read are left out."""

    node: MapNode
    workflow: ScalarNode
    version: ScalarNode
    summary: ScalarNode
    input: Node | None
    signals: tuple[MapEntry, ...]
    timeout: ScalarNode | None
    retry: Mapping[str, ScalarNode]
    on_failure: Hold | None
    search: MapNode | None
    body: Block
    output: Node | None
    triggers: tuple[Trigger, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()

    def walk(self) -> Iterator[Step]:
        """Every step, outer before inner, in the order written."""
        return walk(self.body)


def walk(block: Block) -> Iterator[Step]:
    """Every step of a block and of the blocks inside it."""
    for step in block.steps:
        yield step
        for inner in step.blocks:
            yield from walk(inner)


def _present(block: Block | None) -> tuple[Block, ...]:
    return () if block is None else (block,)
