"""The steps of a plan in their order, each with its path."""

from collections.abc import Iterator

from dsl import plan as p


def planned(
    steps: tuple[p.Step, ...], block: str = "steps", inside: str = ""
) -> Iterator[tuple[str, p.Step]]:
    """Every step of a block with its path, depth first, without the bodies of loops."""
    for index, step in enumerate(steps):
        path = f"{inside}{block}[{index}]"
        yield path, step
        for inner_block, inner in blocks(step):
            yield from planned(inner, inner_block, f"{path}.")


def blocks(step: p.Step) -> Iterator[tuple[str, tuple[p.Step, ...]]]:
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
