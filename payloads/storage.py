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

CLOSING_PRICE_ERRORS = (
    DeclaredError("NoSnapshot", "there are no market data to value holdings by"),
    DeclaredError("StaleSnapshot", "the newest market data end too long before a day to be valued"),
    DeclaredError("UnknownEtf", "the market data of a day have no price of an ETF"),
    DeclaredError("SnapshotDamaged", "the stored bytes are not those of the digest"),
)
"""Of whatever is valued at the close of a day that is past."""
