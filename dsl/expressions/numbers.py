"""Exact decimal arithmetic: 28 digits, half-even, out of reach of any thread's decimal context.

Integers stay integers where the result is one, so that a count stays a count in JSON.
"""

from collections.abc import Callable
from decimal import (
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from typing import TypeAlias

from dsl.expressions.errors import ARITHMETIC, OPERANDS, Fault
from dsl.scalars import MOST_DIGITS

Number: TypeAlias = int | Decimal

DIGITS = MOST_DIGITS
_LARGEST_EXPONENT = 6144  # as IEEE 754 decimal128; far beyond any amount, and cheap to write out
_LARGEST_INTEGER = 10**DIGITS
_MOST_BITS = 14_000  # Python refuses to write out integers of more than 4,300 digits
_TRAPS = [InvalidOperation, DivisionByZero, Overflow]
_exact = Context(DIGITS, ROUND_HALF_EVEN, -_LARGEST_EXPONENT, _LARGEST_EXPONENT, traps=_TRAPS)
# Rounding may meet a number from JSON with more digits than arithmetic keeps; it must not round twice.
_wide = Context(2 * _LARGEST_EXPONENT, ROUND_HALF_UP, -_LARGEST_EXPONENT, _LARGEST_EXPONENT, traps=_TRAPS)

EXACT_TYPES = frozenset([int, Decimal])


def is_number(value: object) -> bool:
    """Is it a number; true and false are not."""
    return isinstance(value, int | Decimal | float) and not isinstance(value, bool)


def exact(value: int | Decimal | float) -> Number:
    """`value` exactly, a float by the shortest text that stands for it; NaN and infinity are faults."""
    number = Decimal(repr(value)) if isinstance(value, float) else value
    if isinstance(number, int):
        if number.bit_length() > _MOST_BITS:
            raise Fault(ARITHMETIC, "the number is out of range")
        return number
    if not number.is_finite():
        raise Fault(OPERANDS, "the number is not finite")
    if number and abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise Fault(ARITHMETIC, "the number is out of range")
    return number


def add(left: Number, right: Number) -> Number:
    """left + right."""
    if type(left) is int and type(right) is int:
        return _bounded(left + right)
    return _exact.add(left, right)


def subtract(left: Number, right: Number) -> Number:
    """left - right."""
    if type(left) is int and type(right) is int:
        return _bounded(left - right)
    return _exact.subtract(left, right)


def multiply(left: Number, right: Number) -> Number:
    """left * right; too large a result is a fault."""
    if type(left) is int and type(right) is int and left.bit_length() + right.bit_length() < 256:
        return _bounded(left * right)
    return _in_range(lambda: _exact.multiply(left, right) or 0)


def divide(left: Number, right: Number) -> Number:
    """left / right, exact to 28 digits: `1 / 2` is 0.5; an integer where both are and it comes out even."""
    if not right:
        raise Fault(ARITHMETIC, "division by zero", "guard it, as in `x == 0 ? 0 : y / x`")
    if type(left) is int and type(right) is int and left % right == 0:
        return _bounded(left // right)
    return _in_range(lambda: _exact.divide(left, right) or 0)


def remainder(left: Number, right: Number) -> Number:
    """What is left of dividing towards zero; it has the sign of `left`, as in CEL."""
    if not right:
        raise Fault(ARITHMETIC, "remainder of a division by zero", "guard it, as in `x == 0 ? 0 : y % x`")
    if type(left) is int and type(right) is int:
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest
    return _in_range(lambda: _exact.remainder(left, right) or 0)


def negate(value: Number) -> Number:
    """-value."""
    return -value if type(value) is int else _exact.minus(value) or 0


def absolute(value: Number) -> Number:
    """The distance from zero."""
    return abs(value) if type(value) is int else _exact.abs(value)


def round_half_up(value: Number, places: int = 0) -> Number:
    """`value` to so many decimals, halves away from zero; without decimals an integer."""
    if isinstance(value, int) and places >= 0:
        return value
    number = Decimal(value)
    rounded: Number = number
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -places:
        unit = Decimal((0, (1,), -places))
        rounded = _in_range(lambda: _wide.quantize(number, unit))
    return int(rounded) if places <= 0 else rounded or Decimal((0, (0,), -places))


def plain(value: Number) -> str:
    """The digits of a number as people write them: no exponent, no sign before zero; decimals are kept."""
    value = exact(value)
    if isinstance(value, int):
        return str(value)
    return format(value if value else abs(value), "f")


def parse_number(text: str) -> Number:
    """The number that `text` writes in plain digits; anything else is a fault."""
    digits = text.removeprefix("-")
    whole, point, decimals = digits.partition(".")
    proper = whole.isdecimal() and whole.isascii() and (whole == "0" or whole[0] != "0")
    if not proper or (point and not (decimals.isdecimal() and decimals.isascii())) or len(text) > 60:
        raise Fault(OPERANDS, "the text is no number", "plain digits are expected, as in -1250.50")
    return Decimal(text) if point else int(text)


def _bounded(value: int) -> Number:
    return value if -_LARGEST_INTEGER < value < _LARGEST_INTEGER else _exact.create_decimal(value)


def _in_range(compute: Callable[[], Number]) -> Number:
    try:
        return compute()
    except (Overflow, InvalidOperation):
        raise Fault(ARITHMETIC, "the result is out of range") from None
