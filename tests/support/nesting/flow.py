"""Steps that other steps lie in: branches and loops."""

from collections.abc import Sequence

from tests.support.nesting.play import Ended, Failing, Json, Play
from tests.support.nesting.shapes import STOP, TROUBLE, Ids, Make, Names, Shape, approve, around, tell

ITEMS = (1, 2)


def choose(inner: Make) -> Make:
    """In the second branch."""

    def write(id: str, steps: list[Json]) -> Json:
        never = {"when": "run.version > 1", "steps": [tell(f"never_{id}")]}
        return {"choose": [never, {"when": "run.version == 1", "steps": steps}]}

    return around("choose", inner, write)


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
    loop = {"repeat": {"until": "1 > 2", "at_most": 1}, "steps": [{"wait": "0s"}]}
    return around("exhausted", inner, lambda id, steps: {**loop, "on_exhausted": steps})
