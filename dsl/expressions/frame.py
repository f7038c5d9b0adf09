"""What a running expression works with: its names, and how much it may still do."""

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from dsl.expressions.errors import TOO_MUCH_WORK, Fault, Site
from dsl.expressions.syntax import Node

MOST_STEPS = 100_000

TABLES = "__tables__"
"""Under this key a scope has the decision tables, functions of a row by name; no expression can spell it."""


class Frame(dict[str, Any]):
    """The names that an evaluation sees, and the element steps that it may still do."""

    __slots__ = ("left",)

    left: int

    def charge(self, steps: int) -> None:
        """Count `steps` element steps; a fault when there were too many."""
        self.left -= steps
        if self.left < 0:
            message = f"the expression does more than {MOST_STEPS} element steps"
            raise Fault(TOO_MUCH_WORK, message, "let an activity do this work")

    def charge_at(self, steps: int, site: Site) -> None:
        """As `charge`, with the place to blame."""
        try:
            self.charge(steps)
        except Fault as fault:
            raise site.error(fault) from None


Run: TypeAlias = Callable[[Frame], Any]


class Maker(Protocol):
    """The compiler, as the parts of it see each other."""

    source: str

    def compile(self, node: Node) -> Run:
        """The function that gives the value of `node`."""

    def condition(self, node: Node) -> Run:
        """As `compile`; a value that is neither true nor false is a fault."""

    def site(self, node: Node) -> Site:
        """Where `node` is written."""


class Missing:
    """There is no value: not even null."""


MISSING = Missing()
