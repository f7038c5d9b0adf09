"""A client's tax year: everything that their return needs from us, equal to the ledger to the cent."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from payloads.base import Amount, Etf, Flag, Identifier, IsoDate, Payload, Units, Whole
from payloads.bounds import ExactMoment, MoneyFromZero
from payloads.documents import Filed
from payloads.entry import DeclaredError, Effect, Entry
from payloads.storage import CLOSING_PRICE_ERRORS, EFFECT_ERRORS, READ_ERRORS, UNKNOWN_PORTFOLIO
from payloads.tax import UNKNOWN_TAX_YEAR, Taxpayer

AustralianYear = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}$"),
    Field(description='"2025-26": from July 2025 to June 2026'),
]
Treatment = Literal["discounted", "short", "undiscounted", "loss", "none"]


class AskTaxYear(Payload):
    """A portfolio, and one of its tax years."""

    portfolio_id: Identifier
    year: AustralianYear
    taxpayer: Taxpayer = "individual"
    losses_brought_forward: MoneyFromZero | None = Field(
        None, description="by the last return; without it, what earlier years of the account leave"
    )


class DistributionReported(Payload):
    """One distribution; cash = income - withheld - reinvested."""

    reference: str
    etf: Etf
    ex_date: IsoDate | None = Field(description="none where nothing was announced through us")
    paid: IsoDate
    units: Units | None
    income: Amount
    franked: Amount
    unfranked: Amount
    franking_credit: Amount
    credit_allowed: Amount
    credit_denied: Amount = Field(description="lost by the 45-day rule, or of a non-resident")
    withheld: Amount
    reinvested: Amount
    cash: Amount


class OtherIncome(Payload):
    """Interest, or another credit to income; negative where it was charged."""

    reference: str
    kind: str
    paid: IsoDate
    etf: Etf | None
    amount: Amount
    withheld: Amount


class CostBaseMove(Payload):
    """What a fund's annual statement (AMIT) moved of one parcel; a gain where no cost base was left."""

    reference: str
    etf: Etf
    as_of: IsoDate
    parcel: str
    acquired: IsoDate | None
    cost_base: Amount
    gain: Amount


class FundIncome(Payload):
    """An ETF's year. `attributed` is income that was not paid; `tax_deferred` was paid and is none."""

    etf: Etf
    distributions: Amount
    franked: Amount
    unfranked: Amount
    attributed: Amount
    tax_deferred: Amount
    income: Amount = Field(description="distributions + attributed - tax_deferred")
    franking_credit: Amount
    credit_allowed: Amount
    credit_denied: Amount
    withheld: Amount


class GainReported(Payload):
    """What one entry brought on one parcel; `kind` as the ledger calls the entry."""

    reference: str
    kind: str
    etf: Etf | None
    parcel: str | None = Field(description="none for the money of a fraction, or of a correction")
    units: Units = Field(description="0 where only a cost base moved")
    acquired: IsoDate | None
    disposed: IsoDate
    days_held: Whole
    proceeds: Amount
    cost_base: Amount
    gain: Amount = Field(description="negative for a loss; before discount")
    treatment: Treatment


class GainsReported(Payload):
    """The capital gains schedule, and the year's figures, positive."""

    lines: list[GainReported]
    short_gains: Amount = Field(description="without discount")
    discountable_gains: Amount
    gross_gains: Amount
    indexation: Amount = Field(description="from July 2027: how much less the gains are by consumer prices")
    capital_losses: Amount
    losses_brought_forward: Amount
    losses_applied: Amount
    discount: Amount
    net_capital_gain: Amount
    losses_carried_forward: Amount


class FeeReported(Payload):
    """One fee that was charged (negative: given back)."""

    reference: str
    kind: str
    charged: IsoDate
    amount: Amount


class Brokerage(Payload):
    """Brokerage of the year; it is part of cost bases and proceeds already, not a deduction beside them."""

    purchases: Amount
    sales: Amount
    total: Amount


class TaxTotals(Payload):
    """The year in sums. income = distributions + interest + other_income + attributed - tax_deferred."""

    distributions: Amount
    franked: Amount
    unfranked: Amount
    interest: Amount
    other_income: Amount
    attributed: Amount
    tax_deferred: Amount
    income: Amount
    franking_credits: Amount
    credits_allowed: Amount
    credits_denied: Amount
    withheld: Amount
    net_capital_gain: Amount
    assessable_income: Amount = Field(description="income + credits_allowed + net_capital_gain")
    cost_base_moves: Amount
    fees: Amount
    brokerage: Amount


