"""Pages of portfolios with all that their columns are made of, as the store has it now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Executable, Text, case, func, select, type_coerce
from sqlmodel import Session, col

from store.tables import MONEY, Book, Goal, LedgerPosting, Parcel, Portfolio, Position

PAGE = 10_000

Rows = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Page:
    """What the store says of some portfolios; every row begins with the id of its own.

    `rows` go on with the marginal rate, and the target and the pods as text; `positions` with ETF and units,
    `costs` with ETF and cost base, `sums` with cash and capital as they are booked, `goals` with a day.
    """

    rows: Rows
    positions: Rows
    costs: Rows
    sums: Rows
    goals: Rows

    @property
    def ids(self) -> list[str]:
        """The portfolios, in the order of the rows."""
        return [row[0] for row in self.rows]


def pages(tx: Session, tenant: str) -> Iterator[Page]:
    """Page after page of portfolios; of each all that the columns are made of."""
    after = ""
    while True:
        columns = (
            col(Portfolio.portfolio_id),
            col(Portfolio.marginal_rate),
            type_coerce(col(Portfolio.target), Text),
            type_coerce(col(Portfolio.pods_by_etf), Text),
        )
        query = select(*columns).where(col(Portfolio.tenant) == tenant, col(Portfolio.portfolio_id) > after)
        rows = _all(tx, query.order_by(col(Portfolio.portfolio_id)).limit(PAGE))
        if not rows:
            return
        yield _page(tx, tenant, rows, after)
        after = rows[-1][0]


def _page(tx: Session, tenant: str, rows: Rows, after: str) -> Page:
    last = rows[-1][0]

    def within(table: Any) -> tuple[ColumnElement[bool], ...]:
        return col(table.tenant) == tenant, col(table.portfolio_id) > after, col(table.portfolio_id) <= last

    held = select(col(Position.portfolio_id), col(Position.etf), col(Position.units))
    cost = func.sum(col(Parcel.cost_base_cents))
    paid = select(col(Parcel.portfolio_id), col(Parcel.etf), cost).where(
        *within(Parcel), col(Parcel.units) > 0
    )
    mine = (col(LedgerPosting.tenant) == tenant) & (
        col(LedgerPosting.account_id) == col(Portfolio.account_id)
    )
    cents, book = col(LedgerPosting.amount_cents), col(LedgerPosting.book)
    money = func.sum(case((book.in_(MONEY), cents), else_=0))
    capital = func.sum(case((book == Book.CAPITAL, cents), else_=0))
    sums = select(col(Portfolio.portfolio_id), money, capital).join(LedgerPosting, mine)
    his = (col(Goal.tenant) == tenant) & (col(Goal.customer_id) == col(Portfolio.customer_id))
    goals = select(col(Portfolio.portfolio_id), col(Goal.target_date)).join(Goal, his)
    return Page(
        rows,
        _all(tx, held.where(*within(Position), col(Position.units) > 0)),
        _all(
            tx,
            paid.where(*within(Parcel), col(Parcel.units) > 0).group_by(
                col(Parcel.portfolio_id), col(Parcel.etf)
            ),
        ),
        _all(
            tx,
            sums.where(*within(Portfolio), book.in_((*MONEY, Book.CAPITAL))).group_by(
                col(Portfolio.portfolio_id)
            ),
        ),
        _all(tx, goals.where(*within(Portfolio))),
    )


def _all(tx: Session, query: Executable) -> Rows:
    """The rows, straight from the connection: the session would keep books of every one of them."""
    return tx.connection().execute(query).all()
