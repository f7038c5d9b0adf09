"""What is known where a step stands: which steps have an output, which names are set, and of what types."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from dsl.expressions import TypeEnv
from dsl.expressions.environment import TableTypes
from dsl.expressions.syntax import Path
from dsl.types import MOMENT, TEXT, Field, NumberType, ObjectType, TextType, Type, nullable, union

RUN = ObjectType(
    {
        "id": Field(TEXT),
        "workflow": Field(TEXT),
        "version": Field(NumberType(integer=True)),
        "started_at": Field(MOMENT),
        "now": Field(MOMENT),
    },
    title="`run`",
)
CAUGHT = ObjectType({name: Field(TEXT) for name in ("type", "message", "step", "path")}, title="the error")
"""What a `catch` sees under its `as`."""

APPROVED = ObjectType(
    {
        "decision": Field(TextType(("approve", "reject", "timeout"))),
        "by": Field(nullable(TEXT)),
        "role": Field(TEXT),
        "comment": Field(nullable(TEXT)),
        "at": Field(MOMENT),
        "digest": Field(TEXT),
    },
    title="the approval",
)
"""What `approve` puts out: the last decision."""

HINTS = {
    "event": "only a trigger knows the event that starts a run; give it to the run by the trigger's `input`",
    "portfolio": "only a trigger knows the portfolio; give its id to the run by the trigger's `input`",
    "signal": "`signal` is known in the `where` of a `receive`; later read `steps.<id>.payload`",
    "env": "expressions see no environment",
}


@dataclass(frozen=True, slots=True)
class Known:
    """One output or name: its type, and whether every path that leads here has given it a value."""

    type: Type
    certain: bool = True
    reason: str = ""

    @property
    def as_field(self) -> Field:
        """The same for the checker of expressions."""
        return Field(self.type, required=self.certain, reason=self.reason)


Names = Mapping[str, Known]


def _nothing() -> Names:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class State:
    """What is known at one place; `dead` when no path leads there.

    `names` are those of loops and caught errors around it, `present` the paths that conditions have tested.
    """

    steps: Names = field(default_factory=_nothing)
    vars: Names = field(default_factory=_nothing)
    names: Mapping[str, Type] = field(default_factory=lambda: MappingProxyType({}))
    present: frozenset[Path] = frozenset()
    dead: bool = False

    def with_step(self, id: str, known: Known) -> "State":
        """The same with the output of a step."""
        return replace(self, steps={**self.steps, id: known}, present=without(self.present, "steps", id))

    def with_vars(self, types: Mapping[str, Type]) -> "State":
        """The same with names that were just set."""
        present = self.present
        for name in types:
            present = without(present, "vars", name)
        known = {name: Known(type) for name, type in types.items()}
        return replace(self, vars={**self.vars, **known}, present=present)

    def with_name(self, name: str, type: Type) -> "State":
        """The same inside a loop or catch with this name."""
        return replace(self, names={**self.names, name: type})

    def knowing(self, present: Iterable[Path]) -> "State":
        """The same where these paths are known to have a value."""
        known = self.present.union(present)
        return self if known == self.present else replace(self, present=known)

    def uncertain(self, since: "State", reason: str) -> "State":
        """The same where all that is not known at `since` may be missing."""
        return joined(replace(self, dead=False), replace(since, dead=False), reason)


def without(present: frozenset[Path], root: str, name: str) -> frozenset[Path]:
    """The paths that do not begin with `root.name`."""
    return frozenset(path for path in present if path[:2] != (root, name))


def joined(one: State, other: State, reason: str) -> State:
    """What is known where two ways meet; `reason` says why what only one of them gives may be missing."""
    if one.dead or other.dead:
        return other if one.dead else one
    return replace(
        one,
        steps=_either(one.steps, other.steps, reason),
        vars=_either(one.vars, other.vars, reason),
        present=one.present & other.present,
    )


def both(one: State, other: State) -> State:
    """What is known where two ways have been gone at once."""
    return replace(
        one,
        steps={**one.steps, **_surer(one.steps, other.steps)},
        vars={**one.vars, **_surer(one.vars, other.vars)},
        dead=one.dead or other.dead,
    )


def _either(one: Names, other: Names, reason: str) -> Names:
    if one is other:
        return one
    found = {}
    for name in {**one, **other}:
        a, b = one.get(name), other.get(name)
        if a is not None and b is not None:
            same = (
                a if a == b else Known(union(a.type, b.type), a.certain and b.certain, a.reason or b.reason)
            )
            found[name] = same
        else:
            only = a or b
            assert only is not None
            found[name] = Known(only.type, False, only.reason or reason)
    return found


def _surer(one: Names, other: Names) -> Names:
    """Of names that both have, the one that is certain; all others of `other`."""
    return {name: known for name, known in other.items() if name not in one or not one[name].certain}


class StepsSoFar(Mapping[str, Field]):
    """The fields of `steps`: outputs that are known, and ids whose output comes later or is out of sight."""

    def __init__(self, known: Names, later: Mapping[str, Field]) -> None:
        self._known = known
        self._later = later

    def __getitem__(self, id: str) -> Field:
        known = self._known.get(id)
        return known.as_field if known is not None else self._later[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._later)

    def __len__(self) -> int:
        return len(self._later)


def environment(
    state: State,
    given: Type,
    later: Mapping[str, Field],
    unset: Mapping[str, Field],
    tables: Mapping[str, TableTypes],
) -> TypeEnv:
    """The names that an expression at this place may use.

    `later` has every id of the file and `unset` every name that a `set` writes, as they are at first.
    """
    return TypeEnv(
        {
            "input": given,
            "run": RUN,
            "steps": ObjectType(StepsSoFar(state.steps, later), noun="step"),
            "vars": ObjectType(StepsSoFar(state.vars, unset), noun="name that is set"),
            **state.names,
        },
        present=state.present,
        hints=HINTS,
        tables=tables,
    )
