"""Short sentences for what is wrong with an input, in the words of JSON and without its values."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_WHOLE = "must be a whole number"
_NUMBER = "must be a number"
_DATE = "must be a date as text, YYYY-MM-DD"
_MOMENT = "must be a moment as text, YYYY-MM-DDThh:mm:ss with its offset from UTC"

_SENTENCES = {
    "missing": "is required",
    "extra_forbidden": "is not a field here",
    "none_required": "must be null",
    "dict_type": "must be an object",
    "mapping_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "dataclass_type": "must be an object",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "set_type": "must be a list",
    "string_type": "must be text",
    "string_sub_type": "must be text",
    "string_unicode": "must be text",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": "has too many digits",
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "is_instance_of": _NUMBER,
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "datetime_type": _MOMENT,
    "datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "timezone_aware": "must say its offset from UTC",
}
# Pydantic's name of the bound is the name of the fact that it gives beside the error.
_BOUNDS = {
    "greater_than": ("gt", "must be above {}"),
    "greater_than_equal": ("ge", "must be at least {}"),
    "less_than": ("lt", "must be below {}"),
    "less_than_equal": ("le", "must be at most {}"),
    "multiple_of": ("multiple_of", "must be a multiple of {}"),
    "decimal_max_digits": ("max_digits", "may have at most {} digits"),
    "decimal_max_places": ("decimal_places", "may have at most {} decimals"),
    "decimal_whole_digits": ("whole_digits", "may have at most {} digits before the point"),
    "too_short": ("min_length", "must have at least {} items"),
    "too_long": ("max_length", "may have at most {} items"),
    "string_too_short": ("min_length", "must have at least {} characters"),
    "string_too_long": ("max_length", "may have at most {} characters"),
    "string_pattern_mismatch": ("pattern", "does not have the form {}"),
    "literal_error": ("expected", "must be one of {}"),
    "enum": ("expected", "must be one of {}"),
}
# How pydantic writes the bound of a decimal.
_DECIMAL = re.compile(r"Decimal\('(.+)'\)")
_ONE_EACH = {
    "items": "item",
    "fields": "field",
    "characters": "character",
    "digits": "digit",
    "decimals": "decimal",
}


def sentence(error: Mapping[str, Any]) -> str:
    """What one of pydantic's `ValidationError.errors()` says, to stand behind the path.

    Bounds and allowed values are named, what was given never is. A validator of ours speaks for
    itself; an error of a kind not known here is only said not to be valid.
    """
    kind, facts = error["type"], error.get("ctx", {})
    if kind in {"value_error", "assertion_error"}:
        return str(facts.get("error", "is not valid"))
    if kind in _BOUNDS:
        fact, words = _BOUNDS[kind]
        return singular(words.format(shown(facts[fact]))) if fact in facts else "is not valid"
    return _SENTENCES.get(kind, "is not valid")


def shown(bound: Any) -> str:
    """A bound as people write it: 10000000000000 and not 1E+13, `a` or `b` without quotes."""
    if isinstance(bound, str) and (decimal := _DECIMAL.fullmatch(bound)):
        bound = Decimal(decimal[1])
    if isinstance(bound, Decimal | float):
        plain = f"{Decimal(str(bound)):f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return str(bound).replace("'", "") if isinstance(bound, str) else str(bound)


def singular(words: str) -> str:
    """`words` with their last word in the singular where it counts one: at least 1 item."""
    before, _, unit = words.rpartition(" ")
    return f"{before} {_ONE_EACH[unit]}" if before.endswith(" 1") and unit in _ONE_EACH else words
