"""The steps of a plan in their order, each with its path."""

from collections.abc import Callable, Iterable, Iterator

from dsl import plan as p

Block = tuple[str, tuple[p.Step, ...]]


def planned(steps: tuple[p.Step, ...]) -> Iterator[tuple[str, p.Step]]:
    """Every step of a plan with its path, outer before inner, without the bodies of loops."""
    return _walk(steps, "steps", "", blocks)


def walk_plan(plan: p.Plan) -> Iterator[tuple[str, p.Step]]:
    """Every step with its static path, outer before inner, bodies of loops included."""
    return _walk(plan.steps, "steps", "", lambda step: [*blocks(step), *_loops(step)])


def ids_by_path(plan: p.Plan) -> dict[str, str]:
    """`{"steps[3].for_each[].steps[0]": id}` for every step that has an id."""
    return {path: step.id for path, step in walk_plan(plan) if step.id is not None}


def blocks(step: p.Step) -> Iterator[Block]:
    """The lists of steps inside a step, bodies of loops excepted, each under its name in paths."""
    match step:
        case p.Choose():
            for index, branch in enumerate(step.choose):
                yield f"choose[{index}].steps", branch.steps
        case p.Parallel():
            for name, inner in step.parallel.items():
                yield f"parallel.{name}", inner
        case p.Try():
            yield "try", step.try_
            for index, clause in enumerate(step.catch):
                yield f"catch[{index}].steps", clause.steps
            yield "finally", step.finally_
        case p.Receive(on_timeout=inner) | p.Repeat(on_exhausted=inner) if inner is not None:
            yield "on_timeout" if isinstance(step, p.Receive) else "on_exhausted", inner
        case p.Approve():
            yield "on_reject", step.on_reject
            yield "on_timeout", step.on_timeout
        case _:
            return


def _loops(step: p.Step) -> Iterator[Block]:
    match step:
        case p.ForEach():
            yield "for_each[].steps", step.steps
        case p.Repeat():
            yield "repeat[].steps", step.steps


def _walk(
    steps: tuple[p.Step, ...], block: str, inside: str, inner: Callable[[p.Step], Iterable[Block]]
) -> Iterator[tuple[str, p.Step]]:
    for index, step in enumerate(steps):
        path = f"{inside}{block}[{index}]"
        yield path, step
        for name, within in inner(step):
            yield from _walk(within, name, f"{path}.", inner)
