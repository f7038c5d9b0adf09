"""Reads a plan document back into the classes of `dsl.plan`, with its expressions compiled.

The document comes from a release, so it was checked when it was published: a key that is missing
here is a fault of ours and surfaces as `UnreadablePlan`, never as a default.
"""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

from dsl import plan
from dsl.expressions import Expression, Template, compile_bare, compile_expression, compile_template
from dsl.tables.running import compile_table
from dsl.trigger_reader import read_subscriptions, read_triggers

Document = Mapping[str, Any]

# A worker runs few definitions and very many runs of each; past this the oldest is read again.
_KEPT = 256
_read: dict[str, plan.Plan] = {}
_lock = Lock()


class UnreadablePlan(Exception):
    """The document is not a plan of this format; `found` is the format that it states."""

    def __init__(self, message: str, found: object = None) -> None:
        super().__init__(message)
        self.found = found


def read_plan(document: Document, digest: str) -> plan.Plan:
    """The plan of a document; the same object for the same digest while it is remembered."""
    known = _read.get(digest)
    if known is not None:
        return known
    read = _plan(document, digest)
    with _lock:
        if len(_read) >= _KEPT:
            del _read[next(iter(_read))]
        return _read.setdefault(digest, read)


def _plan(document: Document, digest: str) -> plan.Plan:
    found = document.get("format")
    if found != plan.FORMAT:
        raise UnreadablePlan(f"the plan has format {found}, this version reads {plan.FORMAT}", found)
    try:
        return plan.Plan(
            workflow=document["workflow"],
            version=document["version"],
            summary=document["summary"],
            digest=digest,
            input=document["input"],
            signals=document["signals"],
            search=_templates(document["search"]),
            on_failure=_hold(document["on_failure"]),
            steps=_steps(document["steps"]),
            output=_template(document, "output"),
            triggers=read_triggers(document.get("triggers", ())),
            subscribe=read_subscriptions(document.get("subscribe", ())),
            tables={name: compile_table(each) for name, each in document.get("tables", {}).items()},
        )
    except KeyError as missing:
        raise UnreadablePlan(f"the plan lacks {missing}", found) from missing


def _hold(document: Document | None) -> plan.Hold | None:
    if document is None:
        return None
    return plan.Hold(duration=compile_template(document["duration"]), role=document["role"])


def _steps(documents: Sequence[Document]) -> tuple[plan.Step, ...]:
    return tuple(_READERS[document["kind"]](document, _common(document)) for document in documents)


def _common(document: Document) -> dict[str, Any]:
    return {
        "id": document.get("id"),
        "title": _template(document, "title"),
        "when": _expression(document, "when"),
        "lock": _template(document, "lock"),
        "calendar": document.get("calendar"),
        "record": _record(document.get("record")),
    }


def _record(document: Document | None) -> plan.Record | None:
    if document is None:
        return None
    return plan.Record(fact=document["fact"], data=_template(document, "data"))


def _template(document: Document, key: str) -> Template | None:
    """A key that is there with the value null is a template of null."""
    return compile_template(document[key]) if key in document else None


def _expression(document: Document, key: str) -> Expression | None:
    return compile_expression(document[key]) if key in document else None


def _bare(document: Document, key: str) -> Expression | None:
    return compile_bare(document[key]) if key in document else None


def _templates(document: Document) -> dict[str, Template]:
    return {name: compile_template(value) for name, value in document.items()}


def _activity(document: Document) -> plan.Activity:
    return plan.Activity(
        activity=document["activity"],
        input=compile_template(document["input"]),
        timeout=document["timeout"],
        retry=_retry(document["retry"]),
        local=document["local"],
        role=document["role"],
    )


def _retry(document: Document) -> plan.Retry:
    return plan.Retry(
        attempts=document["attempts"],
        first=document["first"],
        factor=float(document["factor"]),
        longest=document["longest"],
    )


def _call(document: Document, common: dict[str, Any]) -> plan.Call:
    undo = document.get("undo")
    return plan.Call(
        **common,
        call=_activity(document["call"]),
        undo=_activity(undo) if undo is not None else None,
        key=_template(document, "key"),
    )


