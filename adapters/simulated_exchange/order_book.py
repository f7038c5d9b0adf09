"""The order book: what each order will do, and what it has done by now.

Nothing runs in the background: an order's fills are planned when it arrives, and whoever looks at
the order first carries out those that are due.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from adapters.broker import Amendment, BrokerOrder, BrokerOrderState, Execution, OrderState, Side
from adapters.simulated_exchange.behaviour import Does, Rule

WORKING = (OrderState.NEW, OrderState.PARTIALLY_FILLED)

# As the last amendment has it, else as the order arrived, a row of `orders o`. A market order has no limit.
_NEWEST = (
    "SELECT {asked} FROM amendments a WHERE a.client_order_id = o.client_order_id"
    " ORDER BY number DESC LIMIT 1"
)
NOW = {
    "units": f"COALESCE(({_NEWEST.format(asked='units')}), o.units) AS units_now",
    "limit_price": f"COALESCE(({_NEWEST.format(asked='asked_limit')}), o.limit_price) AS limit_price",
}


@dataclass(frozen=True, slots=True)
class PlannedFill:
    """Units that fill once `after` has passed, if the price allows."""

    units: int
    after: timedelta


def text(moment: datetime) -> str:
    """A moment as the database keeps it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def plan(rule: Rule, units: int) -> list[PlannedFill]:
    """The fills that an order of `units` will get under `rule`; what they leave out never fills."""
    match rule.does:
        case Does.LATE_FILL if rule.seconds is not None:
            return [PlannedFill(units, rule.pause)]
        case Does.REST | Does.LATE_FILL | Does.REJECT:
            return []
        case Does.PARTIAL:
            share = int(units * rule.share)
            rest = PlannedFill(units - share if rule.seconds is not None else 0, rule.pause)
            return [fill for fill in (PlannedFill(share, timedelta()), rest) if fill.units]
        case Does.PARTS | Does.DUPLICATE:
            return [
                PlannedFill(part, rule.pause * place) for place, part in enumerate(_parts(units, rule.parts))
            ]
        case Does.DELAY:
            return [PlannedFill(units, rule.pause)]
        case _:
            return [PlannedFill(units, timedelta())]


def _parts(units: int, count: int) -> list[int]:
    """`units` in at most `count` near-equal parts, none empty, the larger first."""
    count = min(count, units)
    whole, over = divmod(units, count)
    return [whole + (place < over) for place in range(count)]


def enter(
    book: sqlite3.Connection, order: BrokerOrder, number: int, rule: Rule, reason: str, now: datetime
) -> None:
    """Put the order into the book: rejected if there is a `reason`, else new."""
    state = OrderState.REJECTED if reason else OrderState.NEW
    limit = None if order.limit is None else str(order.limit)
    book.execute(
        "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            order.client_order_id,
            f"SX-{number}",
            order.etf,
            order.side.value,
            order.units,
            limit,
            state.value,
            reason,
            rule.does.value,
            text(now),
        ),
    )


def schedule(
    book: sqlite3.Connection, client_order_id: str, fills: Sequence[PlannedFill], start: datetime
) -> None:
    """Plan the order's fills from `start` on, behind those that it has had."""
    query = "SELECT COALESCE(MAX(part), 0) FROM executions WHERE client_order_id = ?"
    (had,) = book.execute(query, (client_order_id,)).fetchone()
    book.executemany(
        "INSERT INTO planned_fills VALUES (?, ?, ?, ?)",
        [
            (client_order_id, part, fill.units, text(start + fill.after))
            for part, fill in enumerate(fills, start=had + 1)
        ],
    )


def amended(book: sqlite3.Connection, amendment_id: str) -> Amendment | None:
    """The amendment of that id as it was asked for, or None."""
    row = book.execute("SELECT * FROM amendments WHERE amendment_id = ?", (amendment_id,)).fetchone()
    if row is None:
        return None
    limit = None if row["asked_limit"] is None else Decimal(row["asked_limit"])
    return Amendment(row["amendment_id"], row["client_order_id"], row["asked_units"], limit)


def amend(book: sqlite3.Connection, amendment: Amendment, filled: int, start: datetime) -> None:
    """Change the order; what was still to fill fills from `start` on, what never was to fill never does."""
    limit = None if amendment.limit is None else str(amendment.limit)
    units = max(amendment.units, filled)
    order = amendment.client_order_id
    book.execute(
        "INSERT INTO amendments (amendment_id, client_order_id, asked_units, asked_limit, units)"
        " VALUES (?, ?, ?, ?, ?)",
        (amendment.amendment_id, order, amendment.units, limit, units),
    )
    query = "SELECT MIN(due_at) FROM planned_fills WHERE client_order_id = ?"
    (due,) = book.execute(query, (order,)).fetchone()
    withdraw(book, order)
    if units == filled:
        set_state(book, order, OrderState.FILLED)
    elif due is not None:
        schedule(
            book, order, [PlannedFill(units - filled, timedelta())], max(start, datetime.fromisoformat(due))
        )


