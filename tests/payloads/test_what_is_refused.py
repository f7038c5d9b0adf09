"""What inputs take and refuse: text for numbers, other forms of dates, and where a refusal points."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from payloads.base import Amount, DateOrMoment, Flag, IsoDate, Moment, Money, Price, Real, Units
from payloads.bounds import Weight
from payloads.calendars import AskNextSession
from payloads.messages import sentence
from payloads.pods import AllocatePods
from payloads.rebalancing import CheckDrift


@pytest.mark.parametrize("kind", [Money, Amount, Price])
@pytest.mark.parametrize(
    "text", ["1_000", " 1", "1 ", "1\n", "\uff11", "1e3", "1E2", "+1", ".5", "1.", "", "NaN", "\u0663"]
)
def test_money_as_text_is_a_plain_decimal(kind: Any, text: str) -> None:
    """Digits, and one point between digits; nothing else that Python would read."""
    with pytest.raises(ValidationError, match="decimal text"):
        TypeAdapter(kind).validate_python(text)


@pytest.mark.parametrize("given", ["12.30", Decimal("12.3"), 12.3])
def test_money_comes_as_number_or_text(given: Any) -> None:
    """The amount is the same, and exact."""
    assert TypeAdapter(Money).validate_python(given) == Decimal("12.30")


@pytest.mark.parametrize(("amount", "taken"), [("9999999999999.99", True), ("10000000000000", False)])
def test_the_largest_amount_keeps_its_cents(amount: str, taken: bool) -> None:
    """Beyond it binary floating point would lose them."""
    if taken:
        assert float(TypeAdapter(Money).validate_python(amount)) == float(amount)
        return
    with pytest.raises(ValidationError):
        TypeAdapter(Money).validate_python(amount)


@pytest.mark.parametrize("kind", [Units, Real, Weight])
@pytest.mark.parametrize("given", ["1", "0.5", True, None, [], {}])
def test_counts_and_weights_are_numbers(kind: Any, given: Any) -> None:
    """Text and flags are refused."""
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(given)


@pytest.mark.parametrize("given", [40, 40.0, Decimal("40.0"), Decimal("4E+1")])
def test_a_whole_number_may_have_a_point(given: Any) -> None:
    """JSON tells 40 and 40.0 not apart."""
    found = TypeAdapter(Units).validate_python(given)
    assert (found, type(found)) == (40, int)


@pytest.mark.parametrize(
    "given", [Decimal("40.5"), Decimal("NaN"), Decimal("1E+999999999"), float("inf"), 10**400]
)
def test_what_is_not_whole_is_no_count(given: Any) -> None:
    """Refused at once, however large."""
    with pytest.raises(ValidationError):
        TypeAdapter(Units).validate_python(given)


@pytest.mark.parametrize("given", ["no", "true", 0, 1, Decimal(1), None])
def test_a_flag_is_true_or_false(given: Any) -> None:
    """Nothing stands for it."""
    with pytest.raises(ValidationError):
        TypeAdapter(Flag).validate_python(given)


NOT_ISO = [
    "1775000000",
    "20260401",
    "2026-4-1",
    "2026-02-30",
    "01/04/2026",
    "\uff12\uff10\uff12\uff16-04-01",
    "",
    1775000000,
    True,
    None,
]


@pytest.mark.parametrize("kind", [IsoDate, Moment, DateOrMoment])
@pytest.mark.parametrize("given", NOT_ISO)
def test_only_iso_text_is_a_date(kind: Any, given: Any) -> None:
    """Seconds since 1970 and other ways to write a day are refused."""
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(given)


def test_a_date_and_a_moment_are_told_apart() -> None:
    """By what is written."""
    either: TypeAdapter[Any] = TypeAdapter(DateOrMoment)
    assert either.validate_python("2026-04-01") == date(2026, 4, 1)
    assert either.validate_python("2026-04-01T10:00:00Z") == datetime(2026, 4, 1, 10, tzinfo=UTC)


def problems(model: Any, given: dict[str, Any]) -> list[tuple[tuple[Any, ...], str]]:
    """Where and what, of everything refused."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(given, extra="forbid")
    return [(one["loc"], sentence(one)) for one in caught.value.errors()]


@pytest.mark.parametrize("after", NOT_ISO)
def test_a_refused_moment_is_at_its_field(after: Any) -> None:
    """Once, by the name that was written."""
    found = problems(AskNextSession, {"exchange": "XASX", "after": after})
    assert [where for where, _ in found] == [("after",)]


@pytest.mark.parametrize(
    ("band", "path"),
    [
        (True, ("band",)),
        (-0.1, ("band",)),
        ("0.05", ("band",)),
        (None, ("band",)),
        ([], ("band",)),
        ({}, ("band",)),
        ({"absolute": -0.1}, ("band", "absolute")),
    ],
)
def test_a_refused_band_is_where_it_was_written(band: Any, path: tuple[str, ...]) -> None:
    """`band.absolute` only if that was written."""
    found = problems(CheckDrift, {"current": {}, "target": {}, "band": band})
    assert [where for where, _ in found] == [path]


def test_a_number_is_an_absolute_band() -> None:
    """0.05 is five points."""
    assert CheckDrift.model_validate({"current": {}, "target": {}, "band": 0.05}).band.absolute == Decimal(
        "0.05"
    )


def test_sentences_are_in_the_words_of_json() -> None:
    """No types of Python, no values, bounds in plain digits."""
    given = {"risk_score": 900, "age": "40", "goals": {}, "total_capital": Decimal("1E15"), "x": 1}
    found = {where[-1]: said for where, said in problems(AllocatePods, given)}
    assert found == {
        "risk_score": "must be at most 100",
        "age": "a number was expected, not text",
        "goals": "must be a list",
        "total_capital": "must be below 10000000000000",
        "as_of": "is required",
        "x": "is not a field here",
    }


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ({"type": "too_short", "ctx": {"min_length": 1, "actual_length": 0}}, "must have at least 1 item"),
        ({"type": "too_long", "ctx": {"max_length": 50}}, "may have at most 50 items"),
        ({"type": "literal_error", "ctx": {"expected": "'buy' or 'sell'"}}, "must be one of buy or sell"),
        ({"type": "model_type", "ctx": {"class_name": "Goal"}}, "must be an object"),
        ({"type": "string_pattern_mismatch", "ctx": {"pattern": "^a$"}}, "does not have the form ^a$"),
        ({"type": "greater_than", "ctx": {"gt": Decimal("-1E+13")}}, "must be above -10000000000000"),
        ({"type": "greater_than_equal", "ctx": {"ge": Decimal("0.10")}}, "must be at least 0.1"),
        ({"type": "of a later pydantic"}, "is not valid"),
    ],
)
def test_each_kind_has_its_sentence(error: dict[str, Any], said: str) -> None:
    """Short, and without what was given."""
    assert sentence(error) == said
