"""Definitions in which any kind of step lies in any other, and what a run of each must leave.

A shape writes its steps and can play them: the play is a second, much smaller reading of the
language, and says what the interpreter must have called, finished, undone and put out.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
ITEMS = (1, 2)
CHILD = """\
workflow: child
version: 1
summary: What a step of kind run runs
input: {type: object, required: [at], properties: {at: {type: string}}}
steps:
  - {id: inner, call: notifications.send, with: {customer_id: C-1, template: child, values: {at: "${ input.at }"}}}
output: {at: "${ input.at }"}
"""
EVENTS = """\
facts:
  PodOptimized: {summary: A pod was optimised, producers: [nesting]}
business:
  drift_exceeded: {summary: It drifted}
"""


class Ended(Exception):
    """The play left the block that it was in."""


class Failing(Ended):
    """A typed error looks for a `catch`."""


class Finishing(Ended):
    """The run is over, with this output."""

    def __init__(self, output: Json) -> None:
        super().__init__("finished")
        self.output = output


@dataclass
class Play:
    """What a run leaves, in order; `loose` when turns at once make the order, or how much is done, open."""

    told: list[Json] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    signals: int = 0
    """How many of the signal `paid` it takes."""
    begun: list[list[str]] = field(default_factory=lambda: [[]])
    at_once: bool = False
    loose: bool = False
    output: Json | None = None
    error: str | None = None

    @contextmanager
    def step(self, id: str) -> Iterator[None]:
        """A step that is done when its body is, or when the run finishes inside of it."""
        try:
            yield
        except Finishing:
            self.finished.append(id)
            raise
        self.finished.append(id)

    @contextmanager
    def trying(self) -> Iterator[None]:
        """A `try`: what it began stays to be undone by the block around it."""
        self.begun.append([])
        try:
            yield
        finally:
            inner = self.begun.pop()
            self.begun[-1] += inner

    def undo(self) -> None:
        """Undo what the innermost `try` began, latest first."""
        self.undone += reversed(self.begun[-1])
        self.begun[-1].clear()


Names = Mapping[str, Any]
"""The names that a step sees: expression to value; while steps are written the values do not count."""


@dataclass(frozen=True)
class Shape:
    """Steps as a definition writes them, and how they are played; `ends` when nothing behind them is reached."""

    steps: list[Json]
    play: Callable[[Play, Names], None]
    ends: bool = False


class Ids:
    """Ids that are unique in a file."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, kind: str) -> str:
        self.count += 1
        return f"{kind}_{self.count}"


Make = Callable[[Ids, Sequence[str]], Shape]
"""Makes a shape of fresh ids where these expressions can be read."""


def tell(id: str, names: Sequence[str] = (), **more: Any) -> Json:
    """A call that says where it stands and what it sees there."""
    values = {"at": id, **{name: f"${{ {name} }}" for name in names}}
    given = {"customer_id": "C-1", "template": "seen", "values": values}
    return {"id": id, "call": "notifications.send", "with": given, **more}


def _leaf(
    kind: str, own: Callable[[str], Json], act: Callable[[Play, str], None], ends: bool = False
) -> Make:
    def make(ids: Ids, names: Sequence[str]) -> Shape:
        id = ids(kind)

        def play(run: Play, seen: Names) -> None:
            with run.step(id):
                act(run, id)

        return Shape([{"id": id, **own(id)}], play, ends)

    return make


def _told(kind: str, own: Json, act: Callable[[Play, str], None] = lambda run, id: None) -> Make:
    """A call that tells what it sees, with these further keys."""

    def make(ids: Ids, names: Sequence[str]) -> Shape:
        id = ids(kind)

        def play(run: Play, seen: Names) -> None:
            with run.step(id):
                run.told.append({"at": id, **seen})
                act(run, id)

        return Shape([{**tell(id, names), **own}], play)

    return make


def _skipped(ids: Ids, names: Sequence[str]) -> Shape:
    return Shape([tell(ids("skipped"), names, when="run.version > 1")], lambda run, seen: None)


def _set(ids: Ids, names: Sequence[str]) -> Shape:
    id, reader = ids("set"), ids("reader")
    name = f"of_{id}"

    def play(run: Play, seen: Names) -> None:
        run.finished += [id, reader]
        run.told.append({"at": reader, **seen, f"vars.{name}": 2})

    return Shape([{"id": id, "set": {name: "${ 1 + 1 }"}}, tell(reader, [*names, f"vars.{name}"])], play)


def _undone(ids: Ids, names: Sequence[str]) -> Shape:
    id = ids("undone")
    step = {
        "id": id,
        "call": "monitoring.start",
        "with": {"portfolio_id": id},
        "undo": {
            "call": "notifications.send",
            "with": {"customer_id": "C-1", "template": "undo", "values": {"undone": id}},
        },
    }

    def play(run: Play, seen: Names) -> None:
        run.begun[-1].append(id)
        run.finished.append(id)

    return Shape([step], play)


