"""Which limits clash where no master portfolio keeps them all."""

from engines.master_model import MasterModel
from engines.master_problem import FLOORS, MasterProblem
from engines.master_search import solvable

OF_PODS = (*FLOORS, "max_volatility")
OF_THE_WHOLE = ("max_etfs", "max_weight", "min_weight")


def limits_given(problem: MasterProblem) -> dict[str, float]:
    """Every limit of the problem by name, with its value."""
    named = {f"limits.{name}": getattr(problem.limits, name) for name in OF_THE_WHOLE}
    for pod in problem.pods:
        for name in OF_PODS:
            if getattr(pod, name) is not None:
                named[f"pods.{pod.name}.{name}"] = getattr(pod, name)
    for group in problem.group_limits:
        named |= group.ends
    return named


def clashing_limits(problem: MasterProblem, *, seconds: float) -> list[str]:
    """Limits that cannot hold together, while any one fewer of them can.

    Limits are taken away one by one: where it still cannot be solved without one, that one is not
    to blame. TimeoutError when a step takes longer than the seconds.
    """
    innocent: frozenset[str] = frozenset()
    for name in reversed(limits_given(problem)):
        without = innocent | {name}
        if not solvable(MasterModel(problem, without=without), seconds=seconds):
            innocent = without
    return [name for name in limits_given(problem) if name not in innocent]
