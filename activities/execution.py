"""Best execution: what orders cost, as they are given or as they are recorded."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlmodel import Session

from activities import reference_prices
from activities.context import Context
from activities.registry import implements
from engines.trading import execution as engine
from engines.trading.execution import NO_COST, Cost, Executed, OverFilled, Quality, Traded
from payloads.execution import (
    BestExecution,
    Costs,
    ExecutedOrder,
    ExecutionQuality,
    MarketTrade,
    MeasureExecution,
    OrderQuality,
    Unmeasured,
)
from payloads.files.trading import TradingFile
from store import blocks, fills, orders, portfolios
from store.cents import from_cents
from store.tables import OPEN_STATES, Order, OrderState

EIGHT_PLACES = Decimal("1e-8")
FOUR_PLACES = Decimal("1e-4")


@implements("orders.measure_execution")
def measure_execution(ask: MeasureExecution, context: Context) -> ExecutionQuality:
    """Measure orders as they are given."""
    return _report([(order, _given(order)) for order in ask.orders], ask.tape)


@implements("orders.best_execution")
def best_execution(ask: BestExecution, context: Context) -> ExecutionQuality:
    """Measure what is recorded of a portfolio's orders, or of a block as the one order that it was."""
    closing = reference_prices.newest(context)
    with context.services.database.reading() as tx:
        found, left_out = (
            _of_block(tx, ask, context) if ask.block_id is not None else _of_portfolio(tx, ask, context)
        )
    priced = [
        order.model_copy(update={"closing_price": closing.of(order.etf, "portfolio_id")}) for order in found
    ]
    report = _report([(order, _given(order)) for order in priced], ask.tape)
    return report.model_copy(update={"unmeasured": left_out})


def _of_portfolio(
    tx: Session, ask: BestExecution, context: Context
) -> tuple[list[ExecutedOrder], list[Unmeasured]]:
    assert ask.portfolio_id is not None
    tenant = context.call.tenant
    portfolios.portfolio(tx, tenant, ask.portfolio_id)
    zone = ZoneInfo(context.catalogue.read("trading", TradingFile).exchange.timezone)
    measured, left_out = [], []
    for order in orders.decided(tx, tenant, ask.portfolio_id):
        if not _within(ask, order.created_at.astimezone(zone).date()):
            continue
        reason = _no_measure_of(order)
        if reason is None:
            measured.append(_recorded(tx, tenant, order))
        else:
            left_out.append(Unmeasured(order=order.client_order_id, reason=reason))
    return measured, left_out


def _within(ask: BestExecution, day: date) -> bool:
    return (ask.since is None or ask.since <= day) and (ask.until is None or day <= ask.until)


def _no_measure_of(order: Order) -> str | None:
    """Why an order cannot be measured; None if it can."""
    if order.state in OPEN_STATES:
        return "it is still open"
    if order.state == OrderState.REJECTED:
        return f"the broker rejected it: {order.reason}"
    if order.arrival_price is None:
        return "the market's price when it was decided was not kept"
    return None


def _recorded(tx: Session, tenant: str, order: Order) -> ExecutedOrder:
    filled = fills.of_order(tx, tenant, order.client_order_id)
    return ExecutedOrder.model_validate(
        {
            "id": order.client_order_id,
            "etf": order.etf,
            "side": order.side,
            "units": order.units,
            "arrival_price": order.arrival_price,
            "fills": [_done(each.units, each.price, each.executed_at) for each in filled],
            "brokerage": from_cents(sum(each.fees_cents for each in filled)),
            "decided_at": order.created_at,
        }
    )


def _of_block(
    tx: Session, ask: BestExecution, context: Context
) -> tuple[list[ExecutedOrder], list[Unmeasured]]:
    """The block as one order; its brokerage is what its clients were charged."""
    assert ask.block_id is not None
    tenant = context.call.tenant
    block = blocks.load(tx, tenant, ask.block_id)
    if block.closed_at is None:
        return [], [Unmeasured(order=block.block_id, reason="it is still open")]
    parts = orders.of_block(tx, tenant, block.block_id)
    charged = [each for part in parts for each in fills.of_order(tx, tenant, part.client_order_id)]
    executions = blocks.executions(tx, tenant, block.block_id)
    whole = ExecutedOrder.model_validate(
        {
            "id": block.block_id,
            "etf": block.etf,
            "side": block.side,
            "units": block.units,
            "arrival_price": block.arrival_price,
            "fills": [_done(each.units, each.price, each.executed_at) for each in executions],
            "brokerage": from_cents(sum(each.fees_cents for each in charged)),
            "decided_at": block.created_at,
        }
    )
    return [whole], []


