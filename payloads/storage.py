"""Errors that every activity with a foot in the database declares."""

from payloads.entry import DeclaredError

READ_ERRORS = (
    DeclaredError("DatabaseUnavailable", "the database cannot be reached", retryable=True),
    DeclaredError("DatabaseBusy", "another transaction was in the way", retryable=True),
)

EFFECT_ERRORS = (
    DeclaredError("IntentChanged", "the same step asked for something else before"),
    *READ_ERRORS,
)

UNKNOWN_CUSTOMER = DeclaredError("UnknownCustomer", "no customer has that id")
UNKNOWN_ACCOUNT = DeclaredError("UnknownAccount", "no account has that id")
UNKNOWN_PORTFOLIO = DeclaredError("UnknownPortfolio", "no portfolio has that id")
ACCOUNT_CLOSED = DeclaredError("AccountClosed", "the account is closed, or takes nothing new")
