"""Matrix products whose bits do not depend on how many threads multiply.

A product that a BLAS shares out between threads is cut at other places with another number of them,
and what stands at a cut is rounded otherwise. Products this small are left to one thread (OpenBLAS
shares out above 2**18 multiplications), so larger ones are made of such.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

OF_ONE_THREAD = 2**17
"""Multiplications of one part."""


def product(rows: Floats, matrix: Floats) -> Floats:
    """rows @ matrix, `rows` of two axes or more; the same bits with any number of threads."""
    depth, columns = matrix.shape
    widest = max(1, OF_ONE_THREAD // depth)
    if columns > widest:
        parts = [product(rows, matrix[:, first : first + widest]) for first in range(0, columns, widest)]
        return np.concatenate(parts, axis=-1)
    height = max(1, OF_ONE_THREAD // (depth * columns))
    flat = rows.reshape(-1, depth)
    whole = len(flat) // height * height
    blocks = flat[:whole].reshape(whole // height, height, depth) @ matrix
    found = np.concatenate([blocks.reshape(whole, columns), flat[whole:] @ matrix])
    return found.reshape(*rows.shape[:-1], columns)
