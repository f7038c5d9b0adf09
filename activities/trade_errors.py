"""Wrong trades: what would put the client right, doing it, and what it made or cost the firm.

ActivityError
└── NothingWrong   what should have been is what was done
"""

from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from activities.context import Context
from activities.effects import append, once
from activities.errors import ActivityError
from activities.exchange_days import today
from activities.registry import implements
from activities.valuation import newest_prices
from engines.trade_correction import Correction, correction
from payloads.base import cents
from payloads.files.fees import FeesFile
from payloads.files.limits import LimitsFile
from payloads.orders import Trade
from payloads.trade_errors import (
    AssessedError,
    ClosedError,
    CloseError,
    CorrectedTrade,
    CorrectTrade,
    ErrorKind,
    FundHouse,
    HouseFunded,
    WrongTrade,
)
from store import orders, portfolios, trade_errors
from store.cents import from_cents, to_cents
from store.tables import Order, Portfolio
from store.trade_errors import HOUSE, HOUSE_PORTFOLIO, Executed, Origin


class NothingWrong(ActivityError):
    """What should have been is what was done."""


@dataclass(frozen=True, slots=True)
class Case:
    """A wrong trade, who it belongs to, and what puts it right."""

    wrong: Executed
    put_right: Correction
    of: Portfolio
    to: Portfolio

    @property
    def error(self) -> ErrorKind:
        """The kind of mistake, the worst first."""
        right = self.put_right.right
        if not right.units:
            return "unwanted"
        if self.to.portfolio_id != self.of.portfolio_id:
            return "wrong_client"
        return "wrong_units" if right.side == self.wrong.done.side else "wrong_side"


def _case(tx: Session, ask: WrongTrade, context: Context) -> Case:
    tenant = context.call.tenant
    wrong = trade_errors.executed(tx, tenant, ask.portfolio_id, ask.order)
    if not trade_errors.is_corrected(tx, tenant, wrong):
        trade_errors.hold_not_restated(tx, tenant, wrong)
    of = portfolios.portfolio(tx, tenant, ask.portfolio_id)
    to = of
    if ask.intended_portfolio_id is not None:
        to = _intended(tx, tenant, ask.intended_portfolio_id)
    side = ask.intended_side or wrong.done.side
    units = wrong.done.units if ask.intended_units is None else ask.intended_units
    same = (to.portfolio_id, side, units) == (of.portfolio_id, wrong.done.side, wrong.done.units)
    if same:
        raise NothingWrong(
            f"{ask.order} is a {side} of {units} for {to.portfolio_id}, which is what should have been; say "
            "what was wrong",
            "order",
        )
    return Case(wrong, correction(wrong.done, side, units), of, to)


def _intended(tx: Session, tenant: str, portfolio_id: str) -> Portfolio:
    try:
        return portfolios.portfolio(tx, tenant, portfolio_id)
    except portfolios.UnknownPortfolio as unknown:
        raise portfolios.UnknownPortfolio(str(unknown), "intended_portfolio_id") from None


@implements("trade_errors.assess")
def assess(ask: WrongTrade, context: Context) -> AssessedError:
    """What would be booked, and what the firm has to trade for it at the newest prices."""
    tenant = context.call.tenant
    with context.services.database.reading() as tx:
        case = _case(tx, ask, context)
        corrected = trade_errors.is_corrected(tx, tenant, case.wrong)
        held = trade_errors.house_units(tx, tenant, case.wrong.order.etf)
        tx.expunge_all()
    return _assessed(case, corrected, held, context)


def _assessed(case: Case, corrected: bool, held: int, context: Context) -> AssessedError:
    wrong, right, firm = case.wrong, case.put_right.right, case.put_right
    etf = wrong.order.etf
    _, prices = newest_prices({etf}, context)
    lacking = 0 if corrected else max(0, -firm.firm_units - held)
    brokerage = context.catalogue.read("fees", FeesFile).brokerage.value
    worth = cents(prices[etf] * firm.firm_units)
    cost = brokerage if firm.firm_units else Decimal(0)
    return AssessedError(
        order=wrong.order.client_order_id,
        error=case.error,
        etf=etf,
        side=wrong.done.side,
        units=wrong.done.units,
        value=from_cents(wrong.done.value_cents),
        brokerage=from_cents(wrong.done.brokerage_cents),
        trade_date=wrong.trade_date,
        portfolio_id=case.of.portfolio_id,
        customer_id=case.of.customer_id,
        intended_portfolio_id=case.to.portfolio_id,
        intended_customer_id=case.to.customer_id,
        intended_side=right.side,
        intended_units=right.units,
        intended_value=from_cents(right.value_cents),
        corrected=corrected,
        firm_units=firm.firm_units,
        firm_money=from_cents(firm.firm_cents),
        firm_portfolio_id=HOUSE_PORTFOLIO,
        firm_needs=_needs(case, prices[etf], lacking, brokerage, context),
        estimate=from_cents(firm.firm_cents) + worth - cost,
        buys=_trades(etf, "buy", lacking, prices[etf], brokerage),
        sells=_trades(etf, "sell", held if corrected else 0, prices[etf], brokerage),
    )


