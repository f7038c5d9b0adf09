"""What the checker of expressions takes and gives."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Protocol

from dsl.expressions.syntax import Path
from dsl.types import Type

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at `[start:end]` of the text at `path`; its code is in `dsl.codes`."""

    code: str
    message: str
    start: int
    end: int
    help: str = ""
    note: str = ""
    path: Place = ()


class TableTypes(Protocol):
    """A decision table, as far as expressions know it: the row it takes, and what it gives."""

    @property
    def columns(self) -> Type:
        """The type of the row."""

    @property
    def outputs(self) -> Type:
        """The type of what comes out."""


@dataclass(frozen=True, slots=True)
class TypeEnv:
    """The names that an expression may use.

    `present` has the paths known to have a value, not null, where the expression stands: what a `when`
    around it has tested (`Checked.when_true`). `hints` says of a name that is not here what to do instead.
    `tables` are the decision tables that `table` can read, by name.
    """

    names: Mapping[str, Type]
    present: frozenset[Path] = frozenset()
    hints: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    tables: Mapping[str, TableTypes] = field(default_factory=lambda: MappingProxyType({}))

    def with_name(self, name: str, type: Type) -> "TypeEnv":
        """The same with one more name; it hides another of that name, and what was known of it."""
        present = frozenset(path for path in self.present if path[0] != name)
        return replace(self, names={**self.names, name: type}, present=present)

    def with_present(self, paths: Iterable[Path]) -> "TypeEnv":
        """The same where these paths are known to have a value."""
        known = self.present.union(paths)
        return self if known == self.present else replace(self, present=known)


@dataclass(frozen=True, slots=True)
class Checked:
    """The type of an expression or template, and what is wrong with it.

    `when_true` and `when_false` have the paths that are known to have a value once a condition has come
    out so; both are empty for what is no condition. `always` is how it comes out whatever it reads, None
    when that is not known.
    """

    type: Type
    findings: tuple[Finding, ...] = ()
    when_true: frozenset[Path] = frozenset()
    when_false: frozenset[Path] = frozenset()
    always: bool | None = None
