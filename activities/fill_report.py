"""The report on a set of orders, and the fact that tells it: what filled, at what price, for how much."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

from sqlmodel import Session

from activities.context import Context
from activities.effects import append
from payloads.orders import ExecutionResult, ExecutionSummary, Fill, FillReport, OrderStatus
from store import fills, order_reports, portfolios
from store.cents import from_cents
from store.fills import BookedFill
from store.tables import OPEN_STATES, Order, OrderState


def report_on(tx: Session, tenant: str, found: Sequence[Order]) -> FillReport:
    """What became of these orders, in the order given; no orders at all count as filled."""
    booked = {order.client_order_id: fills.booked(tx, tenant, order) for order in found}
    results = [_result(order, booked[order.client_order_id]) for order in found]
    states = [result.status for result in results]
    whole, part = states.count("FILLED"), states.count("PARTIAL")
    return FillReport(
        status=_overall(whole, part, len(states)),
        fills=[_fill(order, each) for order in found for each in booked[order.client_order_id]],
        execution_results=results,
        execution_summary=ExecutionSummary(successful=whole, failed=len(states) - whole - part, partial=part),
        total_trades=len(states),
        total_cost=sum((result.total_cost for result in results), Decimal(0)),
        transaction_costs=sum((result.brokerage for result in results), Decimal(0)),
    )


def tell(
    tx: Session, portfolio_id: str, found: Sequence[Order], context: Context, *, late: bool = False
) -> None:
    """Append what became of these orders as the fact TradesExecuted; nothing when there are none.

    `late` says that an earlier fact told of them, in whose place this one stands: it has all of each
    order, not only what came since.
    """
    if not found:
        return
    tenant = context.call.tenant
    report = report_on(tx, tenant, found).model_dump(mode="python", exclude={"fills"})
    told: dict[str, Any] = {"portfolio_id": portfolio_id, "trades": report.pop("execution_results"), **report}
    if late:
        told["late"] = True
    customer_id = portfolios.portfolio(tx, tenant, portfolio_id).customer_id
    append(tx, context, customer_id, "TradesExecuted", told)


def tell_traded(tx: Session, portfolio_id: str, cancelled: Sequence[Order], context: Context) -> None:
    """Tell what cancelled orders and the run's others traded, as far as nobody has told it yet.

    An order that traded nothing is left untold: a late fill may still come for it.
    """
    call = context.call
    own = order_reports.unreported(tx, call.tenant, portfolio_id, call.effect_root)
    met = {order.client_order_id: order for order in (*own, *cancelled)}.values()
    closed = [order for order in met if order.state not in OPEN_STATES]
    traded = [order for order in closed if order.cum_units and order_reports.is_untold(order)]
    tell(tx, portfolio_id, traded, context)
    order_reports.mark_told(tx, traded, call.key(), context.now())


def tell_late(tx: Session, portfolio_id: str, context: Context) -> None:
    """Tell of the portfolio's orders that filled after they had ended, whichever run sent them."""
    found = order_reports.filled_late(tx, context.call.tenant, portfolio_id)
    tell(tx, portfolio_id, [order for order in found if order_reports.is_untold(order)], context)
    told_before = [order for order in found if not order_reports.is_untold(order)]
    tell(tx, portfolio_id, told_before, context, late=True)
    order_reports.mark_late_told(tx, found, context.call.key(), context.now())


def _overall(whole: int, part: int, number: int) -> Literal["filled", "partial", "expired"]:
    if whole == number:
        return "filled"
    return "partial" if whole or part else "expired"


def _result(order: Order, booked: Sequence[BookedFill]) -> ExecutionResult:
    return ExecutionResult.model_validate(
        {
            "order": order.client_order_id,
            "etf": order.etf,
            "action": order.side.upper(),
            "shares": order.cum_units,
            "price": order.average_price,
            "total_cost": from_cents(sum(each.value_cents for each in booked)),
            "brokerage": from_cents(sum(each.fill.fees_cents for each in booked)),
            "status": _status(order),
            "execution_time": booked[-1].fill.executed_at if booked else None,
            "reason": order.reason,
        }
    )


def _status(order: Order) -> OrderStatus:
    if order.cum_units == order.units:
        return "FILLED"
    if order.cum_units:
        return "PARTIAL"
    if order.state == OrderState.REJECTED:
        return "REJECTED"
    return "EXPIRED" if order.state == OrderState.EXPIRED else "CANCELLED"


def _fill(order: Order, booked: BookedFill) -> Fill:
    return Fill.model_validate(
        {
            "order": order.client_order_id,
            "execution_id": booked.fill.execution_id,
            "etf": order.etf,
            "side": order.side,
            "units": booked.fill.units,
            "price": booked.fill.price,
            "value": from_cents(booked.value_cents),
            "executed_at": booked.fill.executed_at,
        }
    )
