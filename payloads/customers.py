"""Clients: taking them on, who they are, what they want, what they sign and are told."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from payloads.applications import Customer
from payloads.base import Amount, Identifier, Payload
from payloads.entry import DeclaredError, Effect, Entry
from payloads.goals import Goal
from payloads.portfolios import Mandate
from payloads.storage import EFFECT_ERRORS, UNKNOWN_CUSTOMER, UNKNOWN_PORTFOLIO

PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
# Account and portfolio put two characters in front, and an id has at most 80.
LONGEST_CUSTOMER_ID = 76
Documents = Annotated[list[Identifier], Field(max_length=50)]


class NewCustomer(Customer):
    """Who is taken on; the ids of account and portfolio are made from theirs."""

    customer_id: Annotated[Identifier, Field(max_length=LONGEST_CUSTOMER_ID)] | None = None


class RegisterCustomer(Payload):
    """The person to take on, and who advises them."""

    customer: NewCustomer
    adviser_id: Identifier | None = None


class RecordedSteps(Payload):
    """What is on record of a client already: done before, so not to be asked again."""

    identity: bool = Field(description="the identity is verified")
    goals: bool = Field(description="goals are defined")
    allocation: bool = Field(description="risk score and pod weights are saved")
    agreement: bool = Field(description="an agreement is signed")
    funded: bool = Field(description="money has come in")
    invested: bool = Field(description="the portfolio has been created")
    cash: Amount


class RegisteredCustomer(Payload):
    """The client's ids, and what is on record."""

    customer_id: str
    account_id: str
    portfolio_id: str
    recorded: RecordedSteps


class VerifyIdentity(Payload):
    """Whose identity to verify, with the ids of documents handed in."""

    customer_id: Identifier
    documents: Documents = Field(default_factory=list)


class IdentityResult(Payload):
    """What the identity provider found; `reason` says why it is not verified, else it is empty."""

    status: Literal["verified", "documents_needed", "refused"]
    reference: str
    reason: str = ""


class DefineGoals(Payload):
    """All goals of a client; they replace those on record."""

    customer_id: Identifier
    goals: Annotated[list[Goal], Field(max_length=50)]


class DefinedGoals(Payload):
    """The goals on record, in the order given."""

    customer_id: str
    goal_ids: list[str]


class SendAgreement(Payload):
    """The client, the portfolio that the agreement is about, and the mandate that it gives once signed."""

    customer_id: Identifier
    portfolio_id: Identifier
    mandate: Mandate = "advised"


class SentAgreement(Payload):
    """The agreement to be signed."""

    agreement_id: str


class RecordSignature(Payload):
    """Who signed which agreement."""

    customer_id: Identifier
    agreement_id: Identifier
    signed_by: PersonName


class RecordedSignature(Payload):
    """When the agreement was recorded as signed; the first time counts."""

    agreement_id: str
    signed_at: datetime


class SendNotification(Payload):
    """A message to a client: the template's name and the values it shows."""

    customer_id: Identifier
    template: Identifier
    values: dict[str, Any] = Field(default_factory=dict)
    # Left out of what is kept of a message, which is as it was before there was such a field.
    about: str | None = Field(
        None,
        min_length=1,
        max_length=120,
        exclude=True,
        description="what the message is about: the client is sent it once, whichever run tells them; "
        "without it each step sends a message of its own",
    )


class SentNotification(Payload):
    """The provider has taken the message under this id."""

    notification_id: str


_ERASED = DeclaredError("CustomerErased", "the client's personal data was erased")
_OPEN_RECORD = "a client on record stays on record; starting again goes on from there"

ENTRIES = (
    Entry(
        "customers.register",
        "Take a client on, or find what is on record of them",
        RegisterCustomer,
        RegisteredCustomer,
        Effect.EFFECT,
        errors=(
            DeclaredError("CustomerConflict", "the id belongs to a person of another name or birth date"),
            _ERASED,
            *EFFECT_ERRORS,
        ),
        no_undo=_OPEN_RECORD,
    ),
    Entry(
        "identity.verify",
        "Ask the identity provider who a client is, and record the answer",
        VerifyIdentity,
        IdentityResult,
        Effect.EFFECT,
        errors=(
            DeclaredError("IdentityUnavailable", "the identity provider cannot be reached", retryable=True),
            UNKNOWN_CUSTOMER,
            _ERASED,
            *EFFECT_ERRORS,
        ),
        no_undo="an answer of the provider stays what it was",
    ),
    Entry(
        "goals.define",
        "Record the goals of a client",
        DefineGoals,
        DefinedGoals,
        Effect.EFFECT,
        errors=(
            DeclaredError("DuplicateGoal", "two goals have the same id"),
            UNKNOWN_CUSTOMER,
            _ERASED,
            *EFFECT_ERRORS,
        ),
        no_undo=_OPEN_RECORD,
    ),
    Entry(
        "agreements.send",
        "Make an agreement for a client to sign",
        SendAgreement,
        SentAgreement,
        Effect.EFFECT,
        errors=(UNKNOWN_CUSTOMER, UNKNOWN_PORTFOLIO, *EFFECT_ERRORS),
        no_undo="an agreement that nobody signs binds nobody",
    ),
    Entry(
        "agreements.record_signature",
        "Record that an agreement was signed",
        RecordSignature,
        RecordedSignature,
        Effect.EFFECT,
        errors=(
            DeclaredError("UnknownAgreement", "the client was sent no agreement of that id"),
            UNKNOWN_CUSTOMER,
            _ERASED,
            *EFFECT_ERRORS,
        ),
        no_undo="what was signed stays signed",
    ),
    Entry(
        "notifications.send",
        "Send a client a message",
        SendNotification,
        SentNotification,
        Effect.EFFECT,
        errors=(
            DeclaredError("NotificationsUnavailable", "the provider cannot be reached", retryable=True),
            UNKNOWN_CUSTOMER,
            _ERASED,
            *EFFECT_ERRORS,
        ),
        no_undo="a message sent cannot be called back",
    ),
)
