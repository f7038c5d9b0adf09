"""What the pods hold, and its sum."""

from math import fsum
from typing import Annotated

from pydantic import AfterValidator, Field

from payloads.base import Amount, Etf, Fraction, Identifier, Money, Payload
from payloads.entry import Entry

WEIGHTS_TOLERANCE = 1e-6
"""Weights are stored to six decimals, so their sum is known to about as many."""


def _sum_to_one(allocation: dict[str, float]) -> dict[str, float]:
    total = fsum(allocation.values())
    if abs(total - 1) > WEIGHTS_TOLERANCE + 1e-12:
        raise ValueError(f"the weights sum to {total:.6f}; they must sum to 1")
    return allocation


Allocation = Annotated[dict[Etf, Fraction], Field(min_length=1), AfterValidator(_sum_to_one)]
"""Weights of one pod: they sum to 1 within 0.000001."""


class PodHoldings(Payload):
    """A pod's money and the shares of it that each ETF gets."""

    capital: Annotated[Money, Field(ge=0)]
    allocation: Allocation


class Consolidate(Payload):
    """The pods to merge, by their ids."""

    pods: dict[Identifier, PodHoldings]


class ConsolidatedHolding(Payload):
    """One ETF over all pods; `weight` is its share of the pods' whole capital."""

    total_value: Amount
    weight: Fraction
    pods: list[Identifier]
    weights_by_pod: dict[Identifier, Fraction]
    duplicate: bool = Field(description="more than one pod holds it")


class Consolidated(Payload):
    """The pods as one portfolio; ETFs in the order in which the pods name them first."""

    consolidated_holdings: dict[Etf, ConsolidatedHolding]
    total_unique_etfs: int
    duplicated_etfs: list[Etf]


ENTRIES = (
    Entry(
        "portfolio.consolidate",
        "Merge what the pods hold into one portfolio, and name the ETFs that several of them hold",
        Consolidate,
        Consolidated,
    ),
)
