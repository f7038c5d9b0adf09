"""Funding an account: asking for a deposit, booking what comes in."""

from typing import Annotated

from pydantic import Field, StringConstraints

from payloads.applications import Currency
from payloads.base import Amount, Flag, Identifier, Money, Payload
from payloads.entry import DeclaredError, Effect, Entry
from payloads.storage import ACCOUNT_CLOSED, EFFECT_ERRORS, UNKNOWN_ACCOUNT

Deposited = Annotated[Money, Field(gt=0)]


class RequestDeposit(Payload):
    """How much a client should pay in."""

    account_id: Identifier
    amount: Deposited
    currency: Currency = "AUD"
    # Left out of what is kept of a request, which is as it was before there was such a field.
    about: str | None = Field(
        None,
        min_length=1,
        max_length=120,
        exclude=True,
        description="what the money is for: until it comes, whoever asks for as much about the same "
        "is told the same reference; without it each step asks for money of its own",
    )


class DepositRequested(Payload):
    """What the client is told: pay this amount and quote the reference."""

    reference: str
    amount: Amount
    currency: str


class ConfirmDeposit(Payload):
    """Money that arrived. The same reference is booked once, whoever reports it again."""

    account_id: Identifier
    amount: Deposited
    currency: Currency = "AUD"
    reference: Identifier | None = Field(None, description="without it, once for each step of a run")


class DepositConfirmed(Payload):
    """What was received under this reference, and the account's balance after it."""

    account_id: str
    received: Amount
    cash: Amount
    booked: Flag = Field(True, description="false if another step or run had booked the reference before")


class ReverseDeposit(Payload):
    """A deposit that was booked and whose money the bank took back, and the bank's reason."""

    account_id: Identifier
    reference: Identifier
    reason: Annotated[str, StringConstraints(max_length=200)] = ""


class DepositReversed(Payload):
    """What was taken back, and the account's balance after it: negative if the money is spent already."""

    account_id: str
    returned: Amount
    cash: Amount


_WRONG_CURRENCY = DeclaredError("WrongCurrency", "the account is kept in another currency")

ENTRIES = (
    Entry(
        "payments.request_deposit",
        "Ask a client to pay into their account",
        RequestDeposit,
        DepositRequested,
        Effect.EFFECT,
        errors=(
            _WRONG_CURRENCY,
            DeclaredError("PaymentsUnavailable", "the payment provider cannot be reached", retryable=True),
            UNKNOWN_ACCOUNT,
            ACCOUNT_CLOSED,
            *EFFECT_ERRORS,
        ),
        no_undo="a request that nobody pays moves no money",
    ),
    Entry(
        "payments.confirm_deposit",
        "Book money that arrived, once for each reference",
        ConfirmDeposit,
        DepositConfirmed,
        Effect.EFFECT,
        errors=(
            _WRONG_CURRENCY,
            DeclaredError("ReferenceConflict", "the reference was booked with another amount, or bounced"),
            UNKNOWN_ACCOUNT,
            ACCOUNT_CLOSED,
            *EFFECT_ERRORS,
        ),
        no_undo="money that arrived belongs to the client",
        files=("trading",),
    ),
    Entry(
        "payments.reverse_deposit",
        "Take the booking of a deposit back that bounced, once for each reference",
        ReverseDeposit,
        DepositReversed,
        Effect.EFFECT,
        errors=(
            DeclaredError("UnknownReference", "no deposit was booked under that reference"),
            UNKNOWN_ACCOUNT,
            ACCOUNT_CLOSED,
            *EFFECT_ERRORS,
        ),
        no_undo="the bank has taken the money back",
        files=("trading",),
    ),
)
