"""A block, for people at a terminal."""

from typing import Any

from cli.output import columns, fields


def block_table(trail: Any) -> str:
    """What was decided, then slices, what they filled, and every client's part."""
    limit = "at market" if trail["limit"] is None else trail["limit"]
    about = {
        "Block": trail["block_id"],
        "Decided": f"{trail['side']} {trail['ordered']} {trail['etf']}, limit {limit}",
        "By": f"{trail['by']}, {str(trail['opened_at'])[:19]}, run {trail['workflow_id']}",
        "Filled": f"{trail['filled']} at {_known(trail['average_price'])} ({trail['status']})",
        "Value": trail["value"],
        "Brokerage": trail["brokerage"],
    }
    parts = [fields(about), "", _slices(trail["slices"])]
    if trail["executions"]:
        parts += ["", _executions(trail["executions"])]
    return "\n".join([*parts, "", _clients(trail["parts"])])


def _slices(slices: Any) -> str:
    names = ("order", "units", "limit", "state", "filled", "average_price")
    rows = [[str(each["sent_at"])[:19], *(_known(each[name]) for name in names)] for each in slices]
    return columns(["slice sent", "order", "units", "limit", "state", "filled", "average"], rows)


def _executions(executions: Any) -> str:
    names = ("execution_id", "units", "price", "allocation")
    rows = [[str(each["executed_at"])[:19], *(each[name] for name in names)] for each in executions]
    return columns(["filled at", "execution", "units", "price", "allocation"], rows)


def _clients(clients: Any) -> str:
    names = ("portfolio_id", "ordered", "units", "price", "value", "brokerage", "state")
    rows = [[_known(each[name]) for name in names] for each in clients]
    numbers = ("ordered", "got", "price", "value", "brokerage")
    return columns(["portfolio", "ordered", "got", "price", "value", "brokerage", "state"], rows, numbers)


def _known(value: Any) -> str:
    return "-" if value is None else str(value)
