"""Weights as they are stored."""

from collections.abc import Mapping
from decimal import Decimal

PLACES = 6
STEP = Decimal(1).scaleb(-PLACES)


def stored_weights(weights: Mapping[str, float], *, highest: float = 1.0) -> dict[str, float]:
    """Weights that sum to 1, rounded to six places; the largest takes the rest, the first of equals.

    The largest is the largest that stays within `highest`, if there is one. The sum is exactly 1 in
    decimals. An empty mapping stays empty.
    """
    if not weights:
        return {}
    rounded = {name: Decimal(repr(float(weight))).quantize(STEP) for name, weight in weights.items()}
    rest = 1 - sum(rounded.values())
    able = [name for name, weight in rounded.items() if weight + rest <= Decimal(repr(highest))]
    rounded[max(able or rounded, key=lambda name: rounded[name])] += rest
    return {name: float(weight) for name, weight in rounded.items()}
