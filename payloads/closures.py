"""Closing an account: what is left to do, handing units over, bringing every book to zero."""

from pydantic import Field

from payloads.base import Amount, Etf, Flag, Identifier, Moment, Payload, Units, Whole
from payloads.entry import DeclaredError, Effect, Entry
from payloads.orders import Trade
from payloads.portfolios import PortfolioId, State
from payloads.storage import ACCOUNT_CLOSED, EFFECT_ERRORS, UNKNOWN_PORTFOLIO
from payloads.valuation import PRICE_ERRORS


class ClosureBegun(Payload):
    """The portfolio only sells from now on; `before` is what it was."""

    portfolio_id: str
    account_id: str
    customer_id: str
    before: State


class KeptOpen(Payload):
    """Whether the portfolio is again what it was before this run began to close it."""

    portfolio_id: str
    kept_open: bool
    state: State


class AccountStanding(Payload):
    """What an account has, and the orders that sell all its units at the newest prices."""

    portfolio_id: str
    account_id: str
    customer_id: str
    state: State
    cash: Amount
    settled: Amount = Field(description="what could leave the account today")
    unsettled: Amount = Field(description="what trades have still to bring, or to cost")
    owed: Amount = Field(description="fees that are invoiced and not paid")
    value: Amount = Field(description="of the units, at the newest prices")
    units: dict[Etf, Units]
    open_orders: Whole
    trades: list[Trade]


class TransferOut(Payload):
    """Every unit of a portfolio goes to the client at another registry, which gave the reference."""

    portfolio_id: Identifier
    reference: Identifier


class TransferredOut(Payload):
    """What was handed over, and at what cost: the client's own, who sold nothing."""

    portfolio_id: str
    units: dict[Etf, Units]
    cost_base: Amount


class ClosedAccount(Payload):
    """Whether the account is closed now, what is still in the way, and what its books came to.

    What was paid in, less what was taken out, is `capital`; gains, income, fees and tax kept back explain
    the difference: capital, gains and income come to what fees and withheld do.
    """

    portfolio_id: str
    account_id: str
    closed: Flag
    closed_at: Moment | None
    left: list[str]
    capital: Amount
    gains: Amount
    income: Amount
    fees: Amount
    withheld: Amount


ENTRIES = (
    Entry(
        "accounts.begin_closure",
        "Have a portfolio take no deposits and no orders to buy any more",
        PortfolioId,
        ClosureBegun,
        Effect.EFFECT,
        errors=(ACCOUNT_CLOSED, UNKNOWN_PORTFOLIO, *EFFECT_ERRORS),
    ),
    Entry(
        "accounts.keep_open",
        "Take back that this run began to close a portfolio",
        PortfolioId,
        KeptOpen,
        Effect.EFFECT,
        errors=(UNKNOWN_PORTFOLIO, *EFFECT_ERRORS),
        no_undo="it takes back itself",
    ),
    Entry(
        "accounts.standing",
        "Say what an account has, and the orders that sell all of it",
        PortfolioId,
        AccountStanding,
        Effect.READS,
        errors=PRICE_ERRORS,
        files=("fees", "market", "universe"),
    ),
    Entry(
        "accounts.transfer_out",
        "Hand every unit to the client at another registry, at its cost",
        TransferOut,
        TransferredOut,
        Effect.EFFECT,
        errors=(
            DeclaredError("OrdersOpen", "orders of the portfolio may still fill"),
            DeclaredError("ReferenceConflict", "other units were handed over under that reference"),
            ACCOUNT_CLOSED,
            UNKNOWN_PORTFOLIO,
            *EFFECT_ERRORS,
        ),
        no_undo="the units are at another registry, whose holder alone can send them back",
        files=("trading",),
    ),
    Entry(
        "accounts.close",
        "Close an account once nothing is left on it: every book ends at zero",
        PortfolioId,
        ClosedAccount,
        Effect.EFFECT,
        errors=(
            DeclaredError("NotClosing", "nobody has begun to close the portfolio"),
            ACCOUNT_CLOSED,
            UNKNOWN_PORTFOLIO,
            *EFFECT_ERRORS,
        ),
        no_undo="a client who comes back gets a new account",
        files=("trading",),
    ),
)
