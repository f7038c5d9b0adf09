"""The ids of a plan's steps by their static paths, bodies of loops included."""

from collections.abc import Iterator

from dsl import plan as p
from dsl.plan_walk import blocks


def ids_by_path(plan: p.Plan) -> dict[str, str]:
    """`{"steps[3].for_each[].steps[0]": id}` for every step that has an id."""
    return {path: step.id for path, step in walk_plan(plan) if step.id is not None}


def walk_plan(plan: p.Plan) -> Iterator[tuple[str, p.Step]]:
    """Every step with its static path, outer before inner."""
    return _walk(plan.steps, "steps", "")


def _walk(steps: tuple[p.Step, ...], block: str, inside: str) -> Iterator[tuple[str, p.Step]]:
    for index, step in enumerate(steps):
        path = f"{inside}{block}[{index}]"
        yield path, step
        for name, inner in [*blocks(step), *_loops(step)]:
            yield from _walk(inner, name, f"{path}.")


def _loops(step: p.Step) -> Iterator[tuple[str, tuple[p.Step, ...]]]:
    match step:
        case p.ForEach():
            yield "for_each[].steps", step.steps
        case p.Repeat():
            yield "repeat[].steps", step.steps
