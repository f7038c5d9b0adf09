"""Checks a definition whose structure is known: names, types and flow, each in a small module.

Every module adds its problems to the report of the file; none stops at the first.
"""

from dsl.check.flow import check_flow
from dsl.check.names import check_names
from dsl.check.references import References
from dsl.check.schemas import check_schema
from dsl.check.triggers import check_triggers
from dsl.check.unused import check_unused
from dsl.definition import Definition
from dsl.problems import Report
from dsl.world import World

MOST_TRIGGERS = 100
MOST_STEPS = 1000
"""Steps of one definition; the checks take time with their square."""


def check_definition(definition: Definition, world: World, report: Report) -> None:
    """Report everything that is wrong with a definition, beyond its structure."""
    steps = sum(1 for _ in definition.walk())
    if steps > MOST_STEPS:
        message = f"the definition has {steps} steps, at most {MOST_STEPS} are taken"
        report.node(
            "K116", definition.workflow, message, "move some into a workflow of their own, and `run` it"
        )
        return
    triggers = len(definition.triggers) + len(definition.subscriptions)
    if triggers > MOST_TRIGGERS:
        message = (
            f"the definition has {triggers} triggers and subscriptions, at most {MOST_TRIGGERS} are taken"
        )
        report.node(
            "K116", definition.workflow, message, "make several workflows, or one trigger with `where`"
        )
        return
    if definition.input is not None:
        check_schema(definition.input, "`input`", report)
    for entry in definition.signals:
        check_schema(entry.value, f"the signal `{entry.key.text}`", report)
    check_names(definition, world, report)
    check_flow(definition, world, report)
    references = References(definition, world, report)
    references.run()
    check_triggers(definition, world, references.texts)
    check_unused(definition, references.texts.read, report)
