"""Branch and cut for the master program where volatility has ceilings.

HiGHS's own search is quicker, but ceilings reach it only as cuts, which it keeps loosely and
repairs, reporting so on stdout whatever it is told. Here each relaxation is a linear program whose cuts
hold sharply, and what is held or traded is decided by branching, the lowest bound first.
"""

from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

import numpy as np

from engines.master_model import MasterModel, Solution
from engines.milp import Row

PROVEN = 1e-9
WHOLE = 1e-6
NODES = 4_000
CUTS_A_NODE = 3
CUTS_KEPT = 1
CUTS_A_CHOICE = 100
"""Cuts for a choice whose room under the ceilings is so small that more would not find it either."""


@dataclass(order=True, slots=True)
class _Node:
    bound: float
    number: int
    decided: dict[int, int] = field(compare=False)
    solution: Solution = field(compare=False)


class BranchAndCut:
    """One search; `best` is the best point found, `cuts` hold everywhere."""

    def __init__(self, model: MasterModel, *, seconds: float) -> None:
        self._model = model
        self._seconds = seconds
        self._cuts: list[Row] = []
        self._open: list[_Node] = []
        self._tried: set[tuple[int, ...]] = set()
        self._best: Solution | None = None

    def run(self, *, first_will_do: bool = False) -> Solution | None:
        """The best point with its proven bound; None when there is none.

        `early` when NODES were not enough; TimeoutError when they were not enough for any point.
        """
        self._visit({})
        for _ in range(NODES):
            if not self._open or (first_will_do and self._best is not None):
                break
            self._branch(heappop(self._open))
        worth_opening = [node.bound for node in self._open if not self._hopeless(node.bound)]
        if self._best is None and worth_opening:
            raise TimeoutError(f"no master portfolio was found in {NODES} branches")
        if self._best is None:
            return None
        bound = min([self._best.objective, *worth_opening])
        return replace(self._best, bound=bound, early=bool(worth_opening))

    def _branch(self, node: _Node) -> None:
        if self._hopeless(node.bound):
            return
        columns = self._model.whole_columns
        apart = np.abs(node.solution.point[columns] - 0.5)
        apart[[column in node.decided for column in columns.tolist()]] = np.inf
        column = int(columns[np.argmin(apart)])
        for choice in (1, 0):
            self._visit({**node.decided, column: choice})

    def _visit(self, decided: dict[int, int]) -> None:
        """Bound what these decisions can lead to; keep the node if that is worth branching."""
        whole = len(decided) == self._model.whole_columns.size
        solution = self._relaxed(decided, CUTS_A_CHOICE if whole else CUTS_A_NODE)
        if solution is None or self._hopeless(solution.objective):
            return
        self._try(solution)
        if not whole:
            number = len(self._open)
            heappush(self._open, _Node(solution.objective, number, decided, solution))

    def settled(self, choices: dict[int, int]) -> Solution | None:
        """The best point of these choices within all limits; None without, or hardly, room for one."""
        solution = self._relaxed(choices, CUTS_A_CHOICE)
        return None if solution is None or self._model.volatility_cuts(solution.point) else solution

    def _try(self, solution: Solution) -> None:
        """Decide everything as the solution leans, and take that if it is the best so far."""
        leaning = self._model.leaning(solution)
        key = tuple(leaning.values())
        if key not in self._tried:
            self._tried.add(key)
            self._best = self.settled(leaning) or self._best

    def _relaxed(self, decided: dict[int, int], cuts: int) -> Solution | None:
        """The linear program under these decisions, cut until volatility holds or `cuts` are spent.

        Only CUTS_KEPT are for the rest of the search: later ones are ever closer together, and every
        program solved after would carry them.
        """
        here = list(self._cuts)
        for number in range(cuts):
            solution = self._model.solve(here, decided=decided, seconds=self._seconds)
            if solution is None or self._hopeless(solution.objective):
                return None
            new = self._model.volatility_cuts(solution.point)
            if not new:
                break
            here += new
            if number < CUTS_KEPT:
                self._cuts += new
        return solution

    def _hopeless(self, bound: float) -> bool:
        return self._best is not None and bound >= self._best.objective - PROVEN
