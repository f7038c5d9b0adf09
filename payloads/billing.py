"""Fees as they are billed: accruing by the day, hours of work, invoices, what is paid and what is owed."""

from typing import Annotated

from pydantic import Field

from payloads.base import Amount, Etf, Flag, Identifier, IsoDate, Payload, Whole
from payloads.entry import DeclaredError, Effect, Entry
from payloads.portfolios import PortfolioId
from payloads.storage import ACCOUNT_CLOSED, EFFECT_ERRORS, READ_ERRORS, UNKNOWN_ACCOUNT, UNKNOWN_PORTFOLIO
from payloads.valuation import PRICE_ERRORS

Minutes = Annotated[Whole, Field(ge=1, le=100_000)]


class AccrueFees(Payload):
    """The day through which fees accrue, by default today at the exchange; of one portfolio, or of all."""

    as_of: IsoDate | None = None
    portfolio_id: Identifier | None = None


class Unpriced(Payload):
    """A portfolio whose balance is not known, and the ETFs that it holds without a price."""

    portfolio_id: str
    etfs: list[Etf]


class FeesAccrued(Payload):
    """What this run has accrued. `fee` is without GST, rounded once."""

    as_of: IsoDate
    portfolios: Whole
    days: Whole = Field(description="of all portfolios together")
    fee: Amount
    unpriced: list[Unpriced] = Field(
        default_factory=list, description="accrued when all that they hold has a price again"
    )


class RecordHours(Payload):
    """Work for a client that is charged by the hour. `role` is one of fees.yaml's `hourly`."""

    portfolio_id: Identifier
    reference: Identifier
    role: Identifier
    day: IsoDate
    minutes: Minutes


class HoursRecorded(Payload):
    """What the work costs, without GST; the next invoice asks for it."""

    portfolio_id: str
    reference: str
    fee: Amount


class IssueInvoice(Payload):
    """Which portfolio is invoiced, for the days through `through`: by default to the end of last month."""

    portfolio_id: Identifier
    through: IsoDate | None = None
    final: Flag = Field(default=False, description="through today, whatever `through` says")


class InvoiceIssued(Payload):
    """An invoice, or none where less than a cent is due; `owed` is what the client owes in all."""

    invoice_id: str | None
    portfolio_id: str
    account_id: str
    customer_id: str
    since: IsoDate | None = Field(description="the first day that it asks for")
    until: IsoDate | None
    accrued: Amount = Field(description="fees on the balance, without GST")
    hours: Amount = Field(description="work by the hour, without GST")
    gst: Amount
    total: Amount
    owed: Amount


class AccountOfFees(Payload):
    """The account whose fees are owed."""

    account_id: Identifier


class InvoicePart(Payload):
    """What was taken off one invoice."""

    invoice_id: str
    amount: Amount


class FeesCollected(Payload):
    """What settled cash paid, and what is still owed."""

    account_id: str
    collected: Amount
    owed: Amount
    cash: Amount
    invoices: list[InvoicePart]


class FeesWaived(Payload):
    """What the client was let off."""

    account_id: str
    waived: Amount
    invoices: list[InvoicePart]


class FeesOwed(Payload):
    """What has accrued and is not invoiced yet, and what is invoiced and not paid."""

    portfolio_id: str
    account_id: str
    customer_id: str
    schedule: str
    accrued: Amount = Field(description="without GST, hours included")
    accrued_through: IsoDate | None
    owed: Amount
    settled: Amount = Field(description="cash that could pay today")


_STANDS = "a wrong fee is put right on the next invoice"

ENTRIES = (
    Entry(
        "fees.accrue",
        "Add up the fees of the days since the last time, by schedule and balance",
        AccrueFees,
        FeesAccrued,
        Effect.EFFECT,
        errors=(
            DeclaredError("FutureDate", "the day is still to come"),
            *PRICE_ERRORS,
        ),
        no_undo="the days have passed",
        files=("fees", "market", "trading", "universe"),
    ),
    Entry(
        "fees.record_hours",
        "Record work that is charged by the hour, once for its reference",
        RecordHours,
        HoursRecorded,
        Effect.EFFECT,
        errors=(
            DeclaredError("UnknownRate", "nobody of that role is charged by the hour on that day"),
            DeclaredError("ReferenceConflict", "other work was recorded under that reference"),
            DeclaredError("FutureDate", "the day is still to come"),
            UNKNOWN_PORTFOLIO,
            ACCOUNT_CLOSED,
            *EFFECT_ERRORS,
        ),
        no_undo=_STANDS,
        files=("fees", "trading"),
    ),
    Entry(
        "fees.invoice",
        "Invoice what has accrued, with GST, and book it as owed",
        IssueInvoice,
        InvoiceIssued,
        Effect.EFFECT,
        errors=(
            DeclaredError("FutureDate", "the day is still to come"),
            UNKNOWN_PORTFOLIO,
            ACCOUNT_CLOSED,
            *EFFECT_ERRORS,
        ),
        no_undo=_STANDS,
        files=("fees", "trading"),
    ),
    Entry(
        "fees.collect",
        "Take what is owed from settled cash, the oldest invoice first, as far as it goes",
        AccountOfFees,
        FeesCollected,
        Effect.EFFECT,
        errors=(UNKNOWN_ACCOUNT, ACCOUNT_CLOSED, *EFFECT_ERRORS),
        no_undo="what was owed is paid",
        files=("trading",),
    ),
    Entry(
        "fees.waive",
        "Let a client off what they still owe",
        AccountOfFees,
        FeesWaived,
        Effect.EFFECT,
        errors=(UNKNOWN_ACCOUNT, ACCOUNT_CLOSED, *EFFECT_ERRORS),
        no_undo="the client was told that nothing is owed",
        files=("trading",),
    ),
    Entry(
        "fees.standing",
        "Say what fees have accrued and what is owed",
        PortfolioId,
        FeesOwed,
        Effect.READS,
        errors=(UNKNOWN_PORTFOLIO, *READ_ERRORS),
        files=("fees",),
    ),
)
