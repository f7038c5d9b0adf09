"""Every kind of step is drawn, labels cannot break the drawing, and a run's state is painted on it."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from typing import Any

from dsl.graph.layout import NOTE, PAD, WIDTH_OF_CHARACTER, Box, laid_out, wrapped
from dsl.graph.mermaid import mermaid
from dsl.graph.outline import outline
from dsl.graph.paint import LOOKS, painted
from dsl.graph.svg import svg
from tests.support.definitions import GOOD, release

NESTED = """\
workflow: small
version: 2
summary: Every "kind" of step & <more>
input: {type: object, required: [ids, id], properties: {ids: {type: array, items: {type: string}}, id: {type: string}}}
signals: {paid: {type: object, required: [cents], properties: {cents: {type: integer}}}}
on_failure: {hold: 1d, role: operations}
steps:
  - {id: snap, title: 'Ask "why" #1 <now> & `then`', call: market.latest_snapshot}
  - choose:
      - when: snap == 1
        steps: [{fail: {error: Stopped, message: m}}]
      - otherwise: [{set: {x: 1}}]
  - parallel:
      one: [{wait: 1h}]
      two: [{emit: drift_exceeded, with: {a: 1}}]
  - id: each
    for_each: input.ids
    as: name
    at_most: 3
    steps: [{id: inner, wait: 1h, when: name != "a"}]
  - id: turns
    repeat: {until: "1 > 0", at_most: 3, every: 1d}
    steps: [{wait: 1h}]
    on_exhausted: [{finish: {late: true}}]
  - try: [{run: other, with: {}}]
    catch: [{errors: [Failed], steps: [{wait: 2h}]}]
    finally: [{wait: 3h}]
  - id: paid
    receive: paid
    within: 5d
    on_timeout: [{finish: {}}]
  - id: asked
    approve: {role: compliance, show: {a: 1}}
    within: 2d
    on_reject: [{fail: {error: Refused, message: m}}]
    on_timeout: [{finish: {}}]
