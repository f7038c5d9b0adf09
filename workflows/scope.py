"""The values that expressions of a step can see."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dsl.expressions.frame import TABLES


@dataclass(frozen=True, slots=True)
class Scope:
    """The roots of every name, as nested plain values.

    `steps` holds outputs by step id; a loop's turn sees a copy of it, so that what a body puts out
    is gone when the turn ends, while `vars` is one dictionary for the whole run.
    """

    roots: dict[str, Any]

    @classmethod
    def of_run(
        cls, given: Any, run: Mapping[str, Any], tables: Mapping[str, Callable[[Any], Any]] | None = None
    ) -> "Scope":
        """The scope that a run starts with; `tables` are the decision tables of its plan."""
        return cls({"input": given, "steps": {}, "vars": {}, "run": run, TABLES: tables or {}})

    @property
    def steps(self) -> dict[str, Any]:
        """Outputs by step id."""
        steps: dict[str, Any] = self.roots["steps"]
        return steps

    @property
    def variables(self) -> dict[str, Any]:
        """What `set` wrote."""
        variables: dict[str, Any] = self.roots["vars"]
        return variables

    def with_name(self, name: str, value: Any) -> "Scope":
        """This scope and one more name, such as a caught error; outputs stay shared."""
        return Scope({**self.roots, name: value})

    def turn(self, known: Mapping[str, Any]) -> "Scope":
        """The scope of one turn of a loop, with the outputs `known` in it already."""
        return Scope({**self.roots, "steps": {**self.steps, **known}})

    def beside(self, outer: "Scope") -> dict[str, Any]:
        """The outputs that this turn has and the scope around it has not."""
        around = outer.steps
        return {id: value for id, value in self.steps.items() if around.get(id) is not value}