def _fail(run: Play, id: str) -> None:
    raise Failing("Trouble")


def _finish(run: Play, id: str) -> None:
    raise Finishing({"ended": id})


def _decided(run: Play, id: str) -> None:
    run.facts.append("ApprovalDecided")


def approve(answer: str, on_reject: list[Json], on_timeout: list[Json], within: str = "1h") -> Json:
    """An approval that the test's people answer as `show` says."""
    asked = {"role": "compliance", "show": {"answer": answer}}
    return {"approve": asked, "within": within, "on_reject": on_reject, "on_timeout": on_timeout}


STOP = [{"finish": {"ended": "not approved"}}]
TROUBLE = {"fail": {"error": "Trouble", "message": "no"}}

LEAVES: Mapping[str, Make] = {
    "call": _told("call", {}),
    "recorded": _told(
        "recorded", {"record": "PodOptimized"}, lambda run, id: run.facts.append("PodOptimized")
    ),
    "locked": _told("locked", {"lock": "${ run.id }-inner"}),
    "keyed": _told("keyed", {"key": "a-${ run.id }"}),
    "skipped": _skipped,
    "undone": _undone,
    "local": _leaf(
        "local",
        lambda id: {"call": "portfolio.investment_limits", "with": {"cash": 5000}},
        lambda run, id: None,
    ),
    "set": _set,
    "wait": _leaf("wait", lambda id: {"wait": "0.05s"}, lambda run, id: None),
    "wait_until": _leaf(
        "wait_until", lambda id: {"wait": {"until": "run.started_at + 0.05s"}}, lambda run, id: None
    ),
    "wait_session": _leaf(
        "wait_session", lambda id: {"wait": {"session": "XASX", "at": "open"}}, lambda run, id: None
    ),
    "receive": _leaf(
        "receive",
        lambda id: {"receive": "paid", "where": "signal.cents > 0"},
        lambda run, id: setattr(run, "signals", run.signals + 1),
    ),
    "approve": _leaf("approve", lambda id: approve("approve", STOP, STOP), _decided),
    "emit": _leaf(
        "emit",
        lambda id: {"emit": "drift_exceeded", "with": {"at": id}},
        lambda run, id: run.events.append(id),
    ),
    "run": _leaf(
        "run", lambda id: {"run": "child", "with": {"at": id}}, lambda run, id: run.told.append({"at": id})
    ),
    "fail": _leaf("fail", lambda id: TROUBLE, _fail, ends=True),
    "finish": _leaf("finish", lambda id: {"finish": {"ended": id}}, _finish, ends=True),
}


def sequence(*makes: Make) -> Make:
    """One after the other; only the last may always end."""

    def make(ids: Ids, names: Sequence[str]) -> Shape:
        shapes = [each(ids, names) for each in makes]

        def play(run: Play, seen: Names) -> None:
            for shape in shapes:
                shape.play(run, seen)

        return Shape([step for shape in shapes for step in shape.steps], play, shapes[-1].ends)

    return make


def choose(inner: Make) -> Make:
    """In the second branch."""

    def make(ids: Ids, names: Sequence[str]) -> Shape:
        id, body = ids("choose"), inner(ids, names)
        branches = [
            {"when": "run.version > 1", "steps": [tell(ids("never"))]},
            {"when": "run.version == 1", "steps": body.steps},
        ]

        def play(run: Play, seen: Names) -> None:
            with run.step(id):
                body.play(run, seen)

        return Shape([{"id": id, "choose": branches}], play)

    return make


def parallel(inner: Make) -> Make:
    """Beside a step that is over at once."""

    def make(ids: Ids, names: Sequence[str]) -> Shape:
        id, beside, body = ids("parallel"), ids("beside"), inner(ids, names)

        def play(run: Play, seen: Names) -> None:
            with run.step(id):
                run.finished.append(beside)
                body.play(run, seen)

        quick = [{"id": beside, "wait": "0s"}]
        return Shape([{"id": id, "parallel": {"quick": quick, "nested": body.steps}}], play, body.ends)

    return make


def race(inner: Make) -> Make:
    """Beside a wait, a lease and an approval that a failure cuts short, in a `try` that takes it."""

    def make(ids: Ids, names: Sequence[str]) -> Shape:
        id, body = ids("race"), inner(ids, names)
        branches = {
            "waiting": [{"receive": "never"}],
            "asking": [approve("nothing", STOP, STOP)],
            "trading": [{"lock": "${ run.id }-race", "try": [{"wait": "1h"}], "finally": [{"wait": "0s"}]}],
            "nested": [*body.steps, *([] if body.ends else [TROUBLE])],
        }
        steps: list[Json] = [{"parallel": branches}]

        def play(run: Play, seen: Names) -> None:
            with run.step(id), run.trying():
                try:
                    body.play(run, seen)
                    raise Failing("Trouble")
                except Failing:
                    run.undo()

        return Shape([{"id": id, "try": steps, "catch": [{"steps": [{"wait": "0s"}]}]}], play)

    return make


