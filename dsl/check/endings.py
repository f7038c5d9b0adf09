"""Where a run ends: which steps nothing comes after."""

from dsl import definition as written
from dsl.check.conditions import always
from dsl.definition import Block, Step


def ends(block: Block) -> bool:
    """Does the block always end the run, or leave by an error: is nothing behind it reached."""
    return any(always_ends(step) for step in block.steps)


def always_ends(step: Step) -> bool:
    """Is nothing behind the step ever reached."""
    if always(step.when) is not True:
        return False
    match step:
        case written.Finish() | written.Fail():
            return True
        case written.Choose():
            taken = [branch for branch in step.choose if always(branch.when) is not False]
            otherwise = any(always(branch.when) for branch in taken)
            return otherwise and all(ends(branch.block) for branch in taken)
        case written.Parallel():
            return any(ends(block) for block in step.blocks)
        case written.Repeat():
            endless = step.until is not None and step.at_most is None and always(step.until) is False
            return endless or ends(step.body)
        case written.Try():
            final = step.finally_ is not None and ends(step.finally_)
            return final or (ends(step.body) and all(ends(catch.block) for catch in step.catch))
    return False
