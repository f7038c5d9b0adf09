"""Sending orders: the intent first, then the broker, then the acknowledgement; each order once.

ActivityError
└── ProceedsOutstanding   buys wait for sells that have not filled yet
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from activities.context import Context
from activities.delivering import Answer, deliver, found
from activities.errors import ActivityError
from activities.order_checks import Checks
from activities.settling import cancel, settle
from adapters.broker import BrokerOrder, OrderState, Side
from adapters.failpoints import failpoint
from store import accounts, cash, closing, order_life, order_terms, orders
from store.order_holds import InsufficientCash
from store.order_terms import BUY, Asked, Origin
from store.tables import OPEN_STATES, Order, Portfolio
from store.tables import OrderState as Kept


class ProceedsOutstanding(ActivityError):
    """Buys wait for sells that have not filled yet."""

    retryable = True


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends the orders of one call for one portfolio."""

    context: Context
    portfolio: Portfolio
    checks: Checks
    brokerage_cents: int

    def intend(self, asked: Sequence[Asked]) -> None:
        """Keep the intents of one side, all of them or, when one may not be sent, none."""
        failpoint("orders.before_intent")
        call, at = self.context.call, self.context.now()
        with self.context.services.database.transaction() as tx:
            for each in asked:
                if order_life.find(tx, call.tenant, each) is not None:
                    continue
                limit = self._limit(each)
                self._check(tx, each, limit)
                # The account first: whoever closes it waits, or has closed it.
                accounts.account(tx, call.tenant, self.portfolio.account_id, lock=True)
                self._hold_open(tx, each)
                arrival = self.checks.prices.of(each.etf, each.path)
                origin = Origin(call.effect_root, call.workflow_id, call.actor, at, arrival)
                order_life.intend(
                    tx,
                    call.tenant,
                    self.portfolio,
                    each,
                    limit=limit,
                    broker=self.checks.broker.name,
                    brokerage_cents=self.brokerage_cents,
                    origin=origin,
                )
        failpoint("orders.after_intent")

    def send(self, asked: Asked, *, sent_before: bool) -> None:
        """See to it that the broker has the order, once, and record its answer."""
        tenant = self.context.call.tenant
        with self.context.services.database.reading() as tx:
            order = tx.get_one(Order, (tenant, asked.client_order_id))
            if order.state != Kept.INTENDED:
                return
            wanted = BrokerOrder(
                order.client_order_id, order.etf, Side(order.side), order.units, order.limit_price
            )
        broker = self.checks.broker
        answer = found(broker, wanted.client_order_id) if sent_before else None
        if answer is None:
            with self.context.services.database.reading() as tx:
                self._check(tx, asked, wanted.limit)
            answer = deliver(broker, wanted)
        failpoint("orders.after_send")
        self._record(wanted.client_order_id, answer)
        self.context.heartbeat(asked.client_order_id)

    def look_ahead(self, asked: Sequence[Asked]) -> None:
        """Return if all that was not sent yet may be sent and paid for; else nothing of it goes out."""
        tenant, account_id = self.context.call.tenant, self.portfolio.account_id
        with self.context.services.database.reading() as tx:
            fresh = [each for each in asked if order_life.find(tx, tenant, each) is None]
            for each in fresh:
                self._hold_open(tx, each)
                self._check(tx, each, self._limit(each))
            funds = cash.available(tx, tenant, account_id) + self._open_proceeds(tx)
        for each in sorted(fresh, key=lambda each: each.side == BUY):
            price = self._limit(each) or self.checks.prices.of(each.etf, f"{each.path}.etf")
            worth = order_terms.value_cents(each.units, price)
            funds += (-worth if each.side == BUY else worth) - self.brokerage_cents
            if funds < 0:
                raise InsufficientCash(
                    f"with {each.side} {each.units} {each.etf} the orders and their brokerage come to "
                    f"{-funds / 100:.2f} more than the cash and what the sells bring; pay in, or buy less",
                    each.path,
                )

    def await_proceeds(self, sells: Sequence[Asked], buys: Sequence[Asked]) -> None:
        """Wait a little until the buys can be paid; ProceedsOutstanding if sells are still open then."""
        polling = self.checks.rules.polling
        pause, until = polling.first_seconds, time.monotonic() + polling.proceeds_seconds
        still_open = [sell.client_order_id for sell in sells]
        while not self._affordable(buys):
            still_open = settle(self.context, still_open)
            if self._affordable(buys) or not still_open:
                return
            if time.monotonic() >= until:
                raise ProceedsOutstanding(
                    f"{len(still_open)} sells have not filled yet, and the buys need what they bring; "
                    "they are tried again"
                )
            self.context.pause(pause)
            pause = min(pause * polling.factor, polling.longest_seconds)

    def _affordable(self, buys: Sequence[Asked]) -> bool:
        tenant = self.context.call.tenant
        with self.context.services.database.reading() as tx:
            fresh = [buy for buy in buys if order_life.find(tx, tenant, buy) is None]
            funds = cash.available(tx, tenant, self.portfolio.account_id)
        needed = sum(self._worth(buy) + self.brokerage_cents for buy in fresh)
        return needed <= funds

    def _worth(self, buy: Asked) -> int:
        limit = self._limit(buy)
        assert limit is not None
        return order_terms.value_cents(buy.units, limit)

    def _open_proceeds(self, tx: Session) -> int:
        """Cents that sells sent before, and still open, are expected to bring."""
        tenant, portfolio_id = self.context.call.tenant, self.portfolio.portfolio_id
        expected = 0
        for order in orders.open_orders(tx, tenant, portfolio_id):
            if order.side != BUY:
                price = order.limit_price or self.checks.prices.of(order.etf, "trades")
                fee = 0 if order.cum_units else self.brokerage_cents
                expected += order_terms.value_cents(order.units - order.cum_units, price) - fee
        return expected

    def _limit(self, asked: Asked) -> Decimal | None:
        return self.checks.limit(asked.etf, asked.side, asked.limit, asked.path)

    def _check(self, tx: Session, asked: Asked, limit: Decimal | None) -> None:
        self.checks.before_sending(tx, self.context.call.tenant, asked.etf, asked.units, limit, asked.path)

    def _hold_open(self, tx: Session, asked: Asked) -> None:
        closing.hold_trading(tx, self.context.call.tenant, asked.portfolio_id, asked.side, asked.path)

    def _record(self, client_order_id: str, answer: Answer) -> None:
        at = self.context.now()
        with self.context.services.database.transaction() as tx:
            order = orders.load(tx, self.context.call.tenant, client_order_id)
            if answer.state is OrderState.REJECTED and order.state in OPEN_STATES:
                order_life.close(tx, order, Kept.REJECTED, at, answer.reason)
            else:
                order_life.acknowledge(tx, order, answer.broker_order_id, at)
            called_off = order.state in (Kept.PENDING_CANCEL, Kept.CANCELLED)
            failpoint("orders.before_acknowledgement")
        if called_off:
            # Someone cancelled it while this sender was held up: it must not stay at the broker.
            cancel(self.context, [client_order_id])