class BookReconciled(Payload):
    """From the ledger to a figure: reported = ledger - taken_back - of_other_years + from_other_years."""

    book: Literal["income", "withheld", "gains", "fees"]
    ledger: Amount = Field(description="every entry of the year's days; what came in or was paid, positive")
    taken_back: Amount = Field(description="of entries that were reversed, and of reversals")
    of_other_years: Amount = Field(description="booked in the year, told in another: paid late, sold late")
    from_other_years: Amount = Field(description="told in the year, booked in another")
    reported: Amount


class TaxYearParts(Payload):
    """The figures of a tax year: in sums, by fund, one by one, and held against the ledger."""

    totals: TaxTotals
    funds: list[FundIncome]
    distributions: list[DistributionReported]
    other_income: list[OtherIncome]
    cost_bases: list[CostBaseMove]
    gains: GainsReported
    fees: list[FeeReported]
    brokerage: Brokerage
    reconciliation: list[BookReconciled]


class TaxReport(TaxYearParts):
    """A tax year of one client's account, in AUD. Figures of other investments are not in it."""

    portfolio_id: str
    customer_id: str
    account_id: str
    year: AustralianYear
    first: IsoDate
    last: IsoDate
    currency: str
    taxpayer: Taxpayer
    resident: Flag
    complete: Flag = Field(description="the year is over, and no fund's statement is outstanding")
    outstanding_statements: list[Etf] = Field(
        description="held at the end of the year, and its annual statement was not booked"
    )
    notes: list[str]


class TaxReportFiled(Filed):
    """The document, and what of the report a message may say."""

    year: AustralianYear
    outstanding_statements: list[Etf]
    assessable_income: Amount
    credits_allowed: Amount
    net_capital_gain: Amount


class AskOutstanding(Payload):
    """A portfolio and a tax year; without one, that of a moment, and without either the last that is over."""

    portfolio_id: Identifier
    year: AustralianYear | None = None
    at: ExactMoment | None = Field(None, description="whose year is meant, where none is named")


class Outstanding(Payload):
    """Whose funds have not sent their annual statement yet."""

    portfolio_id: str
    customer_id: str
    year: AustralianYear
    first: IsoDate
    last: IsoDate
    anything: Flag = Field(description="whether the account held or booked anything in the year")
    outstanding: list[Etf]


_NOT_COVERED = DeclaredError("NotCovered", "the rules hold no answer for this taxpayer")
_FROM_2027 = (
    DeclaredError("MissingPriceIndex", "consumer prices of a quarter are not in the catalogue's tax_au yet"),
    DeclaredError("MissingMarketValue", "what units were worth on 30 June 2027 is not in the books"),
    *CLOSING_PRICE_ERRORS,
)
_OF_YEAR = (
    UNKNOWN_TAX_YEAR,
    _NOT_COVERED,
    *_FROM_2027,
    DeclaredError("WrongCurrency", "the account is not kept in AUD"),
    UNKNOWN_PORTFOLIO,
)
_FILES = ("market", "tax_au", "trading", "universe")

ENTRIES = (
    Entry(
        "tax.report_year",
        "Report a client's tax year: distributions, credits, gains by parcel, cost bases, fees",
        AskTaxYear,
        TaxReport,
        Effect.READS,
        errors=(*_OF_YEAR, *READ_ERRORS),
        files=_FILES,
    ),
    Entry(
        "tax.file_report",
        "Keep the report of a tax year that is over as a document",
        AskTaxYear,
        TaxReportFiled,
        Effect.EFFECT,
        errors=(DeclaredError("YearNotOver", "the tax year has days to come"), *_OF_YEAR, *EFFECT_ERRORS),
        no_undo="a later report of the year is another version of the document",
        files=_FILES,
    ),
    Entry(
        "tax.statements_outstanding",
        "Find the funds whose annual statement a tax year still lacks",
        AskOutstanding,
        Outstanding,
        Effect.READS,
        errors=(UNKNOWN_TAX_YEAR, UNKNOWN_PORTFOLIO, *READ_ERRORS),
        files=("tax_au", "trading"),
    ),
)
