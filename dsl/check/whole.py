"""One definition held against all that its folder has: every check, in its order."""

from dsl.check.flow import check_flow
from dsl.check.names import check_names
from dsl.check.references import References
from dsl.check.retries import check_retries
from dsl.check.schemas import check_schema
from dsl.check.size import excess
from dsl.check.triggers import check_triggers
from dsl.check.unused import check_unused
from dsl.definition import Definition
from dsl.problems import Report
from dsl.world import World


def check_definition(definition: Definition, world: World, report: Report) -> None:
    """Report everything that is wrong with a definition, beyond its structure."""
    too_much = excess(definition)
    if too_much is not None:
        report.node("K116", definition.workflow, too_much.message, too_much.help)
        return
    if definition.input is not None:
        check_schema(definition.input, "`input`", report)
    for entry in definition.signals:
        check_schema(entry.value, f"the signal `{entry.key.text}`", report)
    check_names(definition, world, report)
    check_flow(definition, world, report)
    check_retries(definition, report)
    references = References(definition, world, report)
    references.run()
    check_triggers(definition, world, references.texts)
    check_unused(definition, references.texts.read, report)
