"""Statements of an account: a month or a tax year, from opening to closing balance."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from payloads.base import Amount, Etf, Flag, Identifier, IsoDate, Payload, Price, Units, Whole
from payloads.documents import Filed
from payloads.entry import DeclaredError, Effect, Entry
from payloads.performance import Performance
from payloads.storage import CLOSING_PRICE_ERRORS, EFFECT_ERRORS, READ_ERRORS, UNKNOWN_PORTFOLIO

PeriodName = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}$"),
    Field(description='a month "2026-06", or a tax year "2025-26"'),
]


class AskStatement(Payload):
    """A portfolio, and a month or tax year of it; by default the last that is over."""

    portfolio_id: Identifier
    every: Literal["month", "year"]
    period: PeriodName | None = None


class HoldingAt(Payload):
    """Units at the close of a day."""

    etf: Etf
    units: Units
    price: Price
    value: Amount


class Balance(Payload):
    """Everything at the end of a day: value = cash + holdings."""

    on: IsoDate
    priced: IsoDate | None = Field(
        description="the session whose closing prices count; none if nothing is held"
    )
    simulated: Flag
    cash: Amount
    holdings: list[HoldingAt]
    value: Amount


class UnitsMoved(Payload):
    """Units of one ETF: closing = opening + bought - sold + other."""

    etf: Etf
    opening: Units
    bought: Whole
    sold: Whole
    other: Whole = Field(description="reinvested, split, exchanged, transferred")
    closing: Units


class TransactionListed(Payload):
    """What moved cash or units. `amount` is of cash; trades count from their day on."""

    date: IsoDate
    kind: str
    reference: str
    units: dict[Etf, Whole]
    amount: Amount
    balance: Amount = Field(description="the cash after it")


class CashMovement(Payload):
    """The cash that entries of one kind moved, reversals with what they took back."""

    kind: str
    amount: Amount


class IncomeReceived(Payload):
    """One distribution or other income, on the day of its payment."""

    date: IsoDate
    kind: str
    reference: str
    etf: Etf | None
    income: Amount
    franking_credit: Amount
    withheld: Amount
    reinvested: Amount
    cash: Amount


class FeeCharged(Payload):
    """One fee, invoice, or payment of what was owed."""

    date: IsoDate
    kind: str
    reference: str
    amount: Amount = Field(description="charged; negative: given back or waived")
    paid: Amount = Field(description="taken off the account; these add up to change.fees")


class ValueChange(Payload):
    """closing = opening + paid_in - paid_out + income - withheld - fees + market."""

    opening: Amount
    paid_in: Amount
    paid_out: Amount
    income: Amount
    withheld: Amount
    fees: Amount = Field(description="paid in the period, whenever they were charged")
    market: Amount = Field(description="what prices did to the holdings, brokerage within")
    closing: Amount


class Statement(Payload):
    """A period of one account in AUD. Opening cash and movements add up to closing cash, to the cent."""

    portfolio_id: str
    customer_id: str
    account_id: str
    every: Literal["month", "year"]
    period: PeriodName
    first: IsoDate
    last: IsoDate
    currency: str
    opening: Balance
    closing: Balance
    change: ValueChange
    cash: list[CashMovement] = Field(description="opening.cash and these add up to closing.cash")
    units: list[UnitsMoved]
    transactions: list[TransactionListed]
    income: list[IncomeReceived]
    fees: list[FeeCharged]
    performance: Performance | None = Field(
        description="after fees and brokerage; none where it has no answer"
    )
    notes: list[str]


class StatementFiled(Filed):
    """The document, and what of it a message may say."""

    every: Literal["month", "year"]
    period: PeriodName
    first: IsoDate
    last: IsoDate
    opening: Amount
    closing: Amount


_ERRORS = (
    DeclaredError("PeriodNotOver", "the month or year has days to come"),
    DeclaredError("UnknownPeriod", "there is no such month or tax year"),
    *CLOSING_PRICE_ERRORS,
    DeclaredError("WrongCurrency", "the account is not kept in AUD"),
    UNKNOWN_PORTFOLIO,
)
_FILES = ("market", "trading", "universe")

ENTRIES = (
    Entry(
        "portfolio.statement",
        "Draw up a month's or tax year's statement: balances, transactions, income, fees, performance",
        AskStatement,
        Statement,
        Effect.READS,
        errors=(*_ERRORS, *READ_ERRORS),
        files=_FILES,
    ),
    Entry(
        "portfolio.file_statement",
        "Keep a month's or tax year's statement as a document",
        AskStatement,
        StatementFiled,
        Effect.EFFECT,
        errors=(*_ERRORS, *EFFECT_ERRORS),
        no_undo="a later statement of the period is another version of the document",
        files=_FILES,
    ),
)
