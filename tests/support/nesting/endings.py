"""Steps that other steps lie in: where errors are taken, and what follows a step that did not do."""

from collections.abc import Sequence

from tests.support.nesting.leaves import decided
from tests.support.nesting.play import Failing, Finishing, Play
from tests.support.nesting.shapes import (
    STOP,
    TROUBLE,
    Ids,
    Make,
    Names,
    Shape,
    approve,
    around,
    tell,
    undoable,
)


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

        def play(run: Play, seen: Names) -> None:
            with run.step(id):
                run.finished.append(begun)
                run.undone.append(begun)
                body.play(run, {**seen, f"{error}.type": "Trouble"})

        catch = {"errors": ["Trouble"], "as": error, "steps": body.steps}
        return Shape([{"id": id, "try": [undoable(begun), TROUBLE], "catch": [catch]}], play, body.ends)

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
    return around(
        "finally", inner, lambda id, steps: {"try": [{"wait": "0s"}], "finally": steps}, passing=True
    )


def late(inner: Make) -> Make:
    """When a signal did not come in time."""
    receiving = {"receive": "never", "within": "0.05s"}
    return around("late", inner, lambda id, steps: {**receiving, "on_timeout": steps})


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
                    decided(run, id)
                body.play(run, seen)
                run.finished.append(stop)
                raise Finishing({"ended": stop})

        if answer == "reject":
            return Shape([{"id": id, **approve(answer, block, STOP)}], play)
        return Shape([{"id": id, **approve(answer, STOP, block, within="0.05s")}], play)

    return make


def lock(inner: Make) -> Make:
    """Under a lease."""
    under = {"lock": "${ run.id }-outer", "finally": [{"wait": "0s"}]}
    return around("lock", inner, lambda id, steps: {**under, "try": steps}, passing=True)
