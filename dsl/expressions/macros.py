"""`filter`, `map`, `exists` and `all`: how each goes over the elements."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from dsl.expressions.frame import Frame, Run


def _kept(frame: Frame, name: str, items: Sequence[Any], test: Run) -> Iterator[Any]:
    for item in items:
        frame[name] = item
        if test(frame):
            yield item


def _filter(frame: Frame, name: str, items: Sequence[Any], body: Run, condition: Run | None) -> list[Any]:
    return list(_kept(frame, name, items, body))


def _map(frame: Frame, name: str, items: Sequence[Any], body: Run, condition: Run | None) -> list[Any]:
    made = []
    for item in items if condition is None else _kept(frame, name, items, condition):
        frame[name] = item
        made.append(body(frame))
    return made


def _exists(frame: Frame, name: str, items: Sequence[Any], body: Run, condition: Run | None) -> bool:
    return any(True for _ in _kept(frame, name, items, body))


def _all(frame: Frame, name: str, items: Sequence[Any], body: Run, condition: Run | None) -> bool:
    for item in items:
        frame[name] = item
        if not body(frame):
            return False
    return True


TURNS: Mapping[str, Callable[[Frame, str, Sequence[Any], Run, Run | None], Any]] = {
    "filter": _filter,
    "map": _map,
    "exists": _exists,
    "all": _all,
}
"""By name: from the elements, the body, and the condition of a three-part map, to the value of the macro."""
