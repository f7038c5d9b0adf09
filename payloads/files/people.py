"""The file people.yaml: who may decide what. People are work ids, never names.

eligible    the people who may decide in a role on a day, up to an amount
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from payloads.base import Identifier, IsoDate, Money
from payloads.files.written import Words, Written
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
    def _ends_after_it_began(self) -> Self:
        if self.until < self.since:
            raise ValueError(f"it ends on {self.until}, before it begins on {self.since}")
        if self.holder == self.delegate:
            raise ValueError(f"{self.holder} cannot stand in for {self.holder}")
        return self


class PeopleFile(Written):
    """Roles, the people who hold them, and who stands in for whom."""

    roles: Annotated[dict[RoleName, Role], Field(min_length=1)]
    people: Annotated[dict[Identifier, Person], Field(min_length=1)]
    delegations: list[Delegation] = Field(default_factory=list)

    @model_validator(mode="after")
    def _roles_are_known_and_held(self) -> Self:
        if CLIENT in self.roles:
            raise ValueError(f"the role `{CLIENT}` is that of the run's own client; nobody here can hold it")
        for subject, person in self.people.items():
            _refuse_unknown(subject, person, self.roles)
        held = {role for person in self.people.values() for role in person.roles}
        if unheld := sorted(self.roles.keys() - held):
            raise ValueError(f"nobody holds the role {', '.join(unheld)}")
        return self

    @model_validator(mode="after")
    def _delegations_are_between_people(self) -> Self:
        for place, each in enumerate(self.delegations):
            if each.role not in _roles_of(self, each.holder):
                raise ValueError(f"delegations.{place}: {each.holder} does not hold the role {each.role}")
            if each.delegate not in self.people:
                raise ValueError(f"delegations.{place}: there is no person {each.delegate}")
        return self


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


def _roles_of(file: PeopleFile, subject: str) -> list[str]:
    person = file.people.get(subject)
    return person.roles if person else []


def _refuse_unknown(subject: str, person: Person, roles: dict[str, Role]) -> None:
    if unknown := sorted(set(person.roles) - roles.keys()):
        raise ValueError(f"people.{subject}: there is no role {', '.join(unknown)}")
    if unheld := sorted(person.limits.keys() - set(person.roles)):
        raise ValueError(f"people.{subject}: a limit is given for {', '.join(unheld)}, a role not held")
