"""Every allocation on a grid of weights, within bounds."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def bounded_grid(lowest: Sequence[int], highest: Sequence[int], total: int) -> Counts:
    """All ways to share `total` steps among assets, each between its lowest and highest, in order.

    One row a way; no rows when the bounds leave none. The first asset varies slowest, from low to high.
    """
    rest_low = np.append(np.cumsum(lowest[::-1])[::-1][1:], 0)
    rest_high = np.append(np.cumsum(highest[::-1])[::-1][1:], 0)
    rows = np.zeros((1, 0), dtype=np.int64)
    left = np.array([total], dtype=np.int64)
    for asset, (low, high) in enumerate(zip(lowest, highest, strict=True)):
        least = np.maximum(low, left - rest_high[asset])
        most = np.minimum(high, left - rest_low[asset])
        choices = np.maximum(most - least + 1, 0)
        parent = np.repeat(np.arange(len(rows)), choices)
        within = np.arange(choices.sum()) - np.repeat(np.cumsum(choices) - choices, choices)
        steps = least[parent] + within
        rows = np.column_stack([rows[parent], steps])
        left = left[parent] - steps
    return rows