def _set(document: Document, common: dict[str, Any]) -> plan.Set:
    return plan.Set(**common, set=_templates(document["set"]))


def _choose(document: Document, common: dict[str, Any]) -> plan.Choose:
    branches = tuple(
        plan.Branch(_expression(branch, "when"), _steps(branch["steps"])) for branch in document["choose"]
    )
    return plan.Choose(**common, choose=branches)


def _parallel(document: Document, common: dict[str, Any]) -> plan.Parallel:
    return plan.Parallel(
        **common, parallel={name: _steps(steps) for name, steps in document["parallel"].items()}
    )


def _for_each(document: Document, common: dict[str, Any]) -> plan.ForEach:
    return plan.ForEach(
        **common,
        for_each=compile_bare(document["for_each"]),
        as_=document["as"],
        at_most=compile_template(document["at_most"]),
        steps=_steps(document["steps"]),
        collect=_bare(document, "collect"),
    )


def _try(document: Document, common: dict[str, Any]) -> plan.Try:
    catches = tuple(
        plan.Catch(_names(catch.get("errors")), catch.get("as"), _steps(catch["steps"]))
        for catch in document["catch"]
    )
    return plan.Try(
        **common, try_=_steps(document["try"]), catch=catches, finally_=_steps(document["finally"])
    )


def _names(names: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


def _wait(document: Document, common: dict[str, Any]) -> plan.Wait:
    return plan.Wait(
        **common,
        wait=_template(document, "wait"),
        until=_expression(document, "until"),
        session=document.get("session"),
        at=document.get("at"),
    )


def _repeat(document: Document, common: dict[str, Any]) -> plan.Repeat:
    on_exhausted = document.get("on_exhausted")
    return plan.Repeat(
        **common,
        until=_expression(document, "until"),
        at_most=_template(document, "at_most"),
        every=_template(document, "every"),
        steps=_steps(document["steps"]),
        on_exhausted=_steps(on_exhausted) if on_exhausted is not None else None,
        upgrade=document["upgrade"],
    )


def _approve(document: Document, common: dict[str, Any]) -> plan.Approve:
    return plan.Approve(
        **common,
        role=document["role"],
        show=compile_template(document["show"]),
        quorum=document["quorum"],
        four_eyes=_bare(document, "four_eyes"),
        within=compile_template(document["within"]),
        on_reject=_steps(document["on_reject"]),
        on_timeout=_steps(document["on_timeout"]),
    )


def _receive(document: Document, common: dict[str, Any]) -> plan.Receive:
    on_timeout = document.get("on_timeout")
    return plan.Receive(
        **common,
        receive=tuple(document["receive"]),
        where=_expression(document, "where"),
        within=_template(document, "within"),
        on_timeout=_steps(on_timeout) if on_timeout is not None else None,
    )


def _emit(document: Document, common: dict[str, Any]) -> plan.Emit:
    return plan.Emit(**common, emit=document["emit"], data=compile_template(document["data"]))


def _run(document: Document, common: dict[str, Any]) -> plan.Run:
    return plan.Run(
        **common,
        run=document["run"],
        input=compile_template(document["input"]),
        detached=document["detached"],
    )


def _fail(document: Document, common: dict[str, Any]) -> plan.Fail:
    return plan.Fail(**common, error=document["error"], message=compile_template(document["message"]))


def _finish(document: Document, common: dict[str, Any]) -> plan.Finish:
    return plan.Finish(**common, finish=compile_template(document["finish"]))


_READERS: Mapping[str, Callable[[Document, dict[str, Any]], plan.Step]] = {
    "call": _call,
    "set": _set,
    "choose": _choose,
    "parallel": _parallel,
    "for_each": _for_each,
    "repeat": _repeat,
    "try": _try,
    "approve": _approve,
    "wait": _wait,
    "receive": _receive,
    "emit": _emit,
    "run": _run,
    "fail": _fail,
    "finish": _finish,
}
