"""Column types that hold the same value on SQLite and on PostgreSQL."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import DateTime, Dialect, Numeric, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from payloads import plain_json

PLACES = 8


class Exact(TypeDecorator[Decimal]):
    """A price, rate or amount a unit: exact, with up to 8 decimal places.

    NUMERIC on PostgreSQL, text on SQLite, which has no decimals. More places are refused, because
    rounding is a decision that the writer must have made.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(24, PLACES))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | str | None:
        if value is None:
            return None
        exponent = value.normalize().as_tuple().exponent
        if not isinstance(exponent, int) or -exponent > PLACES:
            raise ValueError(f"{value} has more than {PLACES} decimal places; round it before it is stored")
        return value if dialect.name == "postgresql" else format(value, "f")

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        exact = Decimal(value)
        # Without trailing zeros, so that both databases answer alike; no exponent either.
        return exact.quantize(Decimal(1)) if exact == exact.to_integral_value() else exact.normalize()


class Moment(TypeDecorator[datetime]):
    """An aware moment, in UTC on the way out; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """Plain JSON as text; numbers with a point come back as Decimals."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else plain_json.dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else plain_json.loads(value)
