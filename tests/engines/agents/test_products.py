"""Matrix products that agents learn by."""

import numpy as np
import pytest

from engines.agents.products import OF_ONE_THREAD, product


@pytest.mark.parametrize(
    ("rows", "depth", "columns"),
    [(3, 4, 5), (2976, 64, 31), (64, 96, 57), (8, 5000, 8), (5, 9, OF_ONE_THREAD // 4), (0, 3, 4)],
)
def test_a_product_is_that_of_numpy(rows: int, depth: int, columns: int) -> None:
    """Whole blocks, what is left of them, one row wider than a block, no row at all, more axes."""
    rng = np.random.default_rng(1)
    left, right = rng.standard_normal((rows, depth)), rng.standard_normal((depth, columns))
    found = product(left, right)
    assert found.shape == (rows, columns)
    assert np.allclose(found, left @ right)
    assert (product(left[:, None, :], right)[:, 0] == found).all()
