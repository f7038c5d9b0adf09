"""Field types with bounds that both the models and their JSON schemas state."""

from typing import Annotated

from pydantic import Field, WithJsonSchema

from payloads.base import Amount, Money, Price, Units

_money = {"type": "number", "format": "money"}

PositiveMoney = Annotated[Money, Field(gt=0), WithJsonSchema({**_money, "exclusiveMinimum": 0})]
MoneyFromZero = Annotated[Money, Field(ge=0), WithJsonSchema({**_money, "minimum": 0})]
AmountFromZero = Annotated[Amount, Field(ge=0), WithJsonSchema({**_money, "minimum": 0})]
PositivePrice = Annotated[Price, Field(gt=0), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})]
PositiveUnits = Annotated[Units, Field(gt=0), WithJsonSchema({"type": "integer", "exclusiveMinimum": 0})]

Share = Annotated[Price, Field(ge=0), WithJsonSchema({"type": "number", "minimum": 0})]
"""A rate or share from 0 up, exactly the decimal given."""

Weight = Annotated[Price, Field(ge=0, le=1), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})]
"""A share of a whole, 0 to 1, exactly the decimal given."""

RateBelowOne = Annotated[
    Price,
    Field(ge=0, lt=1),
    WithJsonSchema({"type": "number", "minimum": 0, "exclusiveMaximum": 1}),
]
"""A rate from 0 to below 1, exactly the decimal given."""
