"""Portfolios in columns, read from the store: positions, parcels, targets, cash, capital and goals."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlmodel import Session, col

from engines.watching import NO_POD, Portfolios
from store.partitions import Partition, partition_of
from store.tables import MONEY, Book, Goal, LedgerPosting, Parcel, Portfolio, Position

PAGE = 10_000


def divided(tx: Session, tenant: str, of: int, at: datetime) -> list[Partition]:
    """Every portfolio of the tenant, in `of` partitions by a stable hash, as the store has it now.

    Which pod a holding belongs to the store does not say: it is NO_POD for all of them.
    """
    tickers: dict[str, int] = {}
    lines = _lines(tx, tenant, tickers)
    money, capital = _sums(tx, tenant, MONEY), _sums(tx, tenant, (Book.CAPITAL,))
    goals = _goals(tx, tenant)
    tables = [_Table() for _ in range(of)]
    for row in _portfolios(tx, tenant):
        table = tables[partition_of(row.portfolio_id, of)]
        held = lines.pop(row.portfolio_id, {})
        for etf, weight in row.target.items():
            held.setdefault(tickers.setdefault(etf, len(tickers)), [0, 0, 0.0])[2] = float(weight)
        table.add(row, held, money.get(row.account_id, 0), -capital.get(row.account_id, 0), goals)
    return [table.partition(tuple(tickers), at) for table in tables]


@dataclass(slots=True)
class _Table:
    """Rows of one partition, by ascending id."""

    ids: list[str] = field(default_factory=list)
    counts: "array[int]" = field(default_factory=lambda: array("q"))
    whole: dict[str, "array[int]"] = field(
        default_factory=lambda: {name: array("q") for name in ("etf", "units", "cost", "cash", "capital")}
    )
    target: "array[float]" = field(default_factory=lambda: array("d"))
    rate: "array[float]" = field(default_factory=lambda: array("d"))
    goal_counts: "array[int]" = field(default_factory=lambda: array("q"))
    goal_days: "array[int]" = field(default_factory=lambda: array("q"))

    def add(
        self,
        row: Any,
        held: Mapping[int, Sequence[Any]],
        cash: int,
        capital: int,
        goals: Mapping[str, Sequence[int]],
    ) -> None:
        """One more portfolio: `held` has units, cost base and target by ETF."""
        self.ids.append(row.portfolio_id)
        self.counts.append(len(held))
        for etf, (units, cost, target) in sorted(held.items()):
            self.whole["etf"].append(etf)
            self.whole["units"].append(units)
            self.whole["cost"].append(cost)
            self.target.append(target)
        self.whole["cash"].append(cash)
        self.whole["capital"].append(capital)
        self.rate.append(np.nan if row.marginal_rate is None else float(row.marginal_rate))
        days = goals.get(row.customer_id, ())
        self.goal_counts.append(len(days))
        self.goal_days.extend(days)

    def partition(self, tickers: tuple[str, ...], at: datetime) -> Partition:
        """The rows as columns."""
        portfolios = Portfolios(
            offsets=_offsets(self.counts),
            **{name: np.array(column, dtype=np.int64) for name, column in self.whole.items()},
            target=np.array(self.target, dtype=np.float64),
            pod=np.full(len(self.target), NO_POD, dtype=np.int64),
            marginal_rate=np.array(self.rate, dtype=np.float64),
            goal_offsets=_offsets(self.goal_counts),
            goal_day=np.array(self.goal_days, dtype=np.int64),
        )
        ids = np.array([one.encode() for one in self.ids], dtype=np.bytes_)
        return Partition(ids, tickers, portfolios, at)


def _portfolios(tx: Session, tenant: str) -> Iterable[Any]:
    columns = (
        Portfolio.portfolio_id,
        Portfolio.customer_id,
        Portfolio.account_id,
        Portfolio.marginal_rate,
        Portfolio.target,
    )
    query = select(*columns).where(col(Portfolio.tenant) == tenant)  # type: ignore[call-overload]
    rows = list(tx.execute(query.execution_options(yield_per=PAGE)))
    return sorted(rows, key=lambda row: row.portfolio_id.encode())  # a database may sort as its language does


def _lines(tx: Session, tenant: str, tickers: dict[str, int]) -> dict[str, dict[int, list[Any]]]:
    """Units, cost base and no target yet, by portfolio and ETF."""
    found: dict[str, dict[int, list[Any]]] = defaultdict(dict)
    held = select(col(Position.portfolio_id), col(Position.etf), col(Position.units)).where(
        col(Position.tenant) == tenant, col(Position.units) > 0
    )
    for portfolio_id, etf, units in tx.execute(held.execution_options(yield_per=PAGE)):
        found[portfolio_id][tickers.setdefault(etf, len(tickers))] = [units, 0, 0.0]
    paid = (
        select(col(Parcel.portfolio_id), col(Parcel.etf), func.sum(col(Parcel.cost_base_cents)))
        .where(col(Parcel.tenant) == tenant, col(Parcel.units) > 0)
        .group_by(col(Parcel.portfolio_id), col(Parcel.etf))
    )
    for portfolio_id, etf, cents in tx.execute(paid.execution_options(yield_per=PAGE)):
        found[portfolio_id][tickers[etf]][1] = int(cents)
    return found


def _sums(tx: Session, tenant: str, books: Sequence[Book]) -> dict[str, int]:
    query = (
        select(col(LedgerPosting.account_id), func.sum(col(LedgerPosting.amount_cents)))
        .where(col(LedgerPosting.tenant) == tenant, col(LedgerPosting.book).in_(books))
        .group_by(col(LedgerPosting.account_id))
    )
    return {account: int(cents) for account, cents in tx.execute(query)}


def _goals(tx: Session, tenant: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    query = select(col(Goal.customer_id), col(Goal.target_date)).where(col(Goal.tenant) == tenant)
    for customer_id, day in tx.execute(query.execution_options(yield_per=PAGE)):
        found[customer_id].append(day.toordinal())
    return found


def _offsets(counts: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.array(counts, dtype=np.int64))])
