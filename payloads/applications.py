"""A person's application to become a client, checked before anything is recorded."""

from typing import Annotated

from pydantic import Field, StringConstraints

from payloads.base import Fraction, Identifier, IsoDate, Money, Payload
from payloads.bounds import MoneyFromZero, PositiveMoney
from payloads.entry import DeclaredError, Entry
from payloads.goals import GOAL_ERRORS, Goal
from payloads.limits import CAPITAL_TOO_SMALL
from payloads.risk import Age, Experience

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class Customer(Payload):
    """Who applies. Everything here is personal and never leaves the encrypted stores."""

    customer_id: Identifier | None = Field(None, description="opaque; made by Kronos if absent")
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    date_of_birth: IsoDate
    email: Email
    income: MoneyFromZero | None = Field(None, description="taxable, a year")
    net_worth: Money | None = None
    marginal_rate: Fraction | None = Field(None, description="tax on the next dollar, without levies")
    experience: Experience | None = None
    tax_residency: Country = "AU"


class CheckApplication(Payload):
    """An application as it was sent, and the day it is judged on."""

    customer: Customer
    capital: PositiveMoney
    currency: Currency = "AUD"
    goals: list[Goal]
    as_of: IsoDate


class CheckedApplication(Payload):
    """What follows from an application that can be taken."""

    age: Age
    marginal_rate: Fraction


ENTRIES = (
    Entry(
        name="customers.check_application",
        summary="Check that an application can be taken, and work out age and marginal tax rate",
        input=CheckApplication,
        output=CheckedApplication,
        errors=(
            DeclaredError("UnderAge", "the person is too young to hold an account"),
            DeclaredError("ImplausibleBirthDate", "the birth date lies ahead or too far back"),
            CAPITAL_TOO_SMALL,
            DeclaredError("UnsupportedCurrency", "accounts are not kept in this currency"),
            *GOAL_ERRORS,
            DeclaredError("MarginalRateUnknown", "neither a marginal rate nor an income was given"),
            DeclaredError("UnknownTaxYear", "the catalogue has no tax rules of that year"),
        ),
        files=("fees", "limits", "tax_au"),
    ),
)