def _needs(case: Case, price: Decimal, lacking: int, brokerage: Decimal, context: Context) -> Decimal:
    """What is paid to clients, or for units at prices that have moved a little by then."""
    if lacking:
        margin = context.catalogue.read("limits", LimitsFile).sale_margin.value
        return cents(price * lacking * (1 + margin)) + brokerage
    return max(Decimal(0), -from_cents(case.put_right.firm_cents))


def _trades(etf: str, side: str, units: int, price: Decimal, brokerage: Decimal) -> list[Trade]:
    if not units:
        return []
    planned = {"price": price, "value": cents(price * units), "cost": brokerage}
    return [Trade.model_validate({"etf": etf, "side": side, "units": units, **planned})]


@implements("trade_errors.fund")
def fund(ask: FundHouse, context: Context) -> HouseFunded:
    """What the firm's account lacked; it is opened the first time."""
    return once(ask, context, HouseFunded, lambda tx: _fund(tx, ask, context))


def _fund(tx: Session, ask: FundHouse, context: Context) -> HouseFunded:
    call = context.call
    paid_in = trade_errors.fund(tx, call.tenant, to_cents(cents(ask.amount)), call.key(), _origin(context))
    row = trade_errors.house(tx, call.tenant, context.now())
    done = HouseFunded(portfolio_id=row.portfolio_id, account_id=row.account_id, paid_in=from_cents(paid_in))
    if paid_in:
        append(tx, context, HOUSE, "HouseFunded", done.model_dump())
    return done


@implements("trade_errors.correct")
def correct(ask: CorrectTrade, context: Context) -> CorrectedTrade:
    """The client is where they would have been, in one transaction with the firm's own books."""
    return once(ask, context, CorrectedTrade, lambda tx: _correct(tx, ask, context))


def _correct(tx: Session, ask: CorrectTrade, context: Context) -> CorrectedTrade:
    case = _case(tx, ask, context)
    wrong, right = case.wrong.done, case.put_right.right
    trade_errors.correct(
        tx, context.call.tenant, case.wrong, case.put_right, case.to, _origin(context, ask.reason)
    )
    done = CorrectedTrade(
        order=ask.order,
        portfolio_id=case.of.portfolio_id,
        intended_portfolio_id=case.to.portfolio_id,
        client_money=from_cents(-wrong.money_cents),
        client_units=-wrong.signed_units,
        intended_units=right.units,
        intended_money=from_cents(right.money_cents),
        firm_units=case.put_right.firm_units,
        firm_money=from_cents(case.put_right.firm_cents),
    )
    told = {**done.model_dump(), "error": case.error, "etf": case.wrong.order.etf, "reason": ask.reason}
    for customer_id in dict.fromkeys((case.of.customer_id, case.to.customer_id)):
        append(tx, context, customer_id, "TradeErrorCorrected", told)
    return done


@implements("trade_errors.close")
def close(ask: CloseError, context: Context) -> ClosedError:
    """What the firm's books hold of what this run traded for it."""
    return once(ask, context, ClosedError, lambda tx: _close(tx, ask, context))


def _close(tx: Session, ask: CloseError, context: Context) -> ClosedError:
    call = context.call
    order = tx.get(Order, (call.tenant, ask.order))
    if order is None or order.portfolio_id != ask.portfolio_id:
        raise orders.UnknownOrder(f"portfolio {ask.portfolio_id} has no order {ask.order}", "order")
    made = from_cents(trade_errors.difference(tx, call.tenant, call.effect_root))
    done = ClosedError(
        order=ask.order, difference=made, left=trade_errors.house_units(tx, call.tenant, order.etf)
    )
    # The firm's stream begins with its first wrong trade; one that only moved between clients needs none.
    row = trade_errors.house(tx, call.tenant, context.now())
    append(tx, context, row.customer_id, "TradeErrorClosed", {**done.model_dump(), "etf": order.etf})
    return done


def _origin(context: Context, reason: str = "") -> Origin:
    call = context.call
    return Origin(call.effect_root, call.actor, context.now(), today(context), reason)
