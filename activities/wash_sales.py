"""Wash sales."""

from datetime import timedelta

from activities.american_tax import american_file
from activities.context import Context
from activities.registry import implements
from activities.repeated import refuse_repeated
from engines.tax import wash_sales as engine
from payloads.wash_sales import FindWashSales, RemainingLot, WashedSale, WashSales


@implements("tax.wash_sales")
def find_wash_sales(ask: FindWashSales, context: Context) -> WashSales:
    """The sales by the window asked for, else by that of the law today."""
    refuse_repeated("trade", [trade.id for trade in ask.trades], "trades")
    days = ask.window_days
    if days is None:
        days = int(american_file(context.catalogue).wash_sale_days.values[-1].value)
    found = engine.wash_sales(
        [
            engine.Trade(
                trade.id, trade.date, trade.etf, trade.side == "buy", trade.units, trade.price, trade.fees
            )
            for trade in ask.trades
        ],
        engine.Rule(timedelta(days=days), [frozenset(group) for group in ask.equivalents]),
    )
    return WashSales(
        sales=[
            WashedSale(
                id=sale.id,
                gain=sale.gain,
                disallowed=sale.disallowed,
                allowed=sale.allowed,
                replaced_by=list(sale.replaced_by),
            )
            for sale in found.sales
        ],
        lots=[
            RemainingLot(id=lot.id, etf=lot.etf, units=lot.units, basis=lot.basis, acquired=lot.acquired)
            for lot in found.lots
        ],
    )
