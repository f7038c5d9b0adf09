"""How fields and elements are read, and what is said when they are not there.

Only maps and lists are ever read from; a value of another kind has no fields, whatever Python thinks.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from dsl.expressions import errors, numbers
from dsl.expressions.errors import Fault
from dsl.expressions.frame import MISSING, TABLES
from dsl.expressions.numbers import is_number
from dsl.expressions.values import LISTS, kind
from dsl.near import suggestion

_GUARD = "guard it with has(…), or give a value for it with default(…, …)"


def read(value: Any, key: Any, must: bool) -> Any:
    """`value[key]` of a map or list; without `must`, MISSING where there is none or `value` is null."""
    if value is None or value is MISSING:
        if must:
            raise Fault(errors.NULL, f"`{_shown(key)}` cannot be read: what should hold it is null", _GUARD)
        return MISSING
    if isinstance(value, Mapping) and isinstance(key, str):
        found = value.get(key, MISSING)
        if found is MISSING and must:
            raise missing(f"there is no `{_shown(key)}`", key, value)
        return found
    if isinstance(value, LISTS) and is_number(key):
        return _item(value, key, must)
    if isinstance(value, (Mapping, *LISTS)):
        wanted = "text" if isinstance(value, Mapping) else "a whole number"
        raise Fault(errors.OPERANDS, f"{kind(value)} is read by {wanted}, not by {kind(key)}")
    raise Fault(errors.OPERANDS, f"{kind(value)} has no `{_shown(key)}`")


def missing(message: str, name: str, names: Iterable[str]) -> Fault:
    """`message`, with the name that was perhaps meant."""
    known = [known for known in names if isinstance(known, str) and known != TABLES]
    return Fault(errors.MISSING, message, suggestion(name, known) or _GUARD)


def _item(items: Any, key: Any, must: bool) -> Any:
    place = numbers.exact(key)
    if place == int(place) and 0 <= place < len(items):
        return items[int(place)]
    if place >= 0 and not must:
        return MISSING
    help = "places count from 0; the last one is x[size(x) - 1]"
    raise Fault(errors.MISSING, f"there is no element {_shown(key)} in a list of {len(items)}", help)


def _shown(key: Any) -> str:
    return numbers.plain(numbers.exact(key)) if is_number(key) else str(key)[:40]
