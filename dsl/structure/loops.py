"""Loops, and steps that ask a person: each with lists of steps inside."""

from typing import Any, TypeAlias

from dsl import definition as written
from dsl.structure.fields import Fields
from dsl.structure.leaves import count_or_template, expression_under, span_or_template

Common: TypeAlias = dict[str, Any]


def read_repeat(
    fields: Fields, common: Common, body: written.Block, on_exhausted: written.Block | None
) -> written.Step | None:
    """`repeat`, with its body read."""
    mapping = fields.mapping("repeat")
    if mapping is None:
        return None
    loop = Fields(mapping, "`repeat`", fields.report)
    loop.allow(("until", "at_most", "every"))
    if mapping.entry("until") is None and mapping.entry("at_most") is None:
        fields.report.node("K121", mapping, "`repeat` needs `until` or `at_most`", "add one of them")
    elif on_exhausted is not None and mapping.entry("at_most") is None:
        message = "`on_exhausted` needs the key `at_most` of `repeat`"
        fields.report.node("K121", on_exhausted.node, message, "add `at_most: 10`, say")
    return written.Repeat(
        **common,
        until=expression_under(loop, "until"),
        at_most=count_or_template(loop, "at_most"),
        every=span_or_template(loop, "every", some=True),
        body=body,
        on_exhausted=on_exhausted,
        upgrade=fields.one_of("upgrade", ("next_turn",)) is not None,
    )


def read_approve(
    fields: Fields, common: Common, on_reject: written.Block | None, on_timeout: written.Block | None
) -> written.Step | None:
    """`approve`, with its branches read."""
    mapping = fields.mapping("approve")
    if mapping is None:
        return None
    asked = Fields(mapping, "`approve`", fields.report)
    asked.allow(("role", "show", "quorum", "four_eyes"), required=("role",))
    asked.text("role")
    asked.mapping("show")
    asked.whole_number("quorum")
    within = span_or_template(fields, "within", some=True)
    keys = {entry.key.text: entry.value for entry in mapping}
    return written.Approve(**common, approve=keys, within=within, on_reject=on_reject, on_timeout=on_timeout)
