"""Portfolios in columns, read from the store: positions, parcels, targets, cash, capital and goals."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Executable, collate, func, select
from sqlmodel import Session, col

from engines.watching import Portfolios, Shares
from store.partitions import Partition, partition_of
from store.tables import MONEY, Book, Goal, LedgerPosting, Parcel, Portfolio, Position

PAGE = 10_000


def divided(tx: Session, tenant: str, of: int, at: datetime) -> Iterator[Partition]:
    """Every portfolio of the tenant, in `of` partitions by a stable hash, as the store has it now.

    All is read before the first partition is given.
    """
    tickers: dict[str, int] = {}
    pods: dict[str, int] = {}
    money, capital = _sums(tx, tenant, MONEY), _sums(tx, tenant, (Book.CAPITAL,))
    goals = _goals(tx, tenant)
    positions, costs = _Group(_positions(tx, tenant)), _Group(_costs(tx, tenant))
    tables = [_Table() for _ in range(of)]
    for row in _portfolios(tx, tenant):
        held = {etf: [units, 0, 0.0] for etf, units in positions.of(row.portfolio_id)}
        for etf, cents in costs.of(row.portfolio_id):
            held[etf][1] = int(cents)
        for etf, weight in row.target.items():
            held.setdefault(etf, [0, 0, 0.0])[2] = float(weight)
        lines = {tickers.setdefault(etf, len(tickers)): (etf, *line) for etf, line in held.items()}
        asked = {
            etf: {pods.setdefault(pod, len(pods)): float(share) for pod, share in shares.items()}
            for etf, shares in row.pods_by_etf.items()
        }
        table = tables[partition_of(row.portfolio_id, of)]
        money_in = -capital.get(row.account_id, 0)
        table.add(row, lines, asked, money.get(row.account_id, 0), money_in, goals)
    tables.reverse()
    while tables:
        yield tables.pop().partition(tuple(tickers), tuple(pods), at)


class _Group:
    """Rows that begin with the id of their portfolio, in the order of the ids, taken one by one."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._rows = iter(rows)
        self._next = next(self._rows, None)

    def of(self, portfolio_id: str) -> Iterator[tuple[str, int]]:
        """What follows the id in each row of this portfolio; all of them must be taken."""
        while self._next is not None and self._next[0] == portfolio_id:
            yield self._next[1], self._next[2]
            self._next = next(self._rows, None)


@dataclass(slots=True)
class _Table:
    """Rows of one partition, by ascending id."""

    ids: list[str] = field(default_factory=list)
    counts: "array[int]" = field(default_factory=lambda: array("q"))
    whole: dict[str, "array[int]"] = field(
        default_factory=lambda: {name: array("q") for name in ("etf", "units", "cost", "cash", "capital")}
    )
    target: "array[float]" = field(default_factory=lambda: array("d"))
    asked: list[tuple[int, int, float]] = field(default_factory=list)  # line, pod, share
    rate: "array[float]" = field(default_factory=lambda: array("d"))
    goal_counts: "array[int]" = field(default_factory=lambda: array("q"))
    goal_days: "array[int]" = field(default_factory=lambda: array("q"))

    def add(
        self,
        row: Any,
        held: Mapping[int, Sequence[Any]],
        asked: Mapping[str, Mapping[int, float]],
        cash: int,
        capital: int,
        goals: Mapping[str, Sequence[int]],
    ) -> None:
        """One more portfolio: `held` has name, units, cost base and target by ETF, `asked` shares by pod."""
        self.ids.append(row.portfolio_id)
        self.counts.append(len(held))
        for etf, (name, units, cost, target) in sorted(held.items()):
            self.asked += [(len(self.target), pod, share) for pod, share in asked.get(name, {}).items()]
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

    def partition(self, tickers: tuple[str, ...], pods: tuple[str, ...], at: datetime) -> Partition:
        """The rows as columns."""
        portfolios = Portfolios(
            offsets=_offsets(self.counts),
            **{name: np.array(column, dtype=np.int64) for name, column in self.whole.items()},
            target=np.array(self.target, dtype=np.float64),
            pod=self._pods(len(pods)),
            marginal_rate=np.array(self.rate, dtype=np.float64),
            goal_offsets=_offsets(self.goal_counts),
            goal_day=np.array(self.goal_days, dtype=np.int64),
        )
        ids = np.array([one.encode() for one in self.ids], dtype=np.bytes_)
        return Partition(ids, tickers, portfolios, at, pods)

    def _pods(self, count: int) -> Shares:
        shares = np.zeros((len(self.target), count), dtype=np.float32)
        if self.asked:
            lines, pods, parts = zip(*self.asked, strict=True)
            shares[np.array(lines), np.array(pods)] = parts
        return shares


def _portfolios(tx: Session, tenant: str) -> Iterable[Any]:
    columns = (
        Portfolio.portfolio_id,
        Portfolio.customer_id,
        Portfolio.account_id,
        Portfolio.marginal_rate,
        Portfolio.target,
        Portfolio.pods_by_etf,
    )
    query = select(*columns).where(col(Portfolio.tenant) == tenant)  # type: ignore[call-overload]
    return _streamed(tx, query.order_by(_bytewise(tx, Portfolio.portfolio_id)))


def _positions(tx: Session, tenant: str) -> Iterable[Any]:
    query = select(col(Position.portfolio_id), col(Position.etf), col(Position.units)).where(
        col(Position.tenant) == tenant, col(Position.units) > 0
    )
    return _streamed(tx, query.order_by(_bytewise(tx, Position.portfolio_id)))


def _costs(tx: Session, tenant: str) -> Iterable[Any]:
    cost = func.sum(col(Parcel.cost_base_cents))
    query = select(col(Parcel.portfolio_id), col(Parcel.etf), cost).where(
        col(Parcel.tenant) == tenant, col(Parcel.units) > 0
    )
    grouped = query.group_by(col(Parcel.portfolio_id), col(Parcel.etf))
    return _streamed(tx, grouped.order_by(_bytewise(tx, Parcel.portfolio_id)))


def _streamed(tx: Session, query: Executable) -> Iterable[Any]:
    return tx.execute(query.execution_options(yield_per=PAGE))


def _bytewise(tx: Session, column: Any) -> ColumnElement[str]:
    """The order of UTF-8 bytes, which is SQLite's own; PostgreSQL sorts as its language does."""
    if tx.get_bind().dialect.name == "postgresql":
        return collate(column, "C")
    plain: ColumnElement[str] = column
    return plain


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
