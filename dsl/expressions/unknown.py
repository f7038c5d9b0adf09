"""What to say of a name or function that does not exist."""

from collections.abc import Iterable, Mapping

from dsl.expressions.errors import NO_TABLE, UNKNOWN_FUNCTION, UNKNOWN_NAME, Fault
from dsl.expressions.functions import FORMS, arity
from dsl.expressions.syntax import MACROS
from dsl.near import listed, suggestion

_ELSEWHERE = {
    "len": "size",
    "length": "size",
    "count": "size",
    "mean": "avg",
    "average": "avg",
    "str": "string",
    "text": "string",
    "int": "number",
    "float": "number",
    "double": "number",
    "decimal": "number",
    "lookup": "table",
    "coalesce": "default",
    "get": "default",
    "ceil": "round",
    "floor": "round",
    "timestamp": "date",
}
_CLOCKS = ("now", "today", "getDate")
_CONSTANTS = {
    "True": "true",
    "False": "false",
    "None": "null",
    "nil": "null",
    "undefined": "null",
    "NULL": "null",
}


def unknown_function(name: str) -> Fault | None:
    """The fault of calling a function that does not exist; None when it does."""
    if arity(name) is not None:
        return None
    help = suggestion(name, FORMS) or "functions are " + listed(FORMS, len(FORMS))
    if name in _ELSEWHERE:
        help = f"did you mean `{_ELSEWHERE[name]}`?"
    elif name in _CLOCKS:
        help = "there is no clock here: use run.now"
    elif name in MACROS:
        help = f"write it behind the list, as in items.{name}(item, …)"
    return Fault(UNKNOWN_FUNCTION, f"there is no function `{name}`", help)


def unknown_table(name: str, tables: Iterable[str]) -> Fault:
    """The fault of reading a decision table that is not there."""
    known = list(tables)
    help = suggestion(name, known) or (f"tables are {listed(known)}" if known else "there are no tables here")
    return Fault(NO_TABLE, f"there is no table `{name[:60]}`", help)


def unknown_name(
    name: str, names: Iterable[str], hints: Mapping[str, str], holders: Iterable[str] = ()
) -> Fault:
    """The fault of using a name that is not there.

    `hints` has what to say of some names, `holders` those that have a field of this name.
    """
    inside = next((f"did you mean `{holder}.{name}`?" for holder in holders), "")
    help = hints.get(name) or inside or suggestion(name, list(names))
    if name in _CONSTANTS:
        help = f"write `{_CONSTANTS[name]}`"
    elif not help and arity(name) is not None:
        help = f"`{name}` is a function: write {FORMS[name]}"
    elif not help:
        help = f'put text in quotes, as in "{name}"' if name.islower() or name.isupper() else ""
    return Fault(UNKNOWN_NAME, f"there is no `{name}` here", help)
