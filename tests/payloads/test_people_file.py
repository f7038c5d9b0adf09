"""Who may decide: roles, limits and delegations of people.yaml."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from payloads.files.people import PeopleFile, eligible

ROLES = {name: {"summary": name} for name in ("manager", "compliance")}
PEOPLE = {
    "mia": {"roles": ["manager"], "limits": {"manager": "1000.00"}},
    "noa": {"roles": ["manager", "compliance"]},
    "kim": {"roles": ["compliance"], "limits": {"compliance": "500.00"}},
}
LEAVE = {
    "role": "manager",
    "holder": "mia",
    "delegate": "kim",
    "since": "2026-07-01",
    "until": "2026-07-14",
    "reason": "leave",
}
DAY = date(2026, 7, 7)


def people(**changes: Any) -> PeopleFile:
    return PeopleFile.model_validate({"roles": ROLES, "people": PEOPLE, **changes})


@pytest.mark.parametrize(
    ("role", "amount", "expected"),
    [
        ("manager", None, ["mia", "noa"]),
        ("manager", "1000.00", ["mia", "noa"]),
        ("manager", "1000.01", ["noa"]),
        ("compliance", "500.01", ["noa"]),
        ("compliance", "0", ["kim", "noa"]),
    ],
)
def test_holders_up_to_their_limit_are_eligible(role: str, amount: str | None, expected: list[str]) -> None:
    """Exactly the limit is within it; who has none is bound by none; the order is alphabetical."""
    assert eligible(people(), role, DAY, Decimal(amount) if amount else None) == expected


@pytest.mark.parametrize(
    ("day", "amount", "expected"),
    [
        ("2026-06-30", "1", ["mia", "noa"]),
        ("2026-07-01", "1", ["kim", "mia", "noa"]),
        ("2026-07-14", "1", ["kim", "mia", "noa"]),
        ("2026-07-15", "1", ["mia", "noa"]),
        ("2026-07-07", "1000.01", ["noa"]),
    ],
)
def test_a_delegate_stands_in_between_two_days_by_the_holders_limit(
    day: str, amount: str, expected: list[str]
) -> None:
    """First and last day count; the delegate may approve what the holder may, and no more."""
    file = people(delegations=[LEAVE])
    assert eligible(file, "manager", date.fromisoformat(day), Decimal(amount)) == expected


def test_an_unknown_role_is_an_error() -> None:
    """Nobody is eligible by a slip of the pen."""
    with pytest.raises(LookupError, match="there is no role boss"):
        eligible(people(), "boss", DAY)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"roles": {**ROLES, "client": {"summary": "x"}}}, "the role `client`"),
        ({"roles": {**ROLES, "boss": {"summary": "x"}}}, "nobody holds the role boss"),
        ({"people": {**PEOPLE, "zoe": {"roles": ["boss"]}}}, "there is no role boss"),
        ({"people": {**PEOPLE, "zoe": {"roles": ["manager"], "limits": {"compliance": 1}}}}, "not held"),
        ({"delegations": [{**LEAVE, "holder": "kim", "delegate": "mia"}]}, "does not hold the role manager"),
        ({"delegations": [{**LEAVE, "delegate": "zoe"}]}, "there is no person zoe"),
        ({"delegations": [{**LEAVE, "delegate": "mia"}]}, "cannot stand in"),
        ({"delegations": [{**LEAVE, "until": "2026-06-30"}]}, "before it begins"),
    ],
)
def test_what_contradicts_itself_is_refused(changes: dict[str, Any], message: str) -> None:
    """Roles are known and held, and delegations are between people who are there."""
    with pytest.raises(ValidationError, match=message):
        people(**changes)


@given(st.decimals(0, 5000, places=2), st.decimals(0, 5000, places=2), st.dates())
def test_who_may_approve_much_may_approve_little(one: Decimal, other: Decimal, day: date) -> None:
    """A smaller amount never has fewer eligible people."""
    file = people(delegations=[LEAVE])
    little, much = sorted((one, other))
    assert set(eligible(file, "manager", day, much)) <= set(eligible(file, "manager", day, little))
