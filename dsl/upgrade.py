"""Can a run that stands at a turn of its loop go on with another version of its definition.

It can when the new plan has that loop, every approval that the run was given, and a value already for
every name that it reads from the loop on: outputs and `vars` come from the run, the input is held against
the new schema.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeAlias

from dsl import plan as p
from dsl.expressions import Expression, Template
from dsl.near import listed
from dsl.plan_walk import blocks, planned, walk_plan

Name: TypeAlias = tuple[str, str]
"""`("steps", id)` or `("vars", name)`."""
Asked: TypeAlias = tuple[str, str | None]
"""An approval: its static path, and its id if it has one."""


def upgrading_loop(plan: p.Plan) -> tuple[str, p.Repeat] | None:
    """The path of the outermost `repeat` with `upgrade: next_turn`; None when the plan has none."""
    loops = ((path, step) for path, step in planned(plan.steps) if isinstance(step, p.Repeat))
    return next(((path, step) for path, step in loops if step.upgrade), None)


def same_loop(plan: p.Plan, path: str, id: str | None) -> str | None:
    """Where the loop with that id stands in `plan`, or the one at that path when it has no id."""
    for found, step in planned(plan.steps):
        if isinstance(step, p.Repeat) and (step.id == id if id is not None else found == path):
            return found
    return None


def same_approval(plan: p.Plan, path: str, id: str | None) -> str | None:
    """Where the approval `id`, or the one at `path` when it has none, stands in `plan`, in as many loops."""
    for found, step in walk_plan(plan):
        if isinstance(step, p.Approve) and (step.id == id if id is not None else found == path):
            return found if found.count("[]") == path.count("[]") else None
    return None


def reason_to_stay(old: p.Plan, new: p.Plan) -> str | None:
    """Why runs of `old` will not take `new` at their next turn; None when they will."""
    loop = upgrading_loop(old)
    if loop is None:
        return "it has no `repeat` with `upgrade: next_turn`"
    path, step = loop
    known = _provided(old.steps)
    return reason_against(new, path, step.id, known, _asked_by(old, path))


def _asked_by(plan: p.Plan, loop: str) -> list[Asked]:
    """The approvals that a run can have been given when it stands at the loop."""
    steps = list(walk_plan(plan))
    last = max(at for at, (path, _) in enumerate(steps) if f"{path}.".startswith(f"{loop}."))
    return [(path, step.id) for path, step in steps[: last + 1] if isinstance(step, p.Approve)]


def reason_against(
    new: p.Plan, path: str, id: str | None, known: Iterable[Name], approved: Iterable[Asked]
) -> str | None:
    """Why a run at the loop `id` or `path` with the names `known` cannot go on with `new`.

    What it was `approved` is asked for again before it trades, so that `new` must have it.
    """
    found = same_loop(new, path, id)
    if found is None:
        return f"version {new.version} has no loop {id or path}"
    if found != path and ("." in found or "." in path):
        return f"the loop {id or path} stands inside another block of version {new.version}"
    lacking = sorted(needed(new, found) - set(known))
    if lacking:
        names = listed(".".join(name) for name in lacking)
        return f"version {new.version} reads {names}, which the run has not"
    gone = [asked or place for place, asked in approved if same_approval(new, place, asked) is None]
    if gone:
        return f"version {new.version} has no approval {listed(gone)}, which the run was given"
    return None


def needed(plan: p.Plan, path: str) -> frozenset[Name]:
    """The names that the plan reads from the step at `path` on, and that no step from there on gives."""
    reads, given = _rest(plan.steps, "steps", path)
    reads |= _names(plan.output)
    return frozenset(reads - given)


def _rest(steps: tuple[p.Step, ...], block: str, path: str) -> tuple[set[Name], set[Name]]:
    reads: set[Name] = set()
    given: set[Name] = set()
    reached = False
    for index, step in enumerate(steps):
        here = f"{block}[{index}]"
        if reached or here == path:
            reached = True
            reads |= _names(step)
            given |= _provided((step,))
        elif path.startswith(f"{here}."):
            reached = True
            for name, inner in blocks(step):
                inner_reads, inner_given = _rest(inner, f"{here}.{name}", path)
                reads |= inner_reads
                given |= inner_given
    return reads, given


def _provided(value: Any) -> set[Name]:
    """What the steps inside `value` put out or set."""
    found: set[Name] = set()
    for step in _steps(value):
        if step.id is not None:
            found.add(("steps", step.id))
        if isinstance(step, p.Set):
            found |= {("vars", name) for name in step.set}
    return found


def _steps(value: Any) -> Iterable[p.Step]:
    if isinstance(value, p.Step):
        yield value
    for part in _parts(value):
        yield from _steps(part)


def _names(value: Any) -> set[Name]:
    """The outputs and `vars` that expressions inside `value` read."""
    if isinstance(value, Expression | Template):
        read = (path for path in value.reads if len(path) > 1 and path[0] in ("steps", "vars"))
        return {(path[0], path[1]) for path in read}
    return {name for part in _parts(value) for name in _names(part)}


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    if isinstance(value, tuple):
        return value
    if is_dataclass(value) and not isinstance(value, Expression | Template):
        return [getattr(value, field.name) for field in fields(value)]
    return ()
