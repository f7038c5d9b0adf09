"""Parts of the language that are read and checked, and that this release cannot run yet."""

from typing import Any

from dsl import definition as written
from dsl.problems import Report
from dsl.structure.fields import Fields
from dsl.tree import Node

# Such a definition is valid, so checking it warns; publishing it is refused.
NOT_SUPPORTED = "K906"


def unsupported(node: Node, what: str, report: Report, help: str = "") -> None:
    """Say that the language has this and the release does not run it yet."""
    report.node(NOT_SUPPORTED, node, f"{what} is not supported yet: valid, but it cannot be published", help)


def read_repeat(
    fields: Fields, common: dict[str, Any], body: written.Block, on_exhausted: written.Block | None
) -> written.Step | None:
    """`repeat`, whole in structure."""
    mapping = fields.mapping("repeat")
    if mapping is None:
        return None
    loop = Fields(mapping, "`repeat`", fields.report)
    loop.allow(("until", "at_most", "every"))
    if mapping.entry("until") is None and mapping.entry("at_most") is None:
        fields.report.node("K121", mapping, "`repeat` needs `until` or `at_most`", "add one of them")
    fields.one_of("upgrade", ("next_turn",))
    unsupported(fields.node, "`repeat`", fields.report)
    return written.Repeat(
        **common,
        until=loop.get("until"),
        at_most=loop.text("at_most"),
        every=loop.text("every"),
        body=body,
        on_exhausted=on_exhausted,
    )


def read_approve(
    fields: Fields,
    common: dict[str, Any],
    within: Any,
    on_reject: written.Block | None,
    on_timeout: written.Block | None,
) -> written.Step | None:
    """`approve`, whole in structure."""
    mapping = fields.mapping("approve")
    if mapping is None:
        return None
    asked = Fields(mapping, "`approve`", fields.report)
    asked.allow(("role", "show", "quorum", "four_eyes"), required=("role",))
    asked.text("role")
    asked.mapping("show")
    asked.whole_number("quorum")
    unsupported(fields.node, "`approve`", fields.report)
    keys = {entry.key.text: entry.value for entry in mapping}
    return written.Approve(**common, approve=keys, within=within, on_reject=on_reject, on_timeout=on_timeout)
