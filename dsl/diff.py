"""What changed between two plans of a workflow, in the words of its definition.

Steps are matched by id. Those without an id are matched with what is most like them among the steps of
the same block: the same content, else the same kind and title, else the same place.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsl.graph.outline import blocks, what

Document = Mapping[str, Any]
_ABSENT = object()
_BLOCKS = (
    "steps",
    "choose",
    "parallel",
    "try",
    "catch",
    "finally",
    "on_exhausted",
    "on_timeout",
    "on_reject",
)
_TOP = ("version", "summary", "on_failure", "search", "output")


@dataclass(frozen=True, slots=True)
class Place:
    """One step of a plan: where it stands, and its document."""

    path: str
    block: str
    step: Document

    @property
    def id(self) -> str | None:
        """Its id, None if it has none."""
        return self.step.get("id")

    def as_json(self) -> dict[str, Any]:
        """How the step is named: id or null, path, kind, and what it does."""
        does = what(self.step)
        return {"id": self.id, "path": self.path, "kind": self.step["kind"], "does": does}


def differences(old: Document, new: Document) -> dict[str, Any]:
    """Steps `added`, `removed` and `changed`, and the `changed` keys of everything else.

    A change is `{key, old, new}`; what is missing on a side is null there, and `key` is a path such as
    `call.input.portfolio_id` or `required`.
    """
    pairs, removed, added = _matched(list(_places(old)), list(_places(new)))
    changed = [(was, now, _changes(*_own_parts(was, now))) for was, now in pairs]
    return {
        "steps": {
            "added": [place.as_json() for place in added],
            "removed": [place.as_json() for place in removed],
            "changed": [{**now.as_json(), "changes": found} for _, now, found in changed if found],
        },
        "top": [change for key in _TOP for change in _changes(_only(old, key), _only(new, key))],
        "input": _changes(old["input"], new["input"]),
        "signals": _changes(old["signals"], new["signals"]),
        "triggers": _changes(_numbered(old, "triggers"), _numbered(new, "triggers")),
        "subscribe": _changes(_numbered(old, "subscribe"), _numbered(new, "subscribe")),
        "tables": _changes(old.get("tables", {}), new.get("tables", {})),
    }


def same(found: Mapping[str, Any]) -> bool:
    """Did nothing change."""
    return not any(found["steps"].values()) and not any(found[key] for key in found if key != "steps")


def _places(plan: Document) -> Iterator[Place]:
    yield from _in_block(plan["steps"], "", "steps", "")


def _in_block(steps: Sequence[Document], inside: str, block: str, owner: str) -> Iterator[Place]:
    for place, step in enumerate(steps):
        path = f"{inside}{block}[{place}]"
        yield Place(path, f"{owner}/{block}", step)
        for name, _, inner, _ in blocks(step):
            before, _, last = name.rpartition(".")
            around = f"{path}.{before}." if before else f"{path}."
            yield from _in_block(inner, around, last, step.get("id") or path)


def _matched(
    old: list[Place], new: list[Place]
) -> tuple[list[tuple[Place, Place]], list[Place], list[Place]]:
    """Pairs of steps that are the same, in the order of the new plan; then what is left of both."""
    partner: dict[str, Place] = {}
    for key in (_by_id, _by_content, _by_title, _by_path):
        waiting: dict[Any, list[Place]] = {}
        taken = {place.path for place in partner.values()}
        for place in old:
            if place.path not in taken and (name := key(place)) is not None:
                waiting.setdefault(name, []).append(place)
        for place in new:
            if place.path not in partner and (name := key(place)) is not None and waiting.get(name):
                partner[place.path] = waiting[name].pop(0)
    taken = {place.path for place in partner.values()}
    pairs = [(partner[place.path], place) for place in new if place.path in partner]
    return pairs, [p for p in old if p.path not in taken], [p for p in new if p.path not in partner]


def _by_id(place: Place) -> Any:
    return place.id


def _by_content(place: Place) -> Any:
    return None if place.id else repr((place.block, _own(place.step)))


def _by_title(place: Place) -> Any:
    title = place.step.get("title")
    return None if place.id or not title else (place.block, place.step["kind"], title)


def _by_path(place: Place) -> Any:
    return None if place.id else (place.path, place.step["kind"])


def _own(step: Document) -> dict[str, Any]:
    """A step without the steps inside it; the conditions of its branches and its errors stay."""
    own = {key: value for key, value in step.items() if key not in _BLOCKS}
    match step["kind"]:
        case "choose":
            own["choose"] = [branch.get("when", "otherwise") for branch in step["choose"]]
        case "parallel":
            own["parallel"] = sorted(step["parallel"])
        case "try":
            own["catch"] = [
                {key: value for key, value in catch.items() if key != "steps"} for catch in step["catch"]
            ]
    return own


def _own_parts(was: Place, now: Place) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is compared of two steps; the block counts for those that have moved out of it."""
    old, new = _own(was.step), _own(now.step)
    if was.block != now.block:
        old["inside"], new["inside"] = was.block, now.block
    return old, new


def _only(plan: Document, key: str) -> dict[str, Any]:
    value = plan.get(key)
    return {} if value is None else {key: value}


def _numbered(plan: Document, key: str) -> dict[str, Any]:
    return {str(place): item for place, item in enumerate(plan.get(key, []), 1)}


def _changes(old: Any, new: Any) -> list[dict[str, Any]]:
    return list(_walk("", old, new))


def _walk(key: str, old: Any, new: Any) -> Iterator[dict[str, Any]]:
    """The innermost keys that differ; lists are compared whole."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys((*old, *new)):
            inner = f"{key}.{name}" if key else str(name)
            yield from _walk(inner, old.get(name, _ABSENT), new.get(name, _ABSENT))
    elif old is _ABSENT or new is _ABSENT or _plain(old) != _plain(new):
        yield {"key": key, "old": _shown(old), "new": _shown(new)}


def _plain(value: Any) -> Any:
    """True is not 1, though Python thinks so."""
    return (type(value), value) if isinstance(value, bool) else value


def _shown(value: Any) -> Any:
    return None if value is _ABSENT else value
