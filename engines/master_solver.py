"""A mixed-integer linear program solved by HiGHS.

In a module of its own, which the first solving imports: scipy takes longer to load than all else here,
and the pods are merged without it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from scipy.sparse import csr_array

from engines.master_layout import Row
from engines.master_problem import Floats

OUT_OF_TIME = 1  # scipy.optimize.milp: iteration or time limit reached


def least(
    aims: Floats,
    rows: Sequence[Row],
    *,
    whole: NDArray[np.int64] | None,
    decided: Mapping[int, int],
    scale: float,
    seconds: float,
) -> optimize.OptimizeResult:
    """The point between zero and one with the least of `aims` within the rows, as scipy answers.

    Columns of `whole` are whole numbers, those of `decided` are what they say; rows are written `scale`
    times as large.
    """
    return optimize.milp(
        aims,
        integrality=whole,
        bounds=_bounds(len(aims), decided),
        constraints=_constraint(rows, len(aims), scale),
        # Programs of this size are searched in less time than presolve takes.
        options={"time_limit": seconds, "mip_rel_gap": 0.0, "presolve": False},
    )


def _bounds(size: int, decided: Mapping[int, int]) -> optimize.Bounds:
    low, high = np.zeros(size), np.ones(size)
    for column, choice in decided.items():
        low[column] = high[column] = choice
    return optimize.Bounds(low, high)


def _constraint(rows: Sequence[Row], size: int, scale: float) -> optimize.LinearConstraint:
    columns = np.concatenate([np.asarray(row.columns) for row in rows])
    factors = np.concatenate([np.asarray(row.factors, dtype=float) for row in rows]) * scale
    ends = np.cumsum([0, *(len(row.columns) for row in rows)])
    matrix = csr_array((factors, columns, ends), shape=(len(rows), size))
    low, high = (scale * np.array([getattr(row, end) for row in rows]) for end in ("low", "high"))
    return optimize.LinearConstraint(matrix, low, high)
