"""The simulated exchange: a broker with a database of its own."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from adapters.broker import (
    Acknowledgement,
    Amendment,
    BrokerOrder,
    BrokerOrderState,
    BrokerUnavailable,
    Execution,
    OrderRefused,
    OrderState,
    OutcomeUnknown,
)
from adapters.simulated_exchange import order_book
from adapters.simulated_exchange.behaviour import Does, Rule, current, parse
from adapters.simulated_exchange.database import ExchangeDatabase
from adapters.simulated_exchange.rules import objection
from adapters.simulated_exchange.sessions import Sessions, matching_from

DATABASE_FILE = "exchange.db"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SimulatedExchange:
    """Trades at the prices it was told, in `folder`/exchange.db; any number of processes may share it.

    `behaviour` is a script (see the module behaviour) that wins over environment and file;
    `sessions` says when orders match, by the clock `now`.
    """

    name = "simulated"
    simulated = True

    def __init__(
        self,
        folder: Path,
        *,
        behaviour: Mapping[str, Any] | None = None,
        sessions: Sessions = "always_open",
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._folder = Path(folder)
        self._database = ExchangeDatabase(self._folder / DATABASE_FILE)
        self._given = None if behaviour is None else parse(behaviour, "the behaviour given")
        self._sessions: Sessions = sessions
        self._now = now

    def load_prices(self, prices: Mapping[str, Decimal], as_of: str) -> None:
        """Trade at `prices` from now on; orders that wait for a better price look again.

        ETFs not named keep their price. `as_of` is the day or moment the prices are of.
        """
        now = self._now()
        with self._database.writing() as book:
            # What was due before the prices changed still gets the old ones.
            order_book.carry_out(book, now)
            book.executemany(
                "INSERT INTO prices VALUES (?, ?, ?)"
                " ON CONFLICT (etf) DO UPDATE SET price = excluded.price, as_of = excluded.as_of",
                [(etf, str(price), as_of) for etf, price in prices.items()],
            )
            self._look_again(book, now)

    def submit(self, order: BrokerOrder) -> Acknowledgement:
        """Send `order`; an id the exchange has already is answered with the order it has."""
        behaviour = current(self._given, self._folder)
        now = self._now()
        with self._database.writing() as book:
            known = order_book.content(book, order.client_order_id)
            number, attempt = self._arrive(book, order.client_order_id)
            rule = behaviour.of(order.etf, order.side.value, number)
            disturbed = attempt <= rule.tries
            unreached = disturbed and known is None and rule.does in (Does.UNAVAILABLE, Does.LOST)
            if known is None and not unreached:
                self._take(book, order, number, rule, now)
            state = order_book.read(book, order.client_order_id)
        # Raised after the change is kept: the attempt counts, and what was taken stays taken.
        if state is None:
            raise self._unreached(rule, order)
        if known is not None and known != order:
            raise OrderRefused(f"order {order.client_order_id} was sent before with other content: {known}")
        if rule.does is Does.TIMEOUT and disturbed:
            raise OutcomeUnknown(f"no answer from {self.name} on order {order.client_order_id}")
        if state.state is OrderState.REJECTED:
            raise OrderRefused(state.reason)
        return Acknowledgement(state.client_order_id, state.broker_order_id, state.state)

    def find(self, client_order_id: str) -> BrokerOrderState | None:
        """The order of that id, or None if it never arrived."""
        self._bring_up_to_date(client_order_id)
        with self._database.reading() as book:
            return order_book.read(book, client_order_id)

    def executions(self, client_order_id: str) -> list[Execution]:
        """Every fill of the order so far; empty for an id the exchange does not have."""
        self._bring_up_to_date(client_order_id)
        with self._database.reading() as book:
            fills = order_book.executions(book, client_order_id)
            if fills and order_book.behaves(book, client_order_id) is Does.DUPLICATE:
                return [*reversed(fills), *fills]
            return fills

    def received_since(self, moment: datetime) -> list[BrokerOrderState]:
        """Every order that arrived from `moment` on, oldest first."""
        with self._database.writing() as book:
            order_book.carry_out(book, self._now())
            return order_book.received_since(book, moment)

    def cancel(self, client_order_id: str) -> BrokerOrderState:
        """Stop working the order and answer what became of it; a closed order stays as it is."""
        now = self._now()
        with self._database.writing() as book:
            order_book.carry_out(book, now, client_order_id)
            before = order_book.read(book, client_order_id)
            if before is None:
                raise OrderRefused(f"{self.name} has no order {client_order_id}")
            if before.state in order_book.WORKING:
                order_book.withdraw(book, client_order_id)
                order_book.set_state(book, client_order_id, OrderState.CANCELLED)
                self._fill_late(book, before, now)
            after = order_book.read(book, client_order_id)
        assert after is not None
        return after

    def amend(self, amendment: Amendment) -> BrokerOrderState:
        """Change a working order in one step and answer how it stands; made before, it is not made again."""
        now, order = self._now(), amendment.client_order_id
        with self._database.writing() as book:
            order_book.carry_out(book, now, order)
            known = order_book.amended(book, amendment.amendment_id)
            if known is not None and known != amendment:
                raise OrderRefused(
                    f"amendment {amendment.amendment_id} was sent before with other content: {known}"
                )
            if known is None:
                filled = self._amendable(book, amendment)
                order_book.amend(book, amendment, filled, matching_from(self._sessions, now))
                order_book.carry_out(book, now, order)
            after = order_book.read(book, order)
        assert after is not None
        return after

    def _amendable(self, book: sqlite3.Connection, amendment: Amendment) -> int:
        """Units of the order that have filled; OrderRefused if it cannot be changed, or not to this."""
        before = order_book.read(book, amendment.client_order_id)
        sent = order_book.content(book, amendment.client_order_id)
        if before is None or sent is None:
            raise OrderRefused(f"{self.name} has no order {amendment.client_order_id}")
        if before.state not in order_book.WORKING:
            raise OrderRefused(f"order {before.client_order_id} is {before.state}; nothing is left to change")
        if (sent.limit is None) != (amendment.limit is None):
            raise OrderRefused("a market order stays one, and a limit order keeps a limit")
        changed = replace(sent, units=amendment.units, limit=amendment.limit)
        if reason := objection(changed, listed=True):
            raise OrderRefused(reason)
        return before.filled

    def close(self) -> None:
        """Nothing to give back: each look at the records opens and closes the file."""

    def _arrive(self, book: sqlite3.Connection, client_order_id: str) -> tuple[int, int]:
        """The order's number at this exchange, and which attempt at it this is."""
        row = book.execute(
            "INSERT INTO arrivals (client_order_id, attempts) VALUES (?, 1)"
            " ON CONFLICT (client_order_id) DO UPDATE SET attempts = attempts + 1 RETURNING number, attempts",
            (client_order_id,),
        ).fetchone()
        return row["number"], row["attempts"]

    def _take(
        self, book: sqlite3.Connection, order: BrokerOrder, number: int, rule: Rule, now: datetime
    ) -> None:
        """Enter the order, plan its fills, and carry out those that are due at once."""
        listed = book.execute("SELECT price FROM prices WHERE etf = ?", (order.etf,)).fetchone()
        reason = objection(order, listed is not None) or (rule.reason if rule.does is Does.REJECT else "")
        order_book.enter(book, order, number, rule, reason, now)
        if reason:
            return
        if rule.does is Does.PRICE_MOVE:
            moved = Decimal(listed["price"]) * (1 + rule.move)
            book.execute("UPDATE prices SET price = ? WHERE etf = ?", (str(moved), order.etf))
        start = matching_from(self._sessions, now)
        order_book.schedule(book, order.client_order_id, order_book.plan(rule, order.units), start)
        order_book.carry_out(book, now, order.client_order_id)

    def _unreached(self, rule: Rule, order: BrokerOrder) -> BrokerUnavailable | OutcomeUnknown:
        if rule.does is Does.LOST:
            return OutcomeUnknown(f"no answer from {self.name} on order {order.client_order_id}")
        return BrokerUnavailable(f"{self.name} cannot be reached; nothing was sent")

    def _bring_up_to_date(self, client_order_id: str) -> None:
        now = self._now()
        with self._database.reading() as book:
            if not order_book.anything_due(book, now, client_order_id):
                return
        with self._database.writing() as book:
            order_book.carry_out(book, now, client_order_id)

    def _look_again(self, book: sqlite3.Connection, now: datetime) -> None:
        """Fills that waited for the price try again from the time of the new price on."""
        start = order_book.text(matching_from(self._sessions, now))
        book.execute("UPDATE planned_fills SET due_at = ? WHERE due_at < ?", (start, start))

    def _fill_late(self, book: sqlite3.Connection, order: BrokerOrderState, now: datetime) -> None:
        if order_book.behaves(book, order.client_order_id) is Does.LATE_FILL:
            late = order_book.PlannedFill(order.units, timedelta())
            order_book.schedule(book, order.client_order_id, [late], now)
