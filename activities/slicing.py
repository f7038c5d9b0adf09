"""Slicing an order over the hours in which the market is open."""

from datetime import datetime
from fractions import Fraction

from activities.context import Context
from activities.registry import implements
from engines.calendars import OutsideCalendar, next_edge
from engines.trading import slicing as engine
from engines.trading.slicing import Band
from payloads.files.trading import TradingFile
from payloads.slicing import PlannedSlice, SliceOrder, SlicePlan


@implements("orders.slice")
def slice_order(ask: SliceOrder, context: Context) -> SlicePlan:
    """Plan the slices by the exchange's calendar and the volume curve of the day."""
    rules = context.catalogue.read("trading", TradingFile)
    exchange = ask.exchange or rules.exchange.calendar
    until = ask.until or _close(exchange, ask.start)
    stretches = engine.stretches_between(exchange, ask.start, until)
    found = engine.slices(
        ask.units,
        stretches,
        1 if ask.strategy == "at_once" else ask.slices,
        _curve(rules, ask.start) if ask.strategy == "vwap" else None,
        ask.minimum_units,
    )
    return SlicePlan(
        slices=[
            PlannedSlice(number=number, at=each.at, until=each.until, units=each.units)
            for number, each in enumerate(found, start=1)
        ],
        begins_at=found[0].at,
        ends_at=stretches[-1].at(stretches[-1].seconds),
    )


def _close(exchange: str, start: datetime) -> datetime:
    """When the session of `start`, or the next, closes."""
    try:
        return next_edge(exchange, start, "close")
    except OutsideCalendar as beyond:
        raise OutsideCalendar(str(beyond), "start") from None


def _curve(rules: TradingFile, start: datetime) -> list[Band]:
    bands = rules.volume_curve.on(start.date())
    return [Band(Fraction(band.until), Fraction(band.share)) for band in bands]
