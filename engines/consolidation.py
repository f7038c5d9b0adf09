"""Several pods' allocations as one portfolio, to the cent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from engines.shares import largest_remainder


@dataclass(frozen=True, slots=True)
class PodHoldings:
    """A pod's capital in whole cents, and weights of its ETFs that sum to about 1."""

    pod: str
    capital: Decimal
    allocation: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Holding:
    """One ETF over all pods; `weight` is its share of the whole capital."""

    value: Decimal
    weight: float
    weights_by_pod: Mapping[str, float]


def consolidate(pods: Sequence[PodHoldings]) -> dict[str, Holding]:
    """What the pods hold together, ETFs in the order in which they are named first.

    Each pod's cents go by largest remainder, so that its ETFs sum to its capital and the whole to
    the whole; weights are shares of the capital, not of its rounded cents. A pod without capital and
    a weight of zero hold nothing.
    """
    total = sum((pod.capital for pod in pods), Decimal(0))
    values: dict[str, Decimal] = {}
    exact: dict[str, Fraction] = {}
    weights: dict[str, dict[str, float]] = {}
    for pod in pods:
        for etf, amount in in_cents(pod.capital, pod.allocation).items():
            values[etf] = values.get(etf, Decimal(0)) + amount
            exact[etf] = exact.get(etf, Fraction(0)) + Fraction(pod.capital) * _share(pod.allocation, etf)
            weights.setdefault(etf, {})[pod.pod] = pod.allocation[etf]
    return {etf: Holding(values[etf], float(exact[etf] / Fraction(total)), weights[etf]) for etf in values}


def _share(allocation: Mapping[str, float], etf: str) -> Fraction:
    whole = sum((Fraction(Decimal(repr(weight))) for weight in allocation.values()), Fraction(0))
    return Fraction(Decimal(repr(allocation[etf]))) / whole


def in_cents(capital: Decimal, weights: Mapping[str, float]) -> dict[str, Decimal]:
    """Capital by weights, to the cent; empty without capital, and without ETFs of weight zero."""
    held = {etf: Fraction(Decimal(repr(weight))) for etf, weight in weights.items() if weight > 0}
    if not capital or not held:
        return {}
    return dict(zip(held, largest_remainder(capital, list(held.values())), strict=True))
