"""The master portfolio: the best holdings within all limits, proven, to the cent.

EngineError
├── Infeasible          no portfolio keeps all limits
└── NoProof             no answer was found in the time allowed
"""

from collections.abc import Sequence
from dataclasses import dataclass

from engines.errors import EngineError
from engines.master_conflicts import clashing_limits, limits_given
from engines.master_model import MasterModel
from engines.master_problem import Amounts, Judgement, MasterProblem, broken_limits, judge
from engines.master_search import best_solution, in_whole_cents


class Infeasible(EngineError):
    """No portfolio keeps all limits; `clashing` names those that cannot hold together."""

    def __init__(self, message: str, clashing: Sequence[str]) -> None:
        super().__init__(message, clashing[0])
        self.clashing = tuple(clashing)


class NoProof(EngineError):
    """No answer was found in the time allowed."""


@dataclass(frozen=True, slots=True)
class MasterAnswer:
    """Money by pod and ETF in whole cents, how it is judged, and the proven bound of the objective.

    `objective - bound` is how much better an answer could be at most: after a proof, what rounding
    to cents costs. `pods_preserved` says that the pods' own limits hold.
    """

    amounts: Amounts
    judgement: Judgement
    bound: float
    pods_preserved: bool


def optimize_master(problem: MasterProblem, *, seconds: float) -> MasterAnswer:
    """The holdings with the lowest objective that keep every limit.

    `seconds` bound each search; an answer found by then is returned with its bound. Infeasible names
    the limits that clash, NoProof says that nothing was found in time.
    """
    model = MasterModel(problem)
    try:
        solution = best_solution(model, seconds=seconds)
        if solution is None:
            raise _infeasible(problem, seconds)
        amounts = in_whole_cents(problem, model, solution, seconds=seconds)
    except (TimeoutError, ArithmeticError) as error:
        raise NoProof(f"{error}; allow more time, or loosen limits") from error
    # The solver is not believed: what it found is measured against every limit, to the cent.
    broken = broken_limits(problem, amounts, cents=len(problem.pods))
    if broken:
        raise NoProof(f"the solver's answer breaks {', '.join(broken)}; please report the input")
    judgement = judge(problem, amounts)
    preserved = not any(name.startswith("pods.") for name in broken_limits(problem, amounts, cents=1))
    return MasterAnswer(amounts, judgement, min(solution.bound, judgement.objective), preserved)


def _infeasible(problem: MasterProblem, seconds: float) -> Infeasible:
    values = limits_given(problem)
    clashing = clashing_limits(problem, seconds=seconds)
    named = " and ".join(f"{name} {values[name]:g}" for name in clashing)
    verb = "cannot hold together" if len(clashing) > 1 else "cannot hold"
    return Infeasible(
        f"no portfolio of what the pods asked for is possible: {named} {verb}; loosen one of them", clashing
    )