def each_in_turn(inner: Make) -> Make:
    """For each of two items, one after the other."""
    return _for_each(inner, at_most=1)


def each_at_once(inner: Make) -> Make:
    """For each of two items, both at once."""
    return _for_each(inner, at_most=2)


def _for_each(inner: Make, at_most: int) -> Make:
    def make(ids: Ids, names: Sequence[str]) -> Shape:
        id = ids("each")
        item = f"item_{ids.count}"
        body = inner(ids, [*names, item])

        def play(run: Play, seen: Names) -> None:
            run.at_once = run.at_once or at_most > 1
            with run.step(id):
                try:
                    for value in ITEMS:
                        body.play(run, {**seen, item: value})
                except Ended:
                    run.loose = run.loose or at_most > 1
                    raise

        step = {
            "id": id,
            "for_each": list(map(str, ITEMS)),
            "as": item,
            "at_most": at_most,
            "steps": body.steps,
        }
        return Shape([{**step, "collect": item}], play)

    return make


def repeat(inner: Make) -> Make:
    """Twice, by a condition."""

    def make(ids: Ids, names: Sequence[str]) -> Shape:
        id = ids("repeat")
        count = f"n_{ids.count}"
        body = inner(ids, [*names, f"vars.{count}"])
        counting = [] if body.ends else [{"set": {count: f"${{ vars.{count} + 1 }}"}}]
        loop = {"id": id, "repeat": {"until": f"vars.{count} >= 2", "at_most": 5}}

        def play(run: Play, seen: Names) -> None:
            with run.step(id):
                for turn in range(2):
                    body.play(run, {**seen, f"vars.{count}": turn})

        return Shape([{"set": {count: 0}}, {**loop, "steps": [*body.steps, *counting]}], play, body.ends)

    return make


def exhausted(inner: Make) -> Make:
    """When a loop's turns are used up."""

    def make(ids: Ids, names: Sequence[str]) -> Shape:
        id, body = ids("exhausted"), inner(ids, names)

        def play(run: Play, seen: Names) -> None:
            with run.step(id):
                body.play(run, seen)

        loop = {"id": id, "repeat": {"until": "1 > 2", "at_most": 1}, "steps": [{"wait": "0s"}]}
        return Shape([{**loop, "on_exhausted": body.steps}], play)

    return make


def tried(inner: Make) -> Make:
    """Inside a `try` that takes its errors."""

    def make(ids: Ids, names: Sequence[str]) -> Shape:
        id, body, caught = ids("try"), inner(ids, names), ids("caught")
        error = f"err_{ids.count}"

        def play(run: Play, seen: Names) -> None:
            with run.step(id), run.trying():
                try:
                    body.play(run, seen)
                except Failing as failing:
                    run.undo()
                    run.told.append({"at": caught, **seen, f"{error}.type": str(failing)})
                    run.finished.append(caught)

        catch = {"as": error, "steps": [tell(caught, [*names, f"{error}.type"])]}
        return Shape([{"id": id, "try": body.steps, "catch": [catch]}], play)

    return make


def caught(inner: Make) -> Make:
    """Where an error was taken."""

    def make(ids: Ids, names: Sequence[str]) -> Shape:
        id, begun = ids("catch"), ids("begun")
        error = f"err_{ids.count}"
        body = inner(ids, [*names, f"{error}.type"])
        undo = {
            "call": "notifications.send",
            "with": {"customer_id": "C-1", "template": "undo", "values": {"undone": begun}},
        }
        first = {"id": begun, "call": "monitoring.start", "with": {"portfolio_id": begun}, "undo": undo}

        def play(run: Play, seen: Names) -> None:
            with run.step(id):
                run.finished.append(begun)
                run.undone.append(begun)
                body.play(run, {**seen, f"{error}.type": "Trouble"})

        catch = {"errors": ["Trouble"], "as": error, "steps": body.steps}
        return Shape([{"id": id, "try": [first, TROUBLE], "catch": [catch]}], play, body.ends)

    return make


def finally_(inner: Make) -> Make:
    """In what is done at the end in any case, here after a failure."""

    def make(ids: Ids, names: Sequence[str]) -> Shape:
        id, body = ids("finally"), inner(ids, names)

        def play(run: Play, seen: Names) -> None:
            with run.step(id):
                body.play(run, seen)
                raise Failing("Trouble")

        return Shape([{"id": id, "try": [TROUBLE], "finally": body.steps}], play, ends=True)

    return make


