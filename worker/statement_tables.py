"""A statement laid out."""

from typing import Any

from worker.report_tables import Report, Table, listing, sums, with_rows

CHANGE = {
    "opening": "Opening value",
    "paid_in": "Paid in",
    "paid_out": "Paid out",
    "income": "Income",
    "withheld": "Tax withheld",
    "fees": "Fees paid",
    "market": "Change of prices",
    "closing": "Closing value",
}
HOLDINGS = {"etf": "ETF", "units": "units", "price": "price", "value": "value"}
UNITS = {
    "etf": "ETF",
    "opening": "opening",
    "bought": "bought",
    "sold": "sold",
    "other": "otherwise",
    "closing": "closing",
}
TRANSACTIONS = {
    "date": "date",
    "kind": "kind",
    "units": "units",
    "reference": "reference",
    "amount": "cash",
    "balance": "balance",
}
INCOME = {
    "date": "date",
    "kind": "kind",
    "etf": "ETF",
    "income": "income",
    "franking_credit": "credit",
    "withheld": "withheld",
    "reinvested": "reinvested",
    "cash": "cash",
}
FEES = {"date": "date", "kind": "kind", "reference": "reference", "amount": "charged", "paid": "paid"}
RETURNS = {
    "time_weighted_return": "Of the period, whatever was paid in or out",
    "money_weighted_return": "A year's, on the money that was in",
}


def statement(content: Any, client: str | None = None) -> Report:
    """The statement, for the client named."""
    every = "Monthly" if content["every"] == "month" else "Annual"
    simulated = content["opening"]["simulated"] or content["closing"]["simulated"]
    return Report(
        title=f"{every} statement {content['period']}",
        about=(
            client or f"client {content['customer_id']}",
            f"portfolio {content['portfolio_id']}, account {content['account_id']}",
            f"{content['first']} to {content['last']}, {content['currency']}",
        ),
        warnings=("Simulated prices: this value was never to be had.",) if simulated else (),
        tables=with_rows(*_tables(content)),
        notes=tuple(content["notes"]),
    )


def _tables(content: Any) -> list[Table]:
    closing = content["closing"]
    transactions = [{**each, "units": _units(each["units"])} for each in content["transactions"]]
    return [
        sums("From opening to closing value", CHANGE, content["change"]),
        listing(f"Holdings at the close of {closing['on']}", HOLDINGS, _holdings(closing), "etf"),
        _cash(content),
        listing("Units", UNITS, content["units"], "etf"),
        listing("Transactions", TRANSACTIONS, transactions, "date", "kind", "units", "reference"),
        listing("Income", INCOME, content["income"], "date", "kind", "etf"),
        listing("Fees", FEES, content["fees"], "date", "kind", "reference"),
        _returns(content["performance"]),
    ]


def _holdings(closing: Any) -> list[dict[str, Any]]:
    """The holdings, the cash, and both together."""
    whole = [("Cash", closing["cash"]), ("Together", closing["value"])]
    below = [{"etf": name, "units": None, "price": None, "value": amount} for name, amount in whole]
    return [*closing["holdings"], *below]


def _cash(content: Any) -> Table:
    """Opening cash, what moved it, closing cash."""
    rows = [
        {"kind": "opening cash", "amount": content["opening"]["cash"]},
        *content["cash"],
        {"kind": "closing cash", "amount": content["closing"]["cash"]},
    ]
    return listing("Cash", {"kind": "", "amount": "AUD"}, rows, "kind")


def _units(moved: dict[str, int]) -> str:
    """`+10 VAS, -3 VGS`."""
    return ", ".join(f"{units:+,} {etf}" for etf, units in sorted(moved.items()))


def _returns(earned: Any) -> Table:
    rows = [] if earned is None else [[label, f"{earned[name]:+.2%}"] for name, label in RETURNS.items()]
    return Table("Return after fees", ("", "return"), rows, ("",))