def anything_due(book: sqlite3.Connection, now: datetime, client_order_id: str) -> bool:
    """Whether carrying out the order's planned fills could change anything."""
    query = "SELECT 1 FROM planned_fills WHERE client_order_id = ? AND due_at <= ?"
    return book.execute(query, (client_order_id, text(now))).fetchone() is not None


def carry_out(book: sqlite3.Connection, now: datetime, client_order_id: str | None = None) -> None:
    """Execute the planned fills that are due and within their limits: one order's, or everyone's."""
    due = book.execute(
        f"SELECT f.client_order_id, f.part, f.units, f.due_at, o.side, {NOW['limit_price']}, p.price"
        " FROM planned_fills f JOIN orders o USING (client_order_id) JOIN prices p USING (etf)"
        " WHERE f.due_at <= ? AND (? IS NULL OR f.client_order_id = ?) ORDER BY f.due_at, f.part",
        (text(now), client_order_id, client_order_id),
    ).fetchall()
    filled = {row["client_order_id"] for row in due if _within_limit(row) and _execute(book, row)}
    for order in sorted(filled):
        _restate(book, order)


def _within_limit(row: sqlite3.Row) -> bool:
    if row["limit_price"] is None:
        return True
    price, limit = Decimal(row["price"]), Decimal(row["limit_price"])
    return price <= limit if row["side"] == Side.BUY else price >= limit


def _execute(book: sqlite3.Connection, row: sqlite3.Row) -> bool:
    order, part = row["client_order_id"], row["part"]
    book.execute(
        "INSERT INTO executions VALUES (?, ?, ?, ?, ?, ?)",
        (f"{order}-{part}", order, part, row["units"], row["price"], row["due_at"]),
    )
    book.execute("DELETE FROM planned_fills WHERE client_order_id = ? AND part = ?", (order, part))
    return True


def _restate(book: sqlite3.Connection, client_order_id: str) -> None:
    """Let the order's state follow its executions; a cancelled one that filled late says so."""
    state = read(book, client_order_id)
    if state is None or state.filled == 0:
        return
    if state.leaves == 0:
        new = OrderState.FILLED
    elif state.state is OrderState.CANCELLED:
        return
    else:
        new = OrderState.PARTIALLY_FILLED
    set_state(book, client_order_id, new)


def set_state(book: sqlite3.Connection, client_order_id: str, state: OrderState) -> None:
    """Record where the order stands."""
    book.execute("UPDATE orders SET state = ? WHERE client_order_id = ?", (state.value, client_order_id))


def withdraw(book: sqlite3.Connection, client_order_id: str) -> None:
    """Forget the order's fills that have not happened."""
    book.execute("DELETE FROM planned_fills WHERE client_order_id = ?", (client_order_id,))


def executions(book: sqlite3.Connection, client_order_id: str) -> list[Execution]:
    """The order's fills, oldest first."""
    rows = book.execute(
        "SELECT * FROM executions WHERE client_order_id = ? ORDER BY part", (client_order_id,)
    )
    return [
        Execution(
            row["execution_id"],
            row["client_order_id"],
            row["units"],
            Decimal(row["price"]),
            datetime.fromisoformat(row["executed_at"]),
        )
        for row in rows
    ]


def behaves(book: sqlite3.Connection, client_order_id: str) -> Does:
    """What the script said of the order when it arrived."""
    row = book.execute("SELECT does FROM orders WHERE client_order_id = ?", (client_order_id,)).fetchone()
    return Does(row["does"])


def content(book: sqlite3.Connection, client_order_id: str) -> BrokerOrder | None:
    """The order as it was sent, or None."""
    row = book.execute("SELECT * FROM orders WHERE client_order_id = ?", (client_order_id,)).fetchone()
    if row is None:
        return None
    limit = None if row["limit_price"] is None else Decimal(row["limit_price"])
    return BrokerOrder(row["client_order_id"], row["etf"], Side(row["side"]), row["units"], limit)


def received_since(book: sqlite3.Connection, moment: datetime) -> list[BrokerOrderState]:
    """Every order that arrived from `moment` on as it stands, oldest first."""
    rows = book.execute(
        "SELECT client_order_id FROM orders WHERE received_at >= ? ORDER BY received_at, rowid",
        (text(moment),),
    ).fetchall()
    found = (read(book, row["client_order_id"]) for row in rows)
    return [order for order in found if order is not None]


def read(book: sqlite3.Connection, client_order_id: str) -> BrokerOrderState | None:
    """The order as it stands, or None."""
    query = f"SELECT o.*, {NOW['units']} FROM orders o WHERE o.client_order_id = ?"
    row = book.execute(query, (client_order_id,)).fetchone()
    if row is None:
        return None
    fills = executions(book, client_order_id)
    filled = sum(fill.units for fill in fills)
    value = sum((fill.units * fill.price for fill in fills), Decimal(0))
    return BrokerOrderState(
        client_order_id=row["client_order_id"],
        broker_order_id=row["broker_order_id"],
        etf=row["etf"],
        side=Side(row["side"]),
        units=row["units_now"],
        state=OrderState(row["state"]),
        filled=filled,
        leaves=row["units_now"] - filled,
        average_price=value / filled if filled else None,
        reason=row["reason"],
    )