def _done(units: int, price: Decimal, executed_at: datetime) -> dict[str, object]:
    return {"units": units, "price": price, "executed_at": executed_at}


def _given(order: ExecutedOrder) -> Executed:
    return Executed(
        side=order.side,
        ordered=order.units,
        arrival=order.arrival_price,
        fills=[Traded(fill.units, fill.price, fill.executed_at) for fill in order.fills],
        brokerage=order.brokerage,
        closing=order.closing_price,
        decided_at=order.decided_at,
    )


def _report(found: Sequence[tuple[ExecutedOrder, Executed]], tape: Sequence[MarketTrade]) -> ExecutionQuality:
    by_etf: dict[str, list[Traded]] = {}
    for trade in tape:
        by_etf.setdefault(trade.etf, []).append(Traded(trade.units, trade.price, trade.at))
    measured = []
    for place, (about, order) in enumerate(found):
        try:
            measured.append(engine.quality(order, by_etf.get(about.etf, ())))
        except OverFilled as error:
            raise OverFilled(error.message, f"orders[{place}].fills") from None
    rows = [_row(about, order, each) for (about, order), each in zip(found, measured, strict=True)]
    brokerage = sum((order.brokerage for _, order in found), Decimal(0))
    return ExecutionQuality(orders=rows, total=_total(measured, brokerage))


def _row(about: ExecutedOrder, order: Executed, found: Quality) -> OrderQuality:
    average = order.paid / order.filled if order.filled else None
    return OrderQuality(
        **dict(
            _costs(found.execution, found.against_vwap, found.opportunity, found.shortfall, order.brokerage)
        ),
        order=about.id,
        etf=about.etf,
        side=about.side,
        ordered=order.ordered,
        filled=order.filled,
        arrival_price=order.arrival,
        average_price=_rounded(average, EIGHT_PLACES),
        vwap=_rounded(found.vwap, EIGHT_PLACES),
    )


def _total(measured: Sequence[Quality], brokerage: Decimal) -> Costs:
    # Nothing was bought of what did not fill: that there is no average for it leaves the others' standing.
    filled = [each for each in measured if each.execution.of]
    return _costs(
        _sum(each.execution for each in measured),
        _sum(each.against_vwap for each in filled) if filled else None,
        _sum(each.opportunity for each in measured),
        _sum(each.shortfall for each in measured),
        brokerage,
    )


def _sum(costs: Iterable[Cost | None]) -> Cost | None:
    """All of them together; None when one is not known."""
    total = NO_COST
    for cost in costs:
        if cost is None:
            return None
        total += cost
    return total


def _costs(
    execution: Cost | None,
    against_vwap: Cost | None,
    opportunity: Cost | None,
    shortfall: Cost | None,
    brokerage: Decimal,
) -> Costs:
    assert execution is not None  # what filled can always be measured against the arrival price
    return Costs.model_validate(
        {
            "execution_cost": _money(execution),
            "execution_bps": _bps(execution),
            "vwap_cost": _money(against_vwap),
            "vwap_bps": _bps(against_vwap),
            "opportunity_cost": _money(opportunity),
            "brokerage": brokerage,
            "shortfall": _money(shortfall),
            "shortfall_bps": _bps(shortfall),
        }
    )


def _money(cost: Cost | None) -> Decimal | None:
    return None if cost is None else _rounded(cost.money, EIGHT_PLACES)


def _bps(cost: Cost | None) -> Decimal | None:
    return None if cost is None else _rounded(cost.bps, FOUR_PLACES)


def _rounded(number: Fraction | None, places: Decimal) -> Decimal | None:
    """Half away from zero, so that a cost and a gain of the same size read alike."""
    if number is None:
        return None
    return (Decimal(number.numerator) / Decimal(number.denominator)).quantize(places, ROUND_HALF_UP)
