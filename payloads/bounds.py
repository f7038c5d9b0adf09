"""Field types with bounds."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from payloads.base import Amount, Moment, Money, Price, Ratio, Real, Units

PositiveMoney = Annotated[Money, Field(gt=0)]
MoneyFromZero = Annotated[Money, Field(ge=0)]
AmountFromZero = Annotated[Amount, Field(ge=0)]
PositivePrice = Annotated[Price, Field(gt=0)]
PriceFromZero = Annotated[Price, Field(ge=0)]
PositiveUnits = Annotated[Units, Field(gt=0)]

ExactUnits = Annotated[PositivePrice, Field(lt=10**10, decimal_places=8)]
"""Units above zero, parts of units in at most eight decimals."""

Share = Annotated[Ratio, Field(ge=0)]
"""A rate or share from 0 up, exactly the decimal given."""

Weight = Annotated[Ratio, Field(ge=0, le=1)]
"""A share of a whole, 0 to 1, exactly the decimal given."""

RateBelowOne = Annotated[Ratio, Field(ge=0, lt=1)]
"""A rate from 0 to below 1, exactly the decimal given."""

AimWeight = Annotated[Real, Field(ge=0, le=100)]
"""How much an aim counts. Far larger ones would drown the other aims, and then the solver's own limits."""


def _with_offset(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment must say its offset from UTC")
    return moment


ExactMoment = Annotated[Moment, AfterValidator(_with_offset)]
"""A moment with its offset from UTC."""
