"""Shapes: steps as a definition writes them, and how they are played."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.nesting.play import Json, Play

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


def approve(answer: str, on_reject: list[Json], on_timeout: list[Json], within: str = "1h") -> Json:
    """An approval that the test's people answer as `show` says."""
    asked = {"role": "compliance", "show": {"answer": answer}}
    return {"approve": asked, "within": within, "on_reject": on_reject, "on_timeout": on_timeout}


def undoable(id: str) -> Json:
    """A call with an undo that says what it undoes."""
    values = {"customer_id": "C-1", "template": "undo", "values": {"undone": id}}
    undo = {"call": "notifications.send", "with": values}
    return {"id": id, "call": "monitoring.start", "with": {"portfolio_id": id}, "undo": undo}


STOP = [{"finish": {"ended": "not approved"}}]
TROUBLE = {"fail": {"error": "Trouble", "message": "no"}}


def sequence(*makes: Make) -> Make:
    """One after the other; only the last may always end."""

    def make(ids: Ids, names: Sequence[str]) -> Shape:
        shapes = [each(ids, names) for each in makes]

        def play(run: Play, seen: Names) -> None:
            for shape in shapes:
                shape.play(run, seen)

        return Shape([step for shape in shapes for step in shape.steps], play, shapes[-1].ends)

    return make


def around(
    kind: str, inner: Make, write: Callable[[str, list[Json]], Json], *, passing: bool = False
) -> Make:
    """A step of this kind, done when the steps inside of it are; `passing` when their end is its own, too."""

    def make(ids: Ids, names: Sequence[str]) -> Shape:
        id, body = ids(kind), inner(ids, names)

        def play(run: Play, seen: Names) -> None:
            with run.step(id):
                body.play(run, seen)

        return Shape([{"id": id, **write(id, body.steps)}], play, passing and body.ends)

    return make
