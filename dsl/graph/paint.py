"""The state of a run, brought to the steps of its plan."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TURN = re.compile(r"\b(for_each|repeat)\[\d+\]")


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: a mark that tells it without colour, the fill and the line."""

    mark: str
    fill: str
    line: str
    dashed: bool = False


LOOKS: Mapping[str, Look] = {
    "failed": Look("✗", "#fdecea", "#c62828"),
    "waiting": Look("…", "#fff8e1", "#a86200"),
    "running": Look("▶", "#e3f2fd", "#1565c0"),
    "undone": Look("↩", "#f3e5f5", "#6a1b9a", dashed=True),
    "done": Look("✓", "#e6f4ea", "#2e7d32"),
    "skipped": Look("-", "#f4f4f4", "#757575", dashed=True),
    "pending": Look("○", "#ffffff", "#6f6f6f"),
}
"""By importance: of the turns of a loop the first of these is shown."""


@dataclass(frozen=True, slots=True)
class Painted:
    """What became of one step: its state, and how many turns of its loops are in that state."""

    state: str
    turns: int

    @property
    def look(self) -> Look:
        """How it is shown."""
        return LOOKS[self.state]

    @property
    def words(self) -> str:
        """The state with its mark, for people: `✓ done, 3 times`."""
        return f"{self.look.mark} {self.state}" + (f", {self.turns} times" if self.turns > 1 else "")


Paint = Mapping[str, Painted]


def painted(status: Mapping[str, Any]) -> Paint:
    """The states of a status (`kronos status -o json`) by the path of the step without its turns."""
    states: dict[str, list[str]] = {}
    for step in status["steps"]:
        states.setdefault(_TURN.sub(r"\1[]", step["path"]), []).append(step["state"])
    order = list(LOOKS)
    shown = {path: min(found, key=order.index) for path, found in states.items()}
    return {path: Painted(state, states[path].count(state)) for path, state in shown.items()}