def finally_well(inner: Make) -> Make:
    """In what is done at the end in any case, here after a success."""

    def make(ids: Ids, names: Sequence[str]) -> Shape:
        id, body = ids("finally"), inner(ids, names)

        def play(run: Play, seen: Names) -> None:
            with run.step(id):
                body.play(run, seen)

        return Shape([{"id": id, "try": [{"wait": "0s"}], "finally": body.steps}], play, body.ends)

    return make


def late(inner: Make) -> Make:
    """When a signal did not come in time."""

    def make(ids: Ids, names: Sequence[str]) -> Shape:
        id, body = ids("late"), inner(ids, names)

        def play(run: Play, seen: Names) -> None:
            with run.step(id):
                body.play(run, seen)

        return Shape([{"id": id, "receive": "never", "within": "0.05s", "on_timeout": body.steps}], play)

    return make


def rejected(inner: Make) -> Make:
    """When somebody said no; then the run is over."""
    return _not_approved(inner, "reject")


def unanswered(inner: Make) -> Make:
    """When nobody answered in time; then the run is over."""
    return _not_approved(inner, "nothing")


def _not_approved(inner: Make, answer: str) -> Make:
    def make(ids: Ids, names: Sequence[str]) -> Shape:
        id, body = ids("approve"), inner(ids, names)
        stop = ids("stop")
        block = [*body.steps, *([] if body.ends else [{"id": stop, "finish": {"ended": stop}}])]

        def play(run: Play, seen: Names) -> None:
            with run.step(id):
                if answer == "reject":
                    _decided(run, id)
                body.play(run, seen)
                run.finished.append(stop)
                raise Finishing({"ended": stop})

        if answer == "reject":
            return Shape([{"id": id, **approve(answer, block, STOP)}], play)
        return Shape([{"id": id, **approve(answer, STOP, block, within="0.05s")}], play)

    return make


def lock(inner: Make) -> Make:
    """Under a lease."""

    def make(ids: Ids, names: Sequence[str]) -> Shape:
        id, body = ids("lock"), inner(ids, names)

        def play(run: Play, seen: Names) -> None:
            with run.step(id):
                body.play(run, seen)

        step = {"id": id, "lock": "${ run.id }-outer", "try": body.steps, "finally": [{"wait": "0s"}]}
        return Shape([step], play, body.ends)

    return make


BLOCKS: Mapping[str, Callable[[Make], Make]] = {
    "choose": choose,
    "parallel": parallel,
    "race": race,
    "each_in_turn": each_in_turn,
    "each_at_once": each_at_once,
    "repeat": repeat,
    "exhausted": exhausted,
    "try": tried,
    "catch": caught,
    "finally": finally_,
    "finally_well": finally_well,
    "late": late,
    "rejected": rejected,
    "unanswered": unanswered,
    "lock": lock,
}


@dataclass(frozen=True)
class Nested:
    """A definition, what a run of it must leave, and the code with which it is refused instead, if any."""

    name: str
    text: str
    play: Play
    refused: str | None


SIGNALS: Mapping[str, Json] = {
    "paid": {"type": "object", "required": ["cents"], "properties": {"cents": {"type": "integer"}}},
    "never": {"type": "object"},
}


def nested(name: str, make: Make) -> Nested:
    """The definition `name` with this shape in its middle."""
    shape = make(Ids(), [])
    last: list[Json] = [] if shape.ends else [{"id": "last", "wait": "0s"}]
    steps = [*shape.steps, *last]
    document = {
        "workflow": name,
        "version": 1,
        "summary": f"{name} as a test of nesting",
        "signals": {
            signal: schema for signal, schema in SIGNALS.items() if f'"{signal}"' in json.dumps(steps)
        },
        "steps": steps,
        "output": {"ended": "last"},
    }
    return Nested(name, json.dumps(document, indent=1), played(shape), refusal(shape.steps))


def refusal(written: Any) -> str | None:
    """What the language forbids of all this: turns at once that write one name."""
    if isinstance(written, dict) and written.get("at_most", 1) != 1 and '"set"' in json.dumps(written):
        return "K305"
    inner = written.values() if isinstance(written, dict) else written if isinstance(written, list) else ()
    return next((code for code in map(refusal, inner) if code is not None), None)


def played(shape: Shape) -> Play:
    """What a run of the shape, and of the step `last` behind it, must leave."""
    run = Play()
    try:
        shape.play(run, {})
        run.finished.append("last")
        run.output = {"ended": "last"}
    except Finishing as finishing:
        run.output = finishing.output
    except Failing as failing:
        run.error = str(failing)
        run.undo()
    return run
