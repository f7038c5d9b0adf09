"""The file people.yaml: who may decide what. People are work ids, never names.

eligible    the people who may decide in a role on a day, up to an amount
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from payloads.base import Identifier, IsoDate, Money
from payloads.files.written import Words, Written, Wrong, refuse
from payloads.roles import CLIENT

RoleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
LargestAmount = Annotated[Money, Field(gt=0, description="AUD; the largest amount that may be approved")]


class Role(Written):
    """What holders of a role answer for."""

    summary: Words


class Person(Written):
    """The roles that a person holds; `limits` by role, none where a role is absent."""

    roles: Annotated[list[RoleName], Field(min_length=1)]
    limits: dict[RoleName, LargestAmount] = Field(default_factory=dict)


class Delegation(Written):
    """A person decides in a role in place of another, first and last day included, by the other's limit."""

    role: RoleName
    holder: Identifier
    delegate: Identifier
    since: IsoDate
    until: IsoDate
    reason: Words

    @model_validator(mode="after")
    def _lasts_and_is_between_two(self) -> Self:
        refuse(self._wrong())
        return self

    def _wrong(self) -> Iterator[Wrong]:
        if self.until < self.since:
            yield Wrong(("until",), f"it ends on {self.until}, before it begins on {self.since}")
        if self.holder == self.delegate:
            yield Wrong(("delegate",), f"{self.holder} cannot stand in for {self.holder}")


class PeopleFile(Written):
    """Roles, the people who hold them, and who stands in for whom."""

    roles: Annotated[dict[RoleName, Role], Field(min_length=1)]
    people: Annotated[dict[Identifier, Person], Field(min_length=1)]
    delegations: list[Delegation] = Field(default_factory=list)

    @model_validator(mode="after")
    def _roles_are_known_and_held(self) -> Self:
        refuse([*self._wrong_roles(), *self._wrong_people(), *self._wrong_delegations()])
        return self

    def _wrong_roles(self) -> Iterator[Wrong]:
        held = {role for person in self.people.values() for role in person.roles}
        for role in self.roles:
            if role == CLIENT:
                message = f"the role `{CLIENT}` is that of the run's own client; nobody here can hold it"
                yield Wrong(("roles", role), message)
            elif role not in held:
                yield Wrong(("roles", role), f"nobody holds the role {role}")

    def _wrong_people(self) -> Iterator[Wrong]:
        for subject, person in self.people.items():
            for place, role in enumerate(person.roles):
                at = ("people", subject, "roles", place)
                if role not in self.roles:
                    yield Wrong(at, f"there is no role {role}; there are {', '.join(self.roles)}")
                elif role in person.roles[:place]:
                    yield Wrong(at, f"{subject} holds the role {role} once, and it stands here twice")
            for role in [named for named in person.limits if named not in person.roles]:
                limit = ("people", subject, "limits", role)
                yield Wrong(limit, f"a limit is given for {role}, a role not held by {subject}")

    def _wrong_delegations(self) -> Iterator[Wrong]:
        for place, each in enumerate(self.delegations):
            for who in ("holder", "delegate"):
                if getattr(each, who) not in self.people:
                    yield Wrong(("delegations", place, who), f"there is no person {getattr(each, who)}")
            if each.holder in self.people and each.role not in self.people[each.holder].roles:
                message = f"{each.holder} does not hold the role {each.role}"
                yield Wrong(("delegations", place, "role"), message)


def eligible(file: PeopleFile, role: str, at: date, amount: Decimal | None = None) -> list[str]:
    """The work ids of those who may decide in `role` on the day `at`, in alphabetical order.

    With an `amount` (AUD) only those whose limit reaches it; exactly the limit is within it. Whoever stands
    in for a holder does so by the holder's limit. Empty when nobody's limit reaches so far; LookupError when
    there is no such role.
    """
    if role not in file.roles:
        raise LookupError(f"there is no role {role}; there are {', '.join(sorted(file.roles))}")
    holders = {subject for subject in file.people if _may(file, subject, role, amount)}
    delegates = {
        each.delegate
        for each in file.delegations
        if each.role == role and each.since <= at <= each.until and each.holder in holders
    }
    return sorted(holders | delegates)


def _may(file: PeopleFile, subject: str, role: str, amount: Decimal | None) -> bool:
    person = file.people[subject]
    limit = person.limits.get(role)
    return role in person.roles and (amount is None or limit is None or amount <= limit)
