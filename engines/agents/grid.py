"""Allocations on a pod's grid by number, and moves between neighbours."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


def numbered(weights: Floats, steps: int) -> Numbers:
    """One number for each allocation on the grid of 1/steps: its counts as digits of base steps + 1."""
    counts = np.rint(weights * steps).astype(np.int64)
    base = (steps + 1) ** np.arange(weights.shape[-1], dtype=np.int64)
    numbers: Numbers = counts @ base
    return numbers


@cache
def moves(size: int) -> Numbers:
    """What each move adds to the counts: first nothing, then one step from each ETF to each other."""
    rows = [np.zeros(size, dtype=np.int64)]
    for giver in range(size):
        for taker in range(size):
            if giver != taker:
                row = np.zeros(size, dtype=np.int64)
                row[giver], row[taker] = -1, 1
                rows.append(row)
    table = np.array(rows)
    table.setflags(write=False)
    return table
