"""A tax report laid out."""

from typing import Any

from worker.report_tables import Report, Table, listing, sums, with_rows

TOTALS = {
    "distributions": "Distributions of funds",
    "attributed": "Attributed by funds, not paid",
    "tax_deferred": "Tax deferred, taken off",
    "interest": "Interest",
    "other_income": "Other income",
    "income": "Income",
    "credits_allowed": "Franking credits allowed",
    "net_capital_gain": "Net capital gain",
    "assessable_income": "Assessable income from this account",
    "credits_denied": "Franking credits denied",
    "withheld": "Tax withheld",
    "cost_base_moves": "Cost bases moved by funds' statements",
    "fees": "Fees paid",
    "brokerage": "Brokerage, within cost bases and proceeds",
}
CREDITS = {
    "franking_credit": "credit",
    "credit_allowed": "allowed",
    "credit_denied": "denied",
    "withheld": "withheld",
}
FUNDS = {
    "etf": "ETF",
    "distributions": "distributions",
    "franked": "franked",
    "unfranked": "unfranked",
    "attributed": "attributed",
    "tax_deferred": "deferred",
    "income": "income",
    **CREDITS,
}
DISTRIBUTIONS = {
    "etf": "ETF",
    "ex_date": "ex-date",
    "paid": "paid",
    "units": "units",
    "income": "income",
    "franked": "franked",
    "unfranked": "unfranked",
    **CREDITS,
    "reinvested": "reinvested",
}
OTHER = {"kind": "kind", "reference": "reference", "paid": "paid", "amount": "amount", "withheld": "withheld"}
GAINS = {
    "etf": "ETF",
    "parcel": "parcel",
    "units": "units",
    "acquired": "acquired",
    "disposed": "disposed",
    "days_held": "days",
    "proceeds": "proceeds",
    "cost_base": "cost base",
    "gain": "gain",
    "treatment": "treatment",
}
GAIN_SUMS = {
    "short_gains": "Gains without discount",
    "discountable_gains": "Gains with discount, before it",
    "capital_losses": "Losses of the year",
    "losses_brought_forward": "Losses brought forward",
    "losses_applied": "Losses applied",
    "discount": "Discount",
    "net_capital_gain": "Net capital gain",
    "losses_carried_forward": "Losses carried forward",
}
COST_BASES = {
    "etf": "ETF",
    "parcel": "parcel",
    "acquired": "acquired",
    "as_of": "as of",
    "cost_base": "cost base",
    "gain": "gain",
}
FEES = {"kind": "kind", "reference": "reference", "charged": "charged", "amount": "amount"}
BOOKS = {
    "book": "book",
    "ledger": "in the ledger",
    "taken_back": "- taken back",
    "of_other_years": "- of other years",
    "from_other_years": "+ booked in others",
    "reported": "= reported",
}


def tax_report(report: Any, client: str | None = None) -> Report:
    """The report, for the client named."""
    taxpayer = report["taxpayer"] if report["resident"] else f"non-resident {report['taxpayer']}"
    who = client or f"client {report['customer_id']}"
    return Report(
        title=f"Tax year {report['year']}",
        about=(
            f"{who}, {taxpayer}",
            f"portfolio {report['portfolio_id']}, account {report['account_id']}",
            f"{report['first']} to {report['last']}, {report['currency']}",
        ),
        warnings=() if report["complete"] else ("Not complete: figures may still change.",),
        tables=with_rows(*_tables(report)),
        notes=tuple(report["notes"]),
    )


def _tables(report: Any) -> list[Table]:
    gains = report["gains"]
    return [
        sums("The year in sums", TOTALS, report["totals"]),
        listing("Income by fund", FUNDS, report["funds"], "etf"),
        listing("Distributions", DISTRIBUTIONS, report["distributions"], "etf", "ex_date", "paid"),
        listing("Interest and other income", OTHER, report["other_income"], "kind", "reference", "paid"),
        listing(
            "Capital gains by parcel",
            GAINS,
            gains["lines"],
            "etf",
            "parcel",
            "acquired",
            "disposed",
            "treatment",
        ),
        sums("Capital gains in sums", GAIN_SUMS, gains),
        listing(
            "Cost bases moved by funds' annual statements",
            COST_BASES,
            report["cost_bases"],
            "etf",
            "parcel",
            "acquired",
            "as_of",
        ),
        listing("Fees", FEES, report["fees"], "kind", "reference", "charged"),
        listing("Held against the ledger", BOOKS, report["reconciliation"], "book"),
    ]
