"""Fees."""

from activities.context import Context
from activities.registry import implements
from engines import fees as engine
from payloads.fees import CalculateFees, FeeLine, FeesCharged


@implements("fees.calculate")
def calculate_fees(ask: CalculateFees, context: Context) -> FeesCharged:
    """The fees of a balance."""
    found = engine.fees(
        ask.balance,
        [engine.Tier(tier.up_to, tier.rate) for tier in ask.tiers],
        engine.Terms(ask.minimum, ask.discount, ask.gst),
        ask.days,
    )
    return FeesCharged(
        annual=found.annual,
        period=found.period,
        gst=found.gst,
        total=found.period + found.gst,
        lines=[
            FeeLine(above=one.above, up_to=one.up_to, rate=one.rate, amount=one.amount, fee=one.fee)
            for one in found.slices
        ],
    )
