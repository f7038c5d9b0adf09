"""A backtest told day by day in plain Python: what the segment engine is held against."""

from collections.abc import Callable, Sequence

import numpy as np


def day_loop(
    prices: np.ndarray,
    weights: Sequence[float],
    due: Callable[[int, list[float]], bool],
    *,
    initial: float = 1.0,
    rate: float = 0.0,
) -> tuple[list[float], list[int]]:
    """Values by day, and the rows on which `due(row, weights before)` asked for a rebalance.

    Costs are solved by halving: the largest whole that can still pay for its own trades.
    """
    units = [
        _after(initial, [0.0] * len(weights), weights, rate) * w / p
        for w, p in zip(weights, prices[0], strict=True)
    ]
    values, rebalances = [sum(u * p for u, p in zip(units, prices[0], strict=True))], []
    for row in range(1, len(prices)):
        held = [u * p for u, p in zip(units, prices[row], strict=True)]
        whole = sum(held)
        if due(row, [h / whole for h in held]):
            rest = _after(whole, held, weights, rate)
            units = [rest * w / p for w, p in zip(weights, prices[row], strict=True)]
            whole = rest
            rebalances.append(row)
        values.append(whole)
    return values, rebalances


def _after(whole: float, held: Sequence[float], weights: Sequence[float], rate: float) -> float:
    low, high = 0.0, whole
    for _ in range(200):
        middle = (low + high) / 2
        cost = rate * sum(abs(w * middle - h) for w, h in zip(weights, held, strict=True))
        low, high = (middle, high) if middle + cost <= whole else (low, middle)
    return low if rate else whole
