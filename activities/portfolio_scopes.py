"""Portfolios as the expressions of triggers see them; their value only where it is read."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from adapters.market.snapshot import Snapshot
from dsl import plan as p
from dsl.expressions import Expression
from payloads.base import cents
from store import portfolio_rows, snapshots

VALUE = ("portfolio", "value")


def reads_value(rules: Iterable[p.Trigger]) -> bool:
    """Does any expression of these triggers read what a portfolio is worth."""
    return any(
        path[:2] == VALUE or path == ("portfolio",)
        for rule in rules
        for expression in _expressions(rule)
        for path in expression.reads
    )


def with_values(tx: Session, tenant: str, rows: Sequence[dict[str, Any]]) -> None:
    """Give each portfolio its `value`: cash, and holdings at the newest prices.

    One that holds an ETF without a price is left without: reading its value is an error then.
    """
    held = portfolio_rows.positions(tx, tenant, [row["portfolio_id"] for row in rows])
    prices = _prices(tx, tenant) if held else {}
    for row in rows:
        units = held.get(row["portfolio_id"], {})
        if all(etf in prices for etf in units):
            worth = sum((prices[etf] * count for etf, count in units.items()), Decimal(0))
            row["value"] = cents(row["cash"] + worth)


def _prices(tx: Session, tenant: str) -> Mapping[str, Decimal]:
    newest = snapshots.newest(tx, tenant)
    if newest is None:
        return {}
    snapshot = Snapshot.from_bytes(newest.content, newest.digest)
    return {etf: snapshot.closing(etf) for etf in snapshot.tickers}


def _expressions(rule: p.Trigger) -> Iterable[Expression]:
    yield from rule.input.expressions
    conditions = [rule.where]
    if isinstance(rule, p.ThresholdTrigger):
        conditions += [rule.threshold, rule.rearm]
    yield from (condition for condition in conditions if condition is not None)
