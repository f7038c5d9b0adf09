"""The report on best execution, for people at a terminal."""

from typing import Any

from cli.output import columns, fields

HEADERS = (
    "order",
    "side",
    "etf",
    "ordered",
    "filled",
    "arrival",
    "average",
    "vwap",
    "execution",
    "vs vwap",
    "shortfall",
    "bps",
)


def execution_table(report: Any) -> str:
    """A row an order, the sum, and what the columns mean; positive is a cost."""
    rows = [_row(order) for order in report["orders"]]
    total = report["total"]
    rows.append(["all", *[""] * 7, _bps(total["execution_bps"]), _bps(total["vwap_bps"]), *_shortfall(total)])
    parts = [columns(HEADERS, rows, right=HEADERS[3:])]
    money = {
        "Execution": total["execution_cost"],
        "Opportunity": _known(total["opportunity_cost"]),
        "Brokerage": total["brokerage"],
        "Shortfall": _known(total["shortfall"]),
    }
    parts += ["", fields(money)]
    parts.append(
        "Positive is a cost; execution and vs vwap in basis points of what filled, bps of all ordered."
    )
    if report["unmeasured"]:
        left_out = [[each["order"], each["reason"]] for each in report["unmeasured"]]
        parts += ["", columns(["not measured", "because"], left_out)]
    return "\n".join(parts)


def _row(order: Any) -> list[Any]:
    named = [order[name] for name in ("order", "side", "etf", "ordered", "filled", "arrival_price")]
    prices = [_known(order["average_price"]), _known(order["vwap"])]
    return [*named, *prices, _bps(order["execution_bps"]), _bps(order["vwap_bps"]), *_shortfall(order)]


def _shortfall(costs: Any) -> list[str]:
    return [_known(costs["shortfall"]), _bps(costs["shortfall_bps"])]


def _known(value: Any) -> str:
    return "-" if value is None else str(value)


def _bps(value: Any) -> str:
    return "-" if value is None else f"{value:+.2f}"
