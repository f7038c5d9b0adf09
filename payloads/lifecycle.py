"""A client's life with the house: who follows it, how far it has come, and what is known for a review."""

from typing import Literal

from payloads.base import Identifier, IsoDate, Payload
from payloads.entry import DeclaredError, Effect, Entry
from payloads.goals import Goal
from payloads.portfolios import Mandate
from payloads.risk import Age, Experience
from payloads.storage import EFFECT_ERRORS, READ_ERRORS, UNKNOWN_CUSTOMER

Stage = Literal["registered", "verified", "invested", "managed"]
"""How far a client has come by what is recorded of them."""


class CustomerId(Payload):
    """Which client."""

    customer_id: Identifier


class Followed(Payload):
    """Whether the caller's run follows the client from now on, else which run does."""

    began: bool
    followed_by: str


class Standing(Payload):
    """A client as they are recorded; goals are those defined or planned, by their ids."""

    customer_id: str
    account_id: str
    portfolio_id: str
    stage: Stage
    mandate: Mandate
    open_goals: list[str]
    reached_goals: list[str]
    reviewed_on: IsoDate | None = None


class AskProfile(Payload):
    """Which client, and the day that ages and goals are told for."""

    customer_id: Identifier
    as_of: IsoDate


class Profile(Payload):
    """What advice rests on beside the questionnaire: age in completed years, and the goals still ahead."""

    customer_id: str
    portfolio_id: str
    age: Age
    experience: Experience | None
    goals: list[Goal]


_ERASED = DeclaredError("CustomerErased", "the client's personal data was erased")

ENTRIES = (
    Entry(
        "lifecycle.begin",
        "Have one run follow a client's life, and no other beside it",
        CustomerId,
        Followed,
        Effect.EFFECT,
        errors=(UNKNOWN_CUSTOMER, *EFFECT_ERRORS),
        no_undo="once the run has ended another one may follow the client",
    ),
    Entry(
        "lifecycle.standing",
        "Tell how far a client has come",
        CustomerId,
        Standing,
        Effect.READS,
        errors=(UNKNOWN_CUSTOMER, *READ_ERRORS),
    ),
    Entry(
        "lifecycle.profile",
        "Read what a review of a client's advice rests on",
        AskProfile,
        Profile,
        Effect.READS,
        errors=(UNKNOWN_CUSTOMER, _ERASED, *READ_ERRORS),
    ),
)
