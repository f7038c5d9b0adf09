"""Distributions: what holders are paid, reinvested and told by the fund's annual statement."""

from typing import Annotated

from pydantic import Field, model_validator

from payloads.applications import Currency
from payloads.base import Amount, Etf, Flag, Identifier, IsoDate, Payload, Price, Units
from payloads.bounds import AmountFromZero, PositivePrice, PriceFromZero, Weight
from payloads.entry import DeclaredError, Effect, Entry
from payloads.storage import ACCOUNT_CLOSED, EFFECT_ERRORS, UNKNOWN_PORTFOLIO

Announcement = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$")]
"""The fund's or our own name of one announcement; in an account it is booked once."""


class Pay(Payload):
    """One holder's part in a distribution; the units are looked up in the ledger, never given."""

    portfolio_id: Identifier
    reference: Announcement
    etf: Etf
    ex_date: IsoDate = Field(description="first day on which the units trade without it")
    payment_date: IsoDate
    amount: PositivePrice = Field(description="dollars a unit, before tax is kept back")
    currency: Currency = "AUD"
    franking: Weight = Field(default=0, validate_default=True, description="franked share of the amount")
    credit: PriceFromZero | None = Field(
        None, description="dollars of franking credit a unit, by the fund's notice; wins over `franking`"
    )
    reinvestment_price: PositivePrice | None = Field(
        None, description="dollars a unit at which the fund issues units instead; none where it does not"
    )

    @model_validator(mode="after")
    def _in_order(self) -> "Pay":
        if self.payment_date < self.ex_date:
            raise ValueError("a distribution is paid on its ex-date at the earliest")
        return self


class Paid(Payload):
    """What was booked; nothing where nothing was held. `cash` is income - withheld - reinvested."""

    portfolio_id: str
    customer_id: str
    units: Units = Field(description="held at the end of the day before the ex-date")
    income: AmountFromZero
    franking_credit: AmountFromZero
    withheld: AmountFromZero
    reinvested_units: Units
    reinvested: AmountFromZero
    cash: AmountFromZero


class AdjustCostBase(Payload):
    """One holder's part in a fund's annual statement."""

    portfolio_id: Identifier
    reference: Announcement
    etf: Etf
    as_of: IsoDate = Field(description="last day of the statement's year: units held at its end count")
    per_unit: Price = Field(description="dollars a unit by which cost bases rise, or fall if negative")


class AdjustedParcel(Payload):
    """A parcel, by how much its cost base moved, and the gain (negative: less gain) that it brought."""

    parcel_id: str
    cost_base: Amount
    gain: Amount


class CostBaseAdjusted(Payload):
    """What was booked; `cost_base` and `gain` are the sums over the parcels."""

    portfolio_id: str
    customer_id: str
    cost_base: Amount
    gain: Amount
    parcels: list[AdjustedParcel]


class TakeBackStatement(Payload):
    """Whose adjustment is taken back, by the wrong statement's reference."""

    portfolio_id: Identifier
    reference: Announcement
    reason: str = Field(min_length=1, max_length=500)


class TakenBack(Payload):
    """Whether there was anything to take back that had not been before."""

    portfolio_id: str
    taken_back: Flag


class SetReinvestment(Payload):
    """Whether the portfolio takes units for its distributions where a fund offers them."""

    portfolio_id: Identifier
    reinvest: Flag


_CONFLICT = DeclaredError("ReferenceConflict", "the reference was booked with other figures")
_OF_PORTFOLIO = (UNKNOWN_PORTFOLIO, ACCOUNT_CLOSED, *EFFECT_ERRORS)

ENTRIES = (
    Entry(
        "distributions.pay",
        "Book a distribution for one holder: income, tax kept back, cash or units",
        Pay,
        Paid,
        Effect.EFFECT,
        errors=(
            DeclaredError("UnknownTaxYear", "there are no tax rules of the year of payment"),
            DeclaredError("WrongCurrency", "the account is kept in another currency"),
            _CONFLICT,
            *_OF_PORTFOLIO,
        ),
        no_undo="a distribution that was paid belongs to the client",
        files=("tax_au",),
    ),
    Entry(
        "distributions.adjust_cost_base",
        "Move one holder's cost bases by a fund's annual statement",
        AdjustCostBase,
        CostBaseAdjusted,
        Effect.EFFECT,
        errors=(
            DeclaredError("ParcelsMoved", "a parcel has become one of another ETF since"),
            _CONFLICT,
            *_OF_PORTFOLIO,
        ),
        no_undo="distributions.take_back_statement takes a wrong statement back",
    ),
    Entry(
        "distributions.take_back_statement",
        "Take a wrong statement's adjustment of one holder back",
        TakeBackStatement,
        TakenBack,
        Effect.EFFECT,
        errors=(
            DeclaredError("SoldSince", "units of an adjusted parcel were sold after the statement"),
            *_OF_PORTFOLIO,
        ),
        no_undo="the right statement is booked next",
    ),
    Entry(
        "portfolio.set_reinvestment",
        "Record whether a portfolio takes units for its distributions",
        SetReinvestment,
        SetReinvestment,
        Effect.EFFECT,
        errors=_OF_PORTFOLIO,
        no_undo="it is set anew; nothing was booked",
    ),
)
