"""Solving the master program, and turning its solution into amounts in whole cents."""

from dataclasses import replace

from engines.consolidation import in_cents
from engines.master_branching import BranchAndCut
from engines.master_layout import SLIGHT
from engines.master_model import Margins, MasterModel, Solution
from engines.master_problem import CENT, Amounts, MasterProblem, broken_limits

UNSHARP = 2e-7
"""A linear program's rows hold to 1e-7."""


def best_solution(model: MasterModel, *, seconds: float) -> Solution | None:
    """The best point within all limits, and a proven bound; None when there is none.

    TimeoutError when the time is up before any was found.
    """
    if model.has_ceilings:
        return BranchAndCut(model, seconds=seconds).run()
    found = model.solve(seconds=seconds)
    if found is None:
        return None
    # HiGHS keeps rows to 1e-6 while it searches: the same choices once more, sharply.
    sharp = model.solve(decided=model.choices(found), seconds=seconds)
    if sharp is None:
        return BranchAndCut(model, seconds=seconds).run()
    return replace(sharp, bound=found.bound, early=found.early)


def solvable(model: MasterModel, *, seconds: float) -> bool:
    """Whether any point is within all limits."""
    if model.has_ceilings:
        return BranchAndCut(model, seconds=seconds).run(first_will_do=True) is not None
    return model.solve(seconds=seconds) is not None


def in_whole_cents(
    problem: MasterProblem, model: MasterModel, solution: Solution, *, seconds: float
) -> Amounts:
    """The solution's amounts in whole cents, each pod's summing to its capital.

    Where rounding breaks a limit, the same holdings are solved again with limits a few cents
    tighter. Where even that leaves no room, limits hold to the cent in each holding.
    """
    amounts = _rounded(problem, model.shares(solution))
    if not broken_limits(problem, amounts):
        return amounts
    tighter = MasterModel(problem, margins=_room_for_cents(problem))
    again = BranchAndCut(tighter, seconds=seconds).settled(tighter.choices(solution))
    if again is not None:
        moved = _rounded(problem, tighter.shares(again))
        if not broken_limits(problem, moved):
            return moved
    return amounts


def _rounded(problem: MasterProblem, shares: dict[str, dict[str, float]]) -> Amounts:
    return {pod.name: in_cents(pod.capital, shares[pod.name]) for pod in problem.pods}


def _room_for_cents(problem: MasterProblem) -> Margins:
    """Rounding moves each of a pod's holdings by less than a cent, the solver each row a little."""
    cent = float(CENT)
    return Margins(
        weight=cent * len(problem.pods) / float(problem.total) + UNSHARP,
        of_pod={pod.name: cent * len(pod.may_hold) / float(pod.capital) + SLIGHT for pod in problem.pods},
    )
