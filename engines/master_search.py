"""Searching the master program: cuts until volatility holds, then amounts in whole cents."""

from dataclasses import replace

from engines.consolidation import in_cents
from engines.master_layout import SLIGHT, Row
from engines.master_model import Margins, MasterModel, Solution
from engines.master_problem import CENT, Amounts, MasterProblem, broken_limits

PROVEN = 1e-9
ROUNDS = 60
CUTS_A_HOLDING = 200
UNSHARP = 2e-7
"""A linear program's rows hold to 1e-7."""


def best_solution(model: MasterModel, *, seconds: float, aims: bool = True) -> Solution | None:
    """The best point within all limits, and a proven bound; None when there is none.

    Each round solves the program with the cuts so far, which bounds every answer from below, then
    finds the best amounts of the same holdings with volatility kept. Done when the two meet, or when
    the program comes back to holdings whose best amounts are known. Without `aims` the first point
    within all limits does. TimeoutError when the time is up before any.
    """
    cuts: list[Row] = []
    known: set[bytes] = set()
    best: Solution | None = None
    for _ in range(ROUNDS):
        found = model.solve(cuts, aims=aims, seconds=seconds)
        if found is None:
            return best
        holdings = model.choices(found)
        refined = None
        if holdings not in known:
            refined = within_ceilings(model, found, cuts, aims=aims, seconds=seconds)
            if refined is None:
                cuts.append(model.other_choices(found))
                continue
        if refined is not None and (best is None or refined.objective < best.objective):
            best = refined
        if best is not None:
            best = replace(best, bound=found.bound, early=found.early)
            if not aims or found.early or holdings in known or best.objective - best.bound <= PROVEN:
                return best
        known.add(holdings)
    if best is None:
        raise TimeoutError(f"no master portfolio was found in {ROUNDS} rounds of cuts")
    return best


def within_ceilings(
    model: MasterModel, found: Solution, cuts: list[Row], *, aims: bool, seconds: float
) -> Solution | None:
    """The best point of the same holdings that keeps volatility; None when they cannot. Adds to `cuts`."""
    for _ in range(CUTS_A_HOLDING):
        point = model.solve(cuts, aims=aims, held_as_in=found, seconds=seconds)
        if point is None:
            return None
        new = model.volatility_cuts(point)
        if not new:
            return point
        cuts += new
    raise TimeoutError(f"volatility did not settle in {CUTS_A_HOLDING} cuts")


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
    again = within_ceilings(tighter, solution, [], aims=True, seconds=seconds)
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
        of_pod={pod.name: cent * len(pod.asked) / float(pod.capital) + SLIGHT for pod in problem.pods},
    )
