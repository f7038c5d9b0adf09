"""From preferences for ETFs to weights within bounds, and the noise that a policy explores with."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def bounded_softmax(preferences: Floats, lowest: Floats, highest: Floats) -> Floats:
    """Weights that sum to 1: softmax shares of what the lowest weights leave, capped at the highest.

    What a cap cuts off goes to the others by their shares. One row a portfolio; the bounds leave
    room (Σ lowest ≤ 1 ≤ Σ highest).
    """
    shares = np.exp(preferences - preferences.max(axis=-1, keepdims=True))
    span = np.broadcast_to(highest - lowest, shares.shape)
    room = 1 - lowest.sum()
    full = span <= 0
    filled = np.where(full, span, 0.0)
    for _ in range(shares.shape[-1]):
        free = np.where(full, 0.0, shares)
        left = room - np.where(full, span, 0.0).sum(axis=-1, keepdims=True)
        filled = np.where(full, span, free * (left / np.maximum(free.sum(axis=-1, keepdims=True), 1e-300)))
        over = ~full & (filled >= span)
        if not over.any():
            break
        full = full | over
    weights: Floats = lowest + np.minimum(filled, span)
    return weights


def score(noise: Floats, deviation: float) -> Floats:
    """∇ of ln N(mean + deviation·noise; mean, deviation²) with respect to the mean."""
    slope: Floats = noise / deviation
    return slope
