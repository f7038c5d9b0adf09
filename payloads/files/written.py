"""What operators write in catalogue files: the base, and figures that say where they come from."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, NamedTuple, TypeVar

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from payloads.base import IsoDate, Payload, Price

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Rate = Annotated[Price, Field(ge=0, le=1)]


class Written(Payload):
    """A part of a catalogue file: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class Wrong(NamedTuple):
    """What contradicts the rest of a file, and the path to it from the model that finds it."""

    path: tuple[str | int, ...]
    message: str


def refuse(found: Iterable[Wrong]) -> None:
    """Raise all that is wrong at once, each at its own place; nothing when nothing is."""
    details = [
        InitErrorDetails(
            type=PydanticCustomError("contradiction", "{message}", {"message": one.message}),
            loc=one.path,
            input=None,
        )
        for one in found
    ]
    if details:
        raise ValidationError.from_exception_data("the file", details)


class Figure(Written):
    """One number that a rule rests on: what it counts, since when it holds, and who says so."""

    value: Price
    unit: Words
    since: IsoDate
    source: Words


class Dated(Written):
    """Anything that holds from a date until the next of its kind begins."""

    since: IsoDate
    source: Words


AnyDated = TypeVar("AnyDated", bound=Dated)


def at(values: Sequence[AnyDated], day: date) -> AnyDated:
    """The one of `values` (oldest first) that holds on `day`; LookupError before the first."""
    holding = [value for value in values if value.since <= day]
    if not holding:
        raise LookupError(f"nothing holds on {day}: the first begins on {values[0].since}")
    return holding[-1]


def _oldest_first(values: list[AnyDated]) -> list[AnyDated]:
    days = [value.since for value in values]
    if days != sorted(set(days)):
        raise ValueError("dated values are listed oldest first, one a day")
    return values


Records = Annotated[list[AnyDated], AfterValidator(_oldest_first)]
"""Dated values, oldest first; there may be none yet."""

History = Annotated[list[AnyDated], Field(min_length=1), AfterValidator(_oldest_first)]
"""Dated values, oldest first."""
