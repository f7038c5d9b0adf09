"""The base of every payload, and the field types that carry units.

Fields that people write are refused when unknown (`extra="forbid"` at the call); workers ignore
them, because during a rolling deploy an old worker meets new fields.
"""

import re
from collections.abc import Hashable, Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    Strict,
    StringConstraints,
)
from pydantic.json_schema import DEFAULT_REF_TEMPLATE, GenerateJsonSchema, JsonSchemaMode
from pydantic_core import CoreSchema

from payloads.exact_schema import ExactSchema
from payloads.plain_json import LARGEST_AMOUNT

CENT = Decimal("0.01")
MOST_DIGITS = 19

Name = TypeVar("Name", bound=Hashable)


class Payload(BaseModel):
    """What crosses the Temporal boundary: frozen, named fields, plain JSON."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, serialize_by_alias=True)

    @classmethod
    def model_json_schema(
        cls,
        by_alias: bool | None = True,
        ref_template: str = DEFAULT_REF_TEMPLATE,
        schema_generator: type[GenerateJsonSchema] = ExactSchema,
        mode: JsonSchemaMode = "validation",
        **options: Any,
    ) -> dict[str, Any]:
        """The JSON schema, with every bound that is enforced."""
        return super().model_json_schema(by_alias, ref_template, schema_generator, mode, **options)


def repeated(names: Iterable[Name]) -> Name | None:
    """The first of `names` that stands there a second time; None when each stands once."""
    seen: set[Name] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def cents(amount: Decimal) -> Decimal:
    """`amount` rounded half up to whole cents."""
    return amount.quantize(CENT, ROUND_HALF_UP)


_DECIMAL_TEXT = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_DATE_TEXT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT_TEXT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)


def _number(value: Any) -> Any:
    """`value` as it is, a float as the decimal it is written as; refuses flags and text."""
    if isinstance(value, bool):
        raise ValueError("a number was expected, not true or false")
    if isinstance(value, str | bytes):
        raise ValueError("a number was expected, not text")
    return Decimal(repr(value)) if isinstance(value, float) else value


def _number_or_text(value: Any) -> Any:
    """As `_number`, but decimal text is read too: digits, a point, digits."""
    if isinstance(value, str):
        if not _DECIMAL_TEXT.fullmatch(value):
            raise ValueError("decimal text has digits, and one point between digits at most")
        return Decimal(value)
    return _number(value)


def _floating(value: Any) -> Any:
    value = _number(value)
    return float(value) if isinstance(value, Decimal) else value


def _whole(value: Any) -> Any:
    """A whole number, which JSON may write as 40.0."""
    value = _number(value)
    if not isinstance(value, Decimal):
        return value
    # The bound comes first: 1E+999999999 is a short text and a very long integer.
    if not value.is_finite() or value.adjusted() >= MOST_DIGITS or value != value.to_integral_value():
        raise ValueError("a whole number was expected")
    return int(value)


def _whole_cents(amount: Decimal) -> Decimal:
    if amount != amount.quantize(CENT):
        raise ValueError("this has fractions of a cent; give at most two decimals")
    return amount


def _date(value: Any) -> Any:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DATE_TEXT.fullmatch(value):
        raise ValueError("a date was expected as text, YYYY-MM-DD")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("there is no such day") from None


def _moment(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _MOMENT_TEXT.fullmatch(value):
        raise ValueError("a moment was expected as text, YYYY-MM-DDThh:mm:ss with its offset from UTC")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("there is no such moment") from None


def _date_or_moment(value: Any) -> Any:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or (not _MOMENT_TEXT.fullmatch(value) and not _DATE_TEXT.fullmatch(value)):
        raise ValueError("a date (YYYY-MM-DD) or a moment (YYYY-MM-DDThh:mm:ss with its offset) was expected")
    return _date(value) if _DATE_TEXT.fullmatch(value) else _moment(value)


class _MoneyFormat:
    """Says in the JSON schema that a number is an amount of money in cents."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "format": "money"}


_within_largest = Field(gt=-LARGEST_AMOUNT, lt=LARGEST_AMOUNT, allow_inf_nan=False)
_Decimal = Annotated[Decimal, BeforeValidator(_number_or_text), _within_largest]
_as_cents = PlainSerializer(cents, return_type=Decimal)

Money = Annotated[_Decimal, AfterValidator(_whole_cents), _as_cents, _MoneyFormat()]
"""An amount of money in whole cents; fractions of a cent are refused."""

Amount = Annotated[_Decimal, _as_cents, _MoneyFormat()]
"""A computed amount of money: any decimals come in, cents (half up) go out."""

Price = _Decimal
"""A price, rate or amount a unit: exact, never rounded."""

Ratio = Annotated[Decimal, BeforeValidator(_number), _within_largest]
"""A share or weight, exactly the decimal given; text is refused."""

Real = Annotated[float, BeforeValidator(_floating), Field(allow_inf_nan=False)]
"""A computed quantity (return, weight, volatility): binary floating point, never NaN or infinite."""

Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number; 40.0 is one, text is none."""

Flag = Annotated[bool, Strict()]
"""True or false, and nothing that stands for them."""

Fraction = Annotated[Real, Field(ge=0, le=1)]
Units = Annotated[Whole, Field(ge=0, lt=10**12)]
IsoDate = Annotated[date, BeforeValidator(_date)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
DateOrMoment = Annotated[
    date | datetime, PlainValidator(_date_or_moment, json_schema_input_type=date | datetime)
]
Etf = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,6}$")]
Identifier = Annotated[
    str, StringConstraints(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:\-]*$")
]
"""An opaque id, safe in search attributes and file names; never a name of a person."""
