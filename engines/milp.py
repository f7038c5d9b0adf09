"""Mixed-integer linear programs, solved by HiGHS."""

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_NONE = frozenset({highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible})


@dataclass(frozen=True, slots=True)
class Row:
    """low ≤ Σ factor·column ≤ high."""

    columns: Sequence[int] | NDArray[np.integer]
    factors: Sequence[float] | Floats
    low: float
    high: float

    def times(self, scale: float) -> "Row":
        """The same limit in figures so many times as large."""
        return Row(self.columns, scale * np.asarray(self.factors), scale * self.low, scale * self.high)


@dataclass(frozen=True, slots=True)
class Least:
    """A point, its cost, what no point costs less than, and whether the time ended before that was proven."""

    point: Floats
    cost: float
    bound: float
    early: bool


def least(
    costs: Floats,
    rows: Sequence[Row],
    *,
    low: Floats,
    high: Floats,
    whole: NDArray[np.bool_] | None = None,
    seconds: float | None = None,
    gap: float = 0.0,
    presolve: bool = True,
) -> Least | None:
    """The point between `low` and `high` that costs least within the rows; None when there is none.

    Columns of `whole` are whole numbers; the search ends within a relative `gap` of the bound.
    TimeoutError when the seconds are over before a point was found, ArithmeticError when the solver
    gives up.
    """
    solver = highspy.Highs()
    solver.passOptions(_options(seconds, gap, presolve))
    solver.passModel(_program(costs, rows, low, high, whole))
    solver.run()
    status, facts = solver.getModelStatus(), solver.getInfo()
    if status in _NONE:
        return None
    early = status == highspy.HighsModelStatus.kTimeLimit
    if early and facts.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        raise TimeoutError(f"no solution was found in {seconds:g} s")
    if not early and status != highspy.HighsModelStatus.kOptimal:
        raise ArithmeticError(f"the solver gave up: {solver.modelStatusToString(status)}")
    cost = facts.objective_function_value
    bound = cost if whole is None else facts.mip_dual_bound
    return Least(np.array(solver.getSolution().col_value), cost, bound, early)


def _options(seconds: float | None, gap: float, presolve: bool) -> highspy.HighsOptions:
    options = highspy.HighsOptions()
    options.output_flag = False
    options.mip_rel_gap = gap
    options.threads = 1  # calls run beside each other, each on its own
    options.presolve = "on" if presolve else "off"
    if seconds is not None:
        options.time_limit = seconds
    return options


def _program(
    costs: Floats, rows: Sequence[Row], low: Floats, high: Floats, whole: NDArray[np.bool_] | None
) -> highspy.HighsLp:
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(costs), len(rows)
    program.col_cost_, program.col_lower_, program.col_upper_ = costs, low, high
    program.row_lower_ = np.array([row.low for row in rows], dtype=float)
    program.row_upper_ = np.array([row.high for row in rows], dtype=float)
    matrix = program.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.start_ = np.cumsum([0, *(len(row.columns) for row in rows)])
    matrix.index_ = np.concatenate([np.asarray(row.columns) for row in rows])
    matrix.value_ = np.concatenate([np.asarray(row.factors, dtype=float) for row in rows])
    if whole is not None:
        program.integrality_ = [highspy.HighsVarType(int(kind)) for kind in whole]
    return program
