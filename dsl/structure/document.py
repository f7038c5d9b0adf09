"""The top of a definition file."""

from dsl.definition import Block, Definition, Hold
from dsl.problems import Report
from dsl.structure.calls import read_retry
from dsl.structure.fields import LOWER_NAME, Fields, kind_of, matches
from dsl.structure.steps import needed_block
from dsl.structure.triggers import read_subscriptions, read_triggers
from dsl.tree import MapEntry, MapNode, ScalarNode, Tree

REQUIRED = ("workflow", "version", "summary", "steps")
KEYS = (
    *REQUIRED,
    "owner",
    "input",
    "signals",
    "subscribe",
    "triggers",
    "defaults",
    "on_failure",
    "search",
    "output",
)
_UNREAD = ScalarNode("", "'", 0, 0)
"""Stands for a required text that could not be read; that is reported."""


def read_definition(tree: Tree, report: Report) -> Definition | None:
    """The definition that a tree holds; None when its top is no mapping. Problems go to `report`."""
    root = tree.root
    if not isinstance(root, MapNode):
        message = f"a definition must be a mapping, not {kind_of(root)}"
        report.at("K122", root.start, root.end, message, "begin with `workflow: …`")
        return None
    top = Fields(root, "a definition", report)
    top.allow(KEYS, required=REQUIRED)
    top.text("owner")
    defaults = top.mapping("defaults")
    default = Fields(defaults, "`defaults`", report) if defaults else Fields(_no_map(root), "", report)
    default.allow(("timeout", "retry"))
    return Definition(
        node=root,
        workflow=top.matching("workflow", LOWER_NAME, "small letters, digits and _") or _UNREAD,
        version=top.whole_number("version") or _UNREAD,
        summary=top.text("summary") or _UNREAD,
        input=top.mapping("input"),
        signals=_signals(top),
        timeout=default.duration("timeout", some=True),
        retry=read_retry(default),
        on_failure=_hold(top),
        search=_search(top),
        body=needed_block(top, "steps") if root.entry("steps") else Block(root, ()),
        output=top.get("output"),
        triggers=read_triggers(top),
        subscriptions=read_subscriptions(top),
    )


def _no_map(root: MapNode) -> MapNode:
    return MapNode((), root.start, root.start)


def _signals(top: Fields) -> tuple[MapEntry, ...]:
    signals = top.mapping("signals")
    if signals is None:
        return ()
    return tuple(
        entry
        for entry in signals
        if matches(entry.key, LOWER_NAME, "small letters, digits and _", "a signal", top.report)
    )


def _hold(top: Fields) -> Hold | None:
    mapping = top.mapping("on_failure")
    if mapping is None:
        return None
    fields = Fields(mapping, "`on_failure`", top.report)
    fields.allow(("hold", "role"), required=("hold", "role"))
    duration, role = fields.duration("hold", some=True), fields.text("role")
    return Hold(duration, role) if duration and role else None


def _search(top: Fields) -> MapNode | None:
    mapping = top.mapping("search")
    if mapping is not None:
        fields = Fields(mapping, "`search`", top.report)
        fields.allow(("client", "portfolio"))
        fields.text("client")
        fields.text("portfolio")
    return mapping
