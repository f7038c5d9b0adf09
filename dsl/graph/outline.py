"""A plan as people see it: steps with a heading, what they do, and the lists of steps inside them.

Made from plan documents, so that a file, a published version and the version of a run are drawn alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]

ENDING = ("fail", "finish")
"""Kinds after which nothing follows."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A list of steps inside a step; `name` stands in paths, `label` says when it is taken."""

    name: str
    label: str
    steps: "tuple[Step, ...]"
    aside: bool = False
    """Is it left by default: a catch, or what follows a timeout."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `path` leaves the turns of loops out: `steps[3].for_each[].steps[0]`."""

    path: str
    kind: str
    heading: str
    notes: tuple[str, ...]
    lanes: tuple[Lane, ...]

    @property
    def ends(self) -> bool:
        """Does nothing follow the step."""
        return self.kind in ENDING and not any(note.startswith("only if ") for note in self.notes)


def outline(plan: Document) -> tuple[Step, ...]:
    """The steps of a plan document."""
    return _steps(plan["steps"], "", "steps")


def blocks(step: Document) -> Iterator[tuple[str, str, Sequence[Document], bool]]:
    """Name in paths, label, steps, and whether it is left by default, of every list inside a step."""
    match step["kind"]:
        case "choose":
            for place, branch in enumerate(step["choose"]):
                label = f"when {branch['when']}" if "when" in branch else "otherwise"
                yield f"choose[{place}].steps", label, branch["steps"], False
        case "parallel":
            for name, steps in step["parallel"].items():
                yield f"parallel.{name}", name, steps, False
        case "for_each":
            yield "for_each[].steps", f"each {step['as']}", step["steps"], False
        case "repeat":
            yield "repeat[].steps", "each turn", step["steps"], False
            if step.get("on_exhausted"):
                yield "on_exhausted", "exhausted", step["on_exhausted"], True
        case "try":
            yield from _of_try(step)
        case "receive" if step.get("on_timeout"):
            yield "on_timeout", f"not within {step['within']}", step["on_timeout"], True
        case "approve":
            yield "on_reject", "rejected", step["on_reject"], True
            yield "on_timeout", f"not within {step['within']}", step["on_timeout"], True


def _of_try(step: Document) -> Iterator[tuple[str, str, Sequence[Document], bool]]:
    yield "try", "try", step["try"], False
    for place, catch in enumerate(step["catch"]):
        errors = catch.get("errors")
        label = f"catch {', '.join(errors)}" if errors else "catch any error"
        yield f"catch[{place}].steps", label, catch["steps"], True
    if step["finally"]:
        yield "finally", "finally", step["finally"], False


def _steps(steps: Sequence[Document], inside: str, block: str) -> tuple[Step, ...]:
    return tuple(_step(step, f"{inside}{block}[{place}]") for place, step in enumerate(steps))


def _step(step: Document, path: str) -> Step:
    lanes = tuple(
        Lane(name, label, _steps(steps, f"{path}.{name.removesuffix('.steps')}.", "steps"), aside)
        if name.endswith(".steps")
        else Lane(name, label, _steps(steps, f"{path}.", name), aside)
        for name, label, steps, aside in blocks(step)
    )
    does = what(step)
    heading = step.get("title") or step.get("id") or does
    told = (does,) if heading != does else ()
    return Step(path, step["kind"], heading, (*told, *_notes(step)), lanes)


def what(step: Document) -> str:
    """What a step does, in one line."""
    match step["kind"]:
        case "call":
            return str(step["call"]["activity"])
        case "set":
            return f"set {', '.join(step['set'])}"
        case "for_each":
            at_once = f", {step['at_most']} at once" if step["at_most"] != 1 else ""
            return f"for each {step['as']} in {_text(step['for_each'])}{at_once}"
        case "repeat":
            return _repeat(step)
        case "wait":
            return _wait(step)
        case "receive":
            within = f" within {step['within']}" if "within" in step else ""
            where = f" where {step['where']}" if "where" in step else ""
            return f"receive {' or '.join(step['receive'])}{where}{within}"
        case "approve":
            people = f"{step['quorum']} of {step['role']}" if step["quorum"] != 1 else step["role"]
            return f"approve by {people} within {step['within']}"
        case "fail":
            return f"fail {step['error']}"
        case "emit" | "run":
            detached = ", detached" if step.get("detached") else ""
            return f"{step['kind']} {step[step['kind']]}{detached}"
        case kind:
            return str(kind)


def _repeat(step: Document) -> str:
    bounds = [
        f"until {step['until']}" if "until" in step else "",
        f"at most {step['at_most']} times" if "at_most" in step else "",
        f"every {step['every']}" if "every" in step else "",
    ]
    return f"repeat {', '.join(bound for bound in bounds if bound)}"


def _wait(step: Document) -> str:
    if "until" in step:
        return f"wait until {_text(step['until'])}"
    if "session" in step:
        return f"wait for {step['session']} to {step.get('at', 'open')}"
    return f"wait {step['wait']}"


def _notes(step: Document) -> Iterator[str]:
    if "when" in step:
        yield f"only if {step['when']}"
    if "lock" in step:
        yield f"lock {step['lock']}"
    if "undo" in step:
        yield f"undo {step['undo']['activity']}"
    if "record" in step:
        yield f"record {step['record']['fact']}"


def _text(value: Any) -> str:
    """An expression, or a list or map of them, as written."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_text(item)}' for key, item in value.items())}}}"
    if isinstance(value, Sequence):
        return f"[{', '.join(_text(item) for item in value)}]"
    return str(value)