"""
OTHER = "workflow: other\nversion: 1\nsummary: s\nsteps: [{wait: 1d}]\n"


def plan(text: str = NESTED) -> dict[str, Any]:
    """The plan of a definition."""
    text = text.replace("snap == 1", 'steps.snap.snapshot == "a"')
    plans = release(text, OTHER).plans
    return dict(next(found["document"] for name, found in plans.items() if name != "other"))


def row(path: str, state: str) -> dict[str, str]:
    """One step of a status."""
    return {"path": path, "state": state}


RUN = {
    "steps": [
        row("steps[0]", "done"),
        row("steps[1]", "done"),
        row("steps[1].choose[0].steps[0]", "skipped"),
        row("steps[1].choose[1].steps[0]", "done"),
        row("steps[3]", "running"),
        row("steps[3].for_each[0].steps[0]", "done"),
        row("steps[3].for_each[1].steps[0]", "waiting"),
        row("steps[3].for_each[2].steps[0]", "waiting"),
        row("steps[4]", "pending"),
        row("steps[5].try[0]", "failed"),
    ]
}


def test_paths_are_those_of_a_run_without_its_turns() -> None:
    """So that the state of a run finds its step."""

    def paths(steps: Any) -> list[str]:
        return [
            path
            for step in steps
            for path in (step.path, *(p for lane in step.lanes for p in paths(lane.steps)))
        ]

    assert paths(outline(plan())) == [
        *("steps[0]", "steps[1]", "steps[1].choose[0].steps[0]", "steps[1].choose[1].steps[0]"),
        *("steps[2]", "steps[2].parallel.one[0]", "steps[2].parallel.two[0]"),
        *(
            "steps[3]",
            "steps[3].for_each[].steps[0]",
            "steps[4]",
            "steps[4].repeat[].steps[0]",
            "steps[4].on_exhausted[0]",
        ),
        *("steps[5]", "steps[5].try[0]", "steps[5].catch[0].steps[0]", "steps[5].finally[0]"),
        *(
            "steps[6]",
            "steps[6].on_timeout[0]",
            "steps[7]",
            "steps[7].on_reject[0]",
            "steps[7].on_timeout[0]",
        ),
    ]


def test_mermaid_has_every_step_and_says_when_it_is_taken() -> None:
    """Branches, loops, catches and timeouts have their labels."""
    drawn = mermaid(plan())
    for words in (
        *("market.latest_snapshot", "set x", "wait 1h", "emit drift_exceeded", "run other", "fail Stopped"),
        *("for each name in input.ids, 3 at once", "repeat until 1 #62; 0, at most 3 times, every 1d"),
        *("approve by compliance within 2d", "receive paid within 5d", "catch Failed", "finally"),
        *('|"one"|', '|"each name"|', '|"exhausted"|', '|"rejected"|', '|"not within 5d"|', '|"otherwise"|'),
    ):
        assert words in drawn


def test_mermaid_labels_cannot_break_the_chart() -> None:
    """Quotes, brackets and entities inside quotes are written by number."""
    drawn = mermaid(plan())
    assert "Ask #34;why#34; #35;1 #60;now#62; #38; #96;then#96;" in drawn
    for label in re.findall(r'"([^"\n]*)"', drawn):
        assert not re.search(r"[<>&`](?!br/>)", label.replace("<br/>", ""))
    for line in drawn.splitlines():
        assert line.count('"') in (0, 2)


def test_every_arrow_of_mermaid_leads_between_what_is_drawn() -> None:
    """No arrow makes a node of its own."""
    drawn = mermaid(plan())
    nodes = set(re.findall(r"^ *(?:subgraph )?([ng]\d+)[\[({>]", drawn, re.MULTILINE))
    arrows = re.findall(r'^  (\w+) -\.?->(?:\|"[^"]*"\|)? (\w+)$', drawn, re.MULTILINE)
    assert arrows
    assert {node for arrow in arrows for node in arrow} <= nodes
    # Whatever ends the run has nothing behind it.
    ends = re.findall(r'^ *(n\d+)\(\["(?:fail|finish)', drawn, re.MULTILINE)
    assert len(ends) == 5
    assert not {one for one, _ in arrows} & set(ends)


def boxes(status: Any = None) -> list[Box]:
    """The boxes of the drawing."""
    found = painted(status) if status else {}
    drawing = laid_out(outline(plan()), ("start", "end"), found)
    return [part for part in drawing.parts if isinstance(part, Box)]


def test_no_text_leaves_its_box() -> None:
    """By the width of a wide font."""
    for box in boxes(RUN):
        for line in box.lines:
            assert len(line.text) * WIDTH_OF_CHARACTER[line.size] <= box.width + 1
    assert max(len(line) for line in wrapped("x" * 500, 100, NOTE)) * WIDTH_OF_CHARACTER[NOTE] <= 100


def test_boxes_lie_within_their_frame_or_beside_each_other() -> None:
    """Two boxes never overlap in part."""
    found = boxes()
    for place, one in enumerate(found):
        for other in found[place + 1 :]:
            apart = (
                one.x + one.width <= other.x
                or other.x + other.width <= one.x
                or one.y + one.height <= other.y
                or other.y + other.height <= one.y
            )
            inside = one.x <= other.x and other.x + other.width <= one.x + one.width and one.y <= other.y
            assert apart or (
                inside and one.kind.startswith("frame") and other.y + other.height <= one.y + one.height
            )


def test_the_picture_is_xml_that_stands_alone() -> None:
    """Well formed, with the text of every step, and nothing to be fetched."""
    drawn = svg(plan())
    root = ET.fromstring(drawn)
    texts = " ".join(node.text or "" for node in root.iter("{http://www.w3.org/2000/svg}text"))
    for words in (
        "market.latest_snapshot",
        "approve by compliance",
        "catch Failed",
        "when",
        "each name",
        "rejected",
    ):
        assert words in texts
    assert 'Ask "why" #1 <now> &' in texts
    assert "href" not in drawn
    assert float(root.get("width") or 0) < 1600


def test_a_run_is_painted_by_colour_and_by_mark() -> None:
    """Of the turns of a loop the most pressing counts, with how many are in that state."""
    found = painted(RUN)
    assert found["steps[3].for_each[].steps[0]"].words == "… waiting, 2 times"
    for drawn in (svg(plan(), found), mermaid(plan(), found)):
        for state in ("done", "running", "failed", "skipped"):
            assert f"{LOOKS[state].mark} {state}" in drawn
            assert LOOKS[state].fill in drawn
        # The legend has those too that do not occur.
        assert f"{LOOKS['undone'].mark} undone" in drawn
    ET.fromstring(svg(plan(), found))


def test_marks_tell_states_apart_without_colour() -> None:
    """For whoever prints it, or sees colours otherwise."""
    marks = [look.mark for look in LOOKS.values()]
    assert len(set(marks)) == len(marks)


def test_steps_follow_each_other_downwards() -> None:
    """The reader's eye goes one way."""
    tops = [
        box.y for box in boxes() if box.kind in ("end", "call", "frame choose", "frame parallel", "frame try")
    ]
    assert all(one < other for one, other in pairwise(tops[:-1]))
    assert PAD > 0


def test_the_example_of_the_language_is_drawn() -> None:
    """Lock, undo and guard stand in the boxes."""
    drawn = mermaid(plan(GOOD))
    for words in ("lock ${ input.portfolio_id }", "undo orders.cancel_open", "only if steps.drift.largest"):
        assert words in drawn
