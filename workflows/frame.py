"""What surrounds a step while it runs, and what was begun there and may need undoing."""

from dataclasses import dataclass, field, replace
from typing import Any

from dsl import plan as p
from workflows.place import Place
from workflows.scope import Scope


@dataclass(slots=True)
class UndoLog:
    """What was begun inside one `try`, or in the run as a whole, to be undone latest first."""

    entries: list["Begun"] = field(default_factory=list)

    def take_over(self, inner: "UndoLog") -> None:
        """A `try` that ended well leaves what it began to the block around it."""
        self.entries.extend(inner.entries)
        inner.entries.clear()

    def take_latest(self) -> "Begun | None":
        """The entry that began last, now gone from the log."""
        if not self.entries:
            return None
        latest = max(self.entries, key=lambda begun: begun.order)
        self.entries.remove(latest)
        return latest


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a step runs: its place, what it sees, who catches its errors, who undoes its effects."""

    place: Place
    scope: Scope
    undo: UndoLog
    catches: tuple[p.Catch, ...] = ()
    calendar: str | None = None

    def at(self, place: Place) -> "Frame":
        """The same surroundings at another place."""
        return replace(self, place=place)

    def within(self, place: Place, scope: Scope) -> "Frame":
        """The same surroundings for a body with names of its own."""
        return replace(self, place=place, scope=scope)

    def catching(self, clauses: tuple[p.Catch, ...], undo: UndoLog) -> "Frame":
        """The surroundings inside a `try`."""
        return replace(self, catches=self.catches + clauses, undo=undo)


@dataclass(frozen=True, slots=True)
class Begun:
    """An effect whose undo is registered (`undo`), or a lease that is held (`resource`).

    `given` is the undo's input where it was worked out before, else it is when it is needed.
    """

    order: int
    frame: Frame
    step_id: str | None = None
    undo: p.Activity | None = None
    given: Any = None
    resource: str | None = None


def takes(clause: p.Catch, error_type: str) -> bool:
    """Whether a `catch` takes errors of this type; one that names none takes them all."""
    return clause.errors is None or error_type in clause.errors
