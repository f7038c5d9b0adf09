"""Merging the pods."""

from activities.context import Context
from activities.registry import implements
from engines import consolidation
from payloads.consolidation import Consolidate, Consolidated, ConsolidatedHolding


@implements("portfolio.consolidate")
def consolidate(ask: Consolidate, context: Context) -> Consolidated:
    """Add the pods' holdings up."""
    merged = consolidation.consolidate(
        [consolidation.PodHoldings(name, pod.capital, pod.allocation) for name, pod in ask.pods.items()]
    )
    return Consolidated(
        consolidated_holdings={
            etf: ConsolidatedHolding(
                total_value=holding.value,
                weight=holding.weight,
                pods=list(holding.weights_by_pod),
                weights_by_pod=dict(holding.weights_by_pod),
                duplicate=len(holding.weights_by_pod) > 1,
            )
            for etf, holding in merged.items()
        },
        total_unique_etfs=len(merged),
        duplicated_etfs=[etf for etf, holding in merged.items() if len(holding.weights_by_pod) > 1],
    )
