"""Every kind of step that has no other steps inside."""

from collections.abc import Callable, Mapping, Sequence

from tests.support.nesting.play import Failing, Finishing, Json, Play
from tests.support.nesting.shapes import STOP, TROUBLE, Ids, Make, Names, Shape, approve, tell, undoable


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

    def play(run: Play, seen: Names) -> None:
        run.begun[-1].append(id)
        run.finished.append(id)

    return Shape([undoable(id)], play)


def _fail(run: Play, id: str) -> None:
    raise Failing("Trouble")


def _finish(run: Play, id: str) -> None:
    raise Finishing({"ended": id})


def decided(run: Play, id: str) -> None:
    """An approval was decided."""
    run.facts.append("ApprovalDecided")


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
    "approve": _leaf("approve", lambda id: approve("approve", STOP, STOP), decided),
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
