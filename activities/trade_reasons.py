"""Why trades are made or not, in words."""

from collections.abc import Mapping
from decimal import Decimal

from engines.trading.decisions import Decision, Reason
from engines.trading.orders import Order
from payloads.rebalancing import SoldParcel, TradeDecision

HUNDRED = Decimal(100)

TEXTS: Mapping[Reason, str] = {
    Reason.TO_TARGET: "{order}: {etf} is {apart} its target.",
    Reason.TO_BAND_EDGE: "{order}: {etf} is {apart} its target, beyond its band; to the edge of it.",
    Reason.WORTH_IT: "{order}: {etf} is {apart} its target; worth {worth} a year, more than {price}.",
    Reason.BEYOND_LIMIT: "{order}: {etf} is {apart} its target, too far to wait, though it takes {price}.",
    Reason.RAISES_CASH: "{order}: cash is short of what has to stay in the account.",
    Reason.NOT_WORTH_IT: "No trade: {etf} is {apart} its target, but to {lower} is worth {worth} a year, "
    "not more than {price}.",
    Reason.WITHIN_BAND: "No trade: {etf} is {apart} its target, within its band.",
    Reason.SELLS_NOTHING: "No trade: {etf} is {apart} its target, and nothing is sold in this mode.",
    Reason.CASH_SUFFICES: "No trade: {etf} is {apart} its target; cash alone brings all within their bands.",
    Reason.ON_TARGET: "No trade: {etf} is less than a unit from its target.",
    Reason.TOO_SMALL: "No trade: {etf} is {apart} its target, too little for an order.",
    Reason.NO_MONEY: "No trade: {etf} is {apart} its target, and no money is left for a unit.",
}


def decision_of(found: Decision) -> TradeDecision:
    """The decision as data, with its sentence."""
    order = found.order
    return TradeDecision(
        etf=found.etf,
        made=found.made,
        reason=found.reason.value,
        text=_text(found),
        drift=float(found.drift),
        side=None if order is None else order.side,
        units=None if order is None else order.units,
        value=None if order is None else order.value,
        cost=None if order is None else order.cost,
        worth=found.worth,
        tax=found.tax,
        parcels=[
            SoldParcel(
                parcel=line.parcel.id, units=line.units, gain=line.gain, discountable=line.discountable
            )
            for line in found.lines
        ],
    )


def _text(found: Decision) -> str:
    order = "" if found.order is None else _order(found.order)
    text = TEXTS[found.reason].format(
        etf=found.etf,
        apart=_apart(found),
        order=order,
        lower=order[:1].lower() + order[1:],
        worth=_money(found.worth),
        price=_price(found),
    )
    return text[:1].upper() + text[1:]


def _order(order: Order) -> str:
    return f"{order.side.capitalize()} {order.units} {order.etf} for {_money(order.value)}"


def _apart(found: Decision) -> str:
    points = round(abs(Decimal(found.drift.numerator) / found.drift.denominator) * HUNDRED, 2)
    return f"{points} points {'above' if found.drift > 0 else 'below'}"


def _price(found: Decision) -> str:
    """What the trade takes: its cost, and the tax where something is sold."""
    if found.order is None:
        return ""
    cost = f"{_money(found.order.cost)} of cost"
    return f"{cost} and {_money(found.tax)} of tax" if found.order.side == "sell" else cost


def _money(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:,.2f}"
