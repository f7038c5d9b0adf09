"""A plan as a Mermaid flowchart, which GitHub, GitLab and many editors draw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsl.graph.outline import Lane, Step, outline
from dsl.graph.paint import LOOKS, Paint

MOST = 120
"""Characters of one line of a label; what is longer is cut."""

_SHAPES: Mapping[str, tuple[str, str]] = {
    "choose": ("{", "}"),
    "parallel": ("[[", "]]"),
    "for_each": ("{{", "}}"),
    "repeat": ("{{", "}}"),
    "wait": ("(", ")"),
    "receive": (">", "]"),
    "approve": ("[/", "/]"),
    "emit": (">", "]"),
    "run": ("[[", "]]"),
    "fail": ("([", "])"),
    "finish": ("([", "])"),
}
_ESCAPED = {
    **{char: f"#{ord(char)};" for char in '#"<>&`\\'},
    **dict.fromkeys("\r\n\t", " "),
}


def mermaid(plan: Mapping[str, Any], paint: Paint | None = None) -> str:
    """The flowchart of a plan document; with `paint`, the state of a run on it and a legend."""
    return _Chart(paint or {}).draw(plan)


@dataclass(frozen=True, slots=True)
class _End:
    """An arrow that is still to be drawn: from where, and what stands on it."""

    node: str
    label: str = ""


class _Chart:
    """Collects nodes, which stand in their blocks, and arrows, which stand together at the end."""

    def __init__(self, paint: Paint) -> None:
        self._paint = paint
        self._nodes: list[str] = []
        self._arrows: list[str] = []
        self._count = 0
        self._depth = 1

    def draw(self, plan: Mapping[str, Any]) -> str:
        """The whole text."""
        start = self._node("([", "])", [f"{plan['workflow']} version {plan['version']}", plan["summary"]])
        ends = self._sequence(outline(plan), [_End(start)])
        if ends:
            self._arrive(self._node("([", "])", ["completed"]), ends)
        looks = self._legend() if self._paint else []
        return "\n".join(["flowchart TD", *self._nodes, *self._arrows, *looks]) + "\n"

    def _sequence(self, steps: Sequence[Step], ends: list[_End]) -> list[_End]:
        for step in steps:
            ends = self._step(step, ends)
        return ends

    def _step(self, step: Step, ends: list[_End]) -> list[_End]:
        """Draw one step; the arrows that lead on from it."""
        if step.kind == "try":
            return self._try(step, ends)
        node = self._box(step)
        self._arrive(node, ends)
        match step.kind:
            case "choose":
                return self._choose(step, node)
            case "parallel":
                return self._parallel(step, node)
            case "for_each" | "repeat":
                return self._loop(step, node)
        if step.ends:
            return []
        aside = [end for lane in step.lanes for end in self._lane(lane, node)]
        return [_End(node), *aside]

    def _lane(self, lane: Lane, node: str) -> list[_End]:
        return self._sequence(lane.steps, [_End(node, lane.label)])

    def _choose(self, step: Step, node: str) -> list[_End]:
        ends = [end for lane in step.lanes for end in self._lane(lane, node)]
        closed = any(lane.label == "otherwise" for lane in step.lanes)
        return ends if closed else [*ends, _End(node, "otherwise")]

    def _parallel(self, step: Step, node: str) -> list[_End]:
        ends = [end for lane in step.lanes for end in self._lane(lane, node)]
        if not ends:
            return []
        join = self._node("((", "))", ["all done"])
        self._arrive(join, ends)
        return [_End(join)]

    def _loop(self, step: Step, node: str) -> list[_End]:
        body, *rest = step.lanes
        for end in self._lane(body, node):
            self._arrow(end.node, node, end.label or "next", dotted=True)
        return [_End(node, "then"), *(end for lane in rest for end in self._lane(lane, node))]

    def _try(self, step: Step, ends: list[_End]) -> list[_End]:
        body, *others = step.lanes
        group = self._new("g")
        self._line(f'subgraph {group}["{self._label(step)}"]')
        self._depth += 1
        out = self._sequence(body.steps, ends)
        self._depth -= 1
        self._line("end")
        self._colour(group, step)
        for lane in others:
            if lane.aside:
                out += self._caught(lane, group)
        for lane in others:
            if not lane.aside:
                out = self._sequence(lane.steps, [_End(end.node, end.label or lane.label) for end in out])
        return out

    def _caught(self, lane: Lane, group: str) -> list[_End]:
        first = self._node("(", ")", [lane.label])
        self._arrow(group, first, "", dotted=True)
        return self._sequence(lane.steps, [_End(first)])

    def _arrive(self, node: str, ends: Sequence[_End]) -> None:
        for end in ends:
            self._arrow(end.node, node, end.label)

    def _arrow(self, one: str, other: str, label: str, *, dotted: bool = False) -> None:
        line = "-.->" if dotted else "-->"
        words = f'|"{_escaped(label)}"|' if label else ""
        self._arrows.append(f"  {one} {line}{words} {other}")

    def _box(self, step: Step) -> str:
        before, after = _SHAPES.get(step.kind, ("[", "]"))
        node = self._new("n")
        self._line(f'{node}{before}"{self._label(step)}"{after}')
        self._colour(node, step)
        return node

    def _node(self, before: str, after: str, lines: Sequence[str]) -> str:
        node = self._new("n")
        self._line(f'{node}{before}"{"<br/>".join(map(_escaped, lines))}"{after}')
        return node

    def _label(self, step: Step) -> str:
        painted = self._paint.get(step.path)
        lines = [step.heading, *step.notes, *([painted.words] if painted else [])]
        return "<br/>".join(map(_escaped, lines))

    def _colour(self, node: str, step: Step) -> None:
        painted = self._paint.get(step.path)
        if painted:
            self._arrows.append(f"  class {node} {painted.state}")

    def _legend(self) -> list[str]:
        looks = [
            f"  classDef {state} fill:{look.fill},stroke:{look.line},color:#1b1b1b"
            + (",stroke-dasharray:4 3" if look.dashed else "")
            for state, look in LOOKS.items()
        ]
        boxes = [f'    l{place}["{look.mark} {state}"]' for place, (state, look) in enumerate(LOOKS.items())]
        classes = [f"  class l{place} {state}" for place, state in enumerate(LOOKS)]
        return [*looks, '  subgraph legend["Legend"]', *boxes, "  end", *classes]

    def _new(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"

    def _line(self, text: str) -> None:
        self._nodes.append("  " * self._depth + text)


def _escaped(text: str) -> str:
    """Text inside quotes: what Mermaid or HTML would read is written as an entity."""
    cut = text if len(text) <= MOST else f"{text[: MOST - 1]}…"
    return "".join(_ESCAPED.get(char, char) for char in cut)
