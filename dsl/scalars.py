"""What a plain scalar means, by the core rules of YAML 1.2.

Only `true`, `false`, `null`, `~`, nothing at all and numbers are more than text: `NO`, `yes`,
`12:30` and `2026-01-31` are text. Numbers are exact and keep their digits: `1.50` is Decimal("1.50").
"""

import re
from decimal import Decimal
from typing import TypeAlias

from dsl.tree import ScalarNode

Plain: TypeAlias = bool | int | Decimal | str | None

MOST_DIGITS = 28
"""Digits of a number, before and behind the point together; expressions compute with as many."""

_NULLS = frozenset(["", "~", "null", "Null", "NULL"])
_FLAGS = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def resolve(node: ScalarNode) -> Plain:
    """The value of a leaf; quoted and block scalars are always text.

    Total: a number that `refusal` refuses comes back as its text.
    """
    if not node.plain:
        return node.text
    text = node.text
    if text in _NULLS:
        return None
    if text in _FLAGS:
        return _FLAGS[text]
    if refusal(node) is not None:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text


def is_null(node: object) -> bool:
    """Is it a plain `null`, `~` or nothing at all."""
    return isinstance(node, ScalarNode) and node.plain and node.text in _NULLS


def refusal(node: ScalarNode) -> str | None:
    """Why a plain number cannot be taken, None when it can or is no number."""
    text = node.text
    if not node.plain or not text or text[0] not in "+-.0123456789":
        return None
    if _NOT_FINITE.fullmatch(text):
        return f"`{text}` is not a number that a definition can hold"
    if (_DECIMAL.fullmatch(text) or _BASED.fullmatch(text)) and not _fits(text):
        return f"a number has at most {MOST_DIGITS} digits"
    return None


def _fits(text: str) -> bool:
    if len(text) > 3 * MOST_DIGITS:
        return False
    if _BASED.fullmatch(text):
        return len(str(int(text, 0))) <= MOST_DIGITS
    number = Decimal(text)
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)  # infinities and NaN do not match the pattern
    return len(number.as_tuple().digits) + max(exponent, 0) <= MOST_DIGITS and exponent >= -MOST_DIGITS
