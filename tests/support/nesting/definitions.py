"""Definitions in which any kind of step lies in any other, and what a run of each must leave."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.nesting import endings, flow
from tests.support.nesting.play import Failing, Finishing, Json, Play
from tests.support.nesting.shapes import Ids, Make, Shape

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
BLOCKS: Mapping[str, Callable[[Make], Make]] = {
    "choose": flow.choose,
    "parallel": flow.parallel,
    "race": flow.race,
    "each_in_turn": flow.each_in_turn,
    "each_at_once": flow.each_at_once,
    "repeat": flow.repeat,
    "exhausted": flow.exhausted,
    "try": endings.tried,
    "catch": endings.caught,
    "finally": endings.finally_,
    "finally_well": endings.finally_well,
    "late": endings.late,
    "rejected": endings.rejected,
    "unanswered": endings.unanswered,
    "lock": endings.lock,
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
