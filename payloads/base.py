"""The base of every payload, and the field types that carry units.

Fields that people write are refused when unknown (`extra="forbid"` at the call); workers ignore
them, because during a rolling deploy an old worker meets new fields.
"""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

CENT = Decimal("0.01")
LARGEST_AMOUNT = Decimal("1e15")


class Payload(BaseModel):
    """What crosses the Temporal boundary: frozen, named fields, plain JSON."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, serialize_by_alias=True)


def cents(amount: Decimal) -> Decimal:
    """`amount` rounded half up to whole cents."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def _number_not_flag(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a number was expected, not true or false")
    if isinstance(value, float):
        return Decimal(repr(value))
    return value


def _whole_cents(amount: Decimal) -> Decimal:
    if amount != amount.quantize(CENT):
        raise ValueError(f"{amount} has fractions of a cent; give at most two decimals")
    return amount


def _iso_only(value: Any) -> Any:
    if isinstance(value, int | float | Decimal):
        raise ValueError("a date was expected as text, YYYY-MM-DD")
    return value


def _exact_date(value: Any) -> Any:
    value = _iso_only(value)
    if isinstance(value, str) and len(value) != 10:
        raise ValueError("a date was expected as YYYY-MM-DD")
    return value


_Decimal = Annotated[
    Decimal,
    BeforeValidator(_number_not_flag),
    Field(gt=-LARGEST_AMOUNT, lt=LARGEST_AMOUNT, allow_inf_nan=False),
]
_as_cents = PlainSerializer(cents, return_type=Decimal)

Money = Annotated[
    _Decimal, AfterValidator(_whole_cents), _as_cents, WithJsonSchema({"type": "number", "format": "money"})
]
"""An amount of money in whole cents; fractions of a cent are refused."""

Amount = Annotated[_Decimal, _as_cents, WithJsonSchema({"type": "number", "format": "money"})]
"""A computed amount of money: any decimals come in, cents (half up) go out."""

Price = Annotated[_Decimal, WithJsonSchema({"type": "number"})]
"""A price, rate or amount a unit: exact, never rounded."""

Real = Annotated[
    float,
    BeforeValidator(lambda v: float(_number_not_flag(v)) if isinstance(v, bool | float | Decimal) else v),
    Field(allow_inf_nan=False),
    WithJsonSchema({"type": "number"}),
]
"""A computed quantity (return, weight, volatility): binary floating point, never NaN or infinite."""

Fraction = Annotated[Real, Field(ge=0, le=1), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})]
Units = Annotated[int, Field(ge=0, lt=10**12), BeforeValidator(_number_not_flag)]
IsoDate = Annotated[date, BeforeValidator(_exact_date)]
Moment = Annotated[datetime, BeforeValidator(_iso_only)]
Etf = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,6}$")]
Identifier = Annotated[
    str, StringConstraints(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:\-]*$")
]
"""An opaque id, safe in search attributes and file names; never a name of a person."""
