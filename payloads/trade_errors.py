"""Wrong trades: what would put the client right, doing it, and what it made or cost the firm."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from payloads.base import Amount, Etf, Flag, Identifier, IsoDate, Payload, Units, Whole
from payloads.entry import DeclaredError, Effect, Entry
from payloads.orders import Side, Trade
from payloads.storage import ACCOUNT_CLOSED, EFFECT_ERRORS
from payloads.valuation import PRICE_ERRORS

ErrorKind = Literal["wrong_client", "wrong_side", "wrong_units", "unwanted"]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class WrongTrade(Payload):
    """An order of a portfolio that was executed, and what should have been.

    What is not given was right. No units: nothing should have been traded at all.
    """

    portfolio_id: Identifier
    order: Identifier
    intended_portfolio_id: Identifier | None = None
    intended_side: Side | None = None
    intended_units: Units | None = None


class AssessedError(Payload):
    """What went wrong, and what puts it right at the price that the wrong trade had.

    `firm_units` are what the firm takes over (negative: hands over), `firm_money` what it gets for that
    (negative: pays). `buys` are what it still lacks of units to hand over, `sells` what it holds of them.
    """

    order: str
    error: ErrorKind
    etf: Etf
    side: Side
    units: Units
    value: Amount
    brokerage: Amount
    trade_date: IsoDate
    portfolio_id: str
    customer_id: str
    intended_portfolio_id: str
    intended_customer_id: str
    intended_side: Side
    intended_units: Units
    intended_value: Amount
    corrected: Flag
    firm_units: Whole
    firm_money: Amount
    firm_portfolio_id: str
    firm_needs: Amount = Field(description="cash that the firm's account needs for it")
    estimate: Amount = Field(description="what the firm makes at the newest prices; negative: loses")
    buys: list[Trade]
    sells: list[Trade]


class FundHouse(Payload):
    """The cash that the firm's account has to have."""

    amount: Annotated[Amount, Field(ge=0)]


class HouseFunded(Payload):
    """What the firm paid into its own account for wrong trades."""

    portfolio_id: str
    account_id: str
    paid_in: Amount


class CorrectTrade(WrongTrade):
    """As `WrongTrade`, with the reason that the log keeps."""

    reason: Reason


class CorrectedTrade(Payload):
    """The books after the correction: what of money and units moved."""

    order: str
    portfolio_id: str
    intended_portfolio_id: str
    client_money: Amount = Field(description="what the wrong client got back; negative: had to pay back")
    client_units: Whole = Field(description="units that came back to the wrong client; negative: that left")
    intended_units: Units
    intended_money: Amount = Field(description="what the right trade brought; negative: cost")
    firm_units: Whole
    firm_money: Amount


class CloseError(Payload):
    """The order that was wrong."""

    portfolio_id: Identifier
    order: Identifier


class ClosedError(Payload):
    """What this run made or lost for the firm, brokerage counted, and the units it still holds."""

    order: str
    difference: Amount = Field(description="positive: a gain of the firm; negative: a loss")
    left: Units


_OF_ORDER = (
    DeclaredError("UnknownOrder", "the portfolio has no order of that id"),
    DeclaredError("OrderOpen", "the order may still fill"),
    DeclaredError("NotFilled", "nothing of the order was executed"),
    DeclaredError("NothingWrong", "what should have been is what was done"),
    DeclaredError("RestatedSince", "the units were split, renamed or revalued since; put it right by hand"),
)

ENTRIES = (
    Entry(
        "trade_errors.assess",
        "Say what puts a wrong trade right, and what it would cost the firm",
        WrongTrade,
        AssessedError,
        Effect.READS,
        errors=(*_OF_ORDER, *PRICE_ERRORS),
        files=("fees", "limits", "market", "universe"),
    ),
    Entry(
        "trade_errors.fund",
        "Have the firm pay into its own account what a correction needs",
        FundHouse,
        HouseFunded,
        Effect.EFFECT,
        errors=(ACCOUNT_CLOSED, *EFFECT_ERRORS),
        no_undo="it is the firm's own money on the firm's own account",
        files=("trading",),
    ),
    Entry(
        "trade_errors.correct",
        "Take a wrong trade back and book the right one; the firm takes over the difference",
        CorrectTrade,
        CorrectedTrade,
        Effect.EFFECT,
        errors=(
            *_OF_ORDER,
            DeclaredError("UnknownPortfolio", "no portfolio has that id"),
            DeclaredError("AlreadyCorrected", "the order was corrected before"),
            DeclaredError("CannotReverse", "units of the wrong trade are gone; book it by hand"),
            DeclaredError("NotHeld", "who should have sold does not hold the units"),
            DeclaredError("HouseShort", "the firm lacks the units that it has to hand over"),
            DeclaredError("InsufficientCash", "a client's account would be overdrawn"),
            ACCOUNT_CLOSED,
            *EFFECT_ERRORS,
        ),
        no_undo="the client is where they would have been",
        files=("trading",),
    ),
    Entry(
        "trade_errors.close",
        "Say what a wrong trade made or cost the firm in the end",
        CloseError,
        ClosedError,
        Effect.EFFECT,
        errors=(DeclaredError("UnknownOrder", "the portfolio has no order of that id"), *EFFECT_ERRORS),
        no_undo="it only says what the books hold",
    ),
)
