"""The values that expressions of a step can see."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Scope:
    """The roots of every name, as nested plain values.

    `steps` holds outputs by step id; a loop's turn sees a copy of it, so that what a body puts out
    is gone when the turn ends, while `vars` is one dictionary for the whole run.
    """

    roots: dict[str, Any]

    @classmethod
    def of_run(cls, given: Any, run: Mapping[str, Any]) -> "Scope":
        """The scope that a run starts with."""
        return cls({"input": given, "steps": {}, "vars": {}, "run": run})

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

    def turn(self, name: str, value: Any) -> "Scope":
        """The scope of one turn of a loop over `name`."""
        return Scope({**self.roots, "steps": dict(self.steps), name: value})
