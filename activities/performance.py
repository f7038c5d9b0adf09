"""What an investment returned."""

from activities.context import Context
from activities.registry import implements
from engines import performance
from payloads.performance import MeasurePerformance, Performance


@implements("performance.measure")
def measure(ask: MeasurePerformance, context: Context) -> Performance:
    """Measure both returns between the first value and the last."""
    found = performance.measure(
        [performance.Valuation(one.date, float(one.value)) for one in ask.values],
        [performance.Flow(one.date, float(one.amount)) for one in ask.flows],
    )
    return Performance(
        time_weighted_return=found.time_weighted_return,
        money_weighted_return=found.money_weighted_return,
        annualised=found.annualised,
    )
