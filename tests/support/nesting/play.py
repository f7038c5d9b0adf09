"""The play of a definition: a second, much smaller reading of the language.

It says what the interpreter must have called, finished, undone and put out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


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
