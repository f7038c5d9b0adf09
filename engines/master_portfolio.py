"""The master portfolio: the best holdings within all limits, proven, to the cent.

EngineError
├── Infeasible          no portfolio keeps all limits
└── NoProof             no answer was found in the time allowed
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

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
    to cents costs. `pods_preserved` says that the pods' own limits hold. The three are measured by
    `problem`, which allows only what had to be allowed.
    """

    amounts: Amounts
    judgement: Judgement
    bound: float
    pods_preserved: bool
    problem: MasterProblem


def optimize_master(problem: MasterProblem, *, seconds: float) -> MasterAnswer:
    """The holdings with the lowest objective that keep every limit.

    Pods hold what they asked for; substitutes only where no such portfolio keeps the limits, first each
    pod its own, then each those of all. `seconds` bound each search; an answer found by then is returned
    with its bound. Infeasible names the limits that clash, NoProof says that nothing was found in time.
    """
    try:
        for allowed in _widening(problem):
            model = MasterModel(allowed)
            solution = best_solution(model, seconds=seconds)
            if solution is not None:
                amounts = in_whole_cents(allowed, model, solution, seconds=seconds)
                return _answer(allowed, amounts, solution.bound)
        raise _infeasible(allowed, seconds)
    except (TimeoutError, ArithmeticError) as error:
        raise NoProof(f"{error}; allow more time, or loosen limits") from error


def _widening(problem: MasterProblem) -> Iterator[MasterProblem]:
    """The problem without substitutes; with those of each pod; with every ETF for every pod."""
    asked, covariance = len(problem.etfs_asked), problem.covariance
    yield replace(
        problem,
        pods=tuple(replace(pod, substitutes=()) for pod in problem.pods),
        covariance=None if covariance is None else covariance[:asked, :asked],
    )
    if any(pod.substitutes for pod in problem.pods):
        yield problem
        yield replace(problem, pods=tuple(replace(pod, substitutes=problem.etfs) for pod in problem.pods))


def _answer(problem: MasterProblem, amounts: Amounts, bound: float) -> MasterAnswer:
    # The solver is not believed: what it found is measured against every limit, to the cent.
    broken = broken_limits(problem, amounts, cents=len(problem.pods))
    if broken:
        raise NoProof(f"the solver's answer breaks {', '.join(broken)}; please report the input")
    judgement = judge(problem, amounts)
    preserved = not any(name.startswith("pods.") for name in broken_limits(problem, amounts, cents=1))
    return MasterAnswer(amounts, judgement, min(bound, judgement.objective), preserved, problem)


def _infeasible(problem: MasterProblem, seconds: float) -> Infeasible:
    values = limits_given(problem)
    groups = {end: f" ({group.name})" for group in problem.group_limits if group.name for end in group.ends}
    clashing = clashing_limits(problem, seconds=seconds)
    named = " and ".join(f"{name}{groups.get(name, '')} {values[name]:g}" for name in clashing)
    verb = "cannot hold together" if len(clashing) > 1 else "cannot hold"
    return Infeasible(
        f"no portfolio of what the pods asked for is possible: {named} {verb}; loosen one of them", clashing
    )
