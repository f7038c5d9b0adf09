"""What changed between two plans of a workflow, in the words of its definition.

Which step is which says `dsl.matching`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dsl.matching import Place, match, places, walk

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


def differences(old: Document, new: Document) -> dict[str, Any]:
    """Steps `added`, `removed` and `changed`, and the `changed` keys of everything else.

    A change is `{key, old, new}`; what is missing on a side is null there, and `key` is a path such as
    `call.input.portfolio_id` or `required`.
    """
    before, after = places(old), places(new)
    found = match(before, after)
    pairs = [(found.before[now.path], now) for now in walk(after) if now.path in found.before]
    changed = [(now, _changes(*_own_parts(was, now, now.path in found.stayed))) for was, now in pairs]
    taken = found.taken
    return {
        "steps": {
            "added": [now.as_json() for now in walk(after) if now.path not in found.before],
            "removed": [was.as_json() for was in walk(before) if was.path not in taken],
            "changed": [{**now.as_json(), "changes": changes} for now, changes in changed if changes],
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


def _own_parts(was: Place, now: Place, stayed: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is compared of two steps; the block counts for those that have moved out of it."""
    old, new = _own(was.step), _own(now.step)
    if not stayed:
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
