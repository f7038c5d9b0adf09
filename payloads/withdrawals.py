"""Withdrawals: what has to be sold for one, taking the money off the account, paying it out."""

from payloads.applications import Currency
from payloads.base import Amount, Identifier, Payload
from payloads.bounds import PositiveMoney
from payloads.entry import DeclaredError, Effect, Entry
from payloads.orders import Trade
from payloads.storage import ACCOUNT_CLOSED, EFFECT_ERRORS, UNKNOWN_ACCOUNT
from payloads.valuation import PRICE_ERRORS


class PlanWithdrawal(Payload):
    """How much is to leave a portfolio's account."""

    portfolio_id: Identifier
    amount: PositiveMoney


class WithdrawalPlan(Payload):
    """What there is of the amount, and what has to be traded for the rest.

    `settled` could leave the account today; what sales have still to bring counts as there, so that
    `missing` is what neither cash nor unsettled sales cover. The trades leave the rest of the portfolio
    at its target, and are none where nothing is missing.
    """

    portfolio_id: str
    account_id: str
    settled: Amount
    missing: Amount
    trades: list[Trade]


class Withdraw(Payload):
    """Money to take off an account."""

    account_id: Identifier
    amount: PositiveMoney
    currency: Currency = "AUD"


class Withdrawn(Payload):
    """The withdrawal's own reference, and the account's balance after it."""

    account_id: str
    withdrawal: str
    amount: Amount
    cash: Amount


class PayOut(Payload):
    """A withdrawal whose money is sent; how much says the ledger."""

    account_id: Identifier
    withdrawal: Identifier


class PaidOut(Payload):
    """What was sent, and the provider's reference."""

    account_id: str
    withdrawal: str
    amount: Amount
    reference: str


class ReturnWithdrawal(Payload):
    """The account whose withdrawals of this run, as far as they were not paid, are taken back."""

    account_id: Identifier


class WithdrawalReturned(Payload):
    """The withdrawals taken back, those that were paid and stay, and the balance after it."""

    account_id: str
    returned: list[str]
    paid: list[str]
    cash: Amount


_WRONG_CURRENCY = DeclaredError("WrongCurrency", "the account is kept in another currency")
_UNAVAILABLE = DeclaredError("PaymentsUnavailable", "the payment provider cannot be reached", retryable=True)

ENTRIES = (
    Entry(
        "cash.plan_withdrawal",
        "Say what has to be traded so that an amount can leave the account",
        PlanWithdrawal,
        WithdrawalPlan,
        Effect.READS,
        errors=(
            DeclaredError("WithdrawalTooLarge", "the whole portfolio, sold, brings in less than the amount"),
            *PRICE_ERRORS,
        ),
        files=("fees", "limits", "market", "universe"),
    ),
    Entry(
        "cash.withdraw",
        "Take settled money off an account, once",
        Withdraw,
        Withdrawn,
        Effect.EFFECT,
        errors=(
            _WRONG_CURRENCY,
            DeclaredError("InsufficientCash", "more than the account's settled cash"),
            UNKNOWN_ACCOUNT,
            ACCOUNT_CLOSED,
            *EFFECT_ERRORS,
        ),
        files=("trading",),
    ),
    Entry(
        "payments.pay_out",
        "Send the money of a withdrawal to the client, once",
        PayOut,
        PaidOut,
        Effect.EFFECT,
        errors=(
            DeclaredError("PayoutRefused", "the bank refuses the payment, or it was cancelled"),
            DeclaredError("UnknownReference", "nothing was withdrawn under that reference"),
            _UNAVAILABLE,
            UNKNOWN_ACCOUNT,
            ACCOUNT_CLOSED,
            *EFFECT_ERRORS,
        ),
        no_undo="money that was sent can only be asked back by people",
    ),
    Entry(
        "cash.return_withdrawal",
        "Take back what this run withdrew and did not pay out",
        ReturnWithdrawal,
        WithdrawalReturned,
        Effect.EFFECT,
        errors=(_UNAVAILABLE, UNKNOWN_ACCOUNT, ACCOUNT_CLOSED, *EFFECT_ERRORS),
        no_undo="it takes back itself",
        files=("trading",),
    ),
)
