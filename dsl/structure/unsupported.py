"""Parts of the language that are read and checked, and that this release cannot run yet."""

from typing import Any

from dsl import definition as written
from dsl.problems import Report
from dsl.structure.cron import fault_of_cron
from dsl.structure.fields import LOWER_NAME, Fields
from dsl.structure.metrics import check_metrics
from dsl.tree import ListNode, MapNode, Node

_TRIGGER_KEYS = {
    "schedule": ("timezone", "calendar", "overlap", "each", "where", "input"),
    "event": ("where", "input"),
    "threshold": ("rearm", "cooldown", "each", "where", "input"),
}
_OVERLAPS = ("skip", "buffer_one", "buffer_all", "cancel_other", "allow_all")


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


def read_triggers(top: Fields) -> None:
    """`triggers`: each has exactly one of `schedule`, `event` and `threshold`."""
    triggers = top.sequence("triggers")
    for item in triggers.items if triggers else ():
        if isinstance(item, MapNode):
            _read_trigger(Fields(item, "a trigger", top.report))
        else:
            top.report.node("K401", item, "a trigger must be a mapping")
    if triggers and triggers.items:
        unsupported(triggers, "`triggers`", top.report, "start runs with `kronos start`")


def _read_trigger(trigger: Fields) -> None:
    kinds = [kind for kind in _TRIGGER_KEYS if trigger.node.entry(kind)]
    if len(kinds) != 1:
        trigger.allow((*_TRIGGER_KEYS, *(key for keys in _TRIGGER_KEYS.values() for key in keys)))
        trigger.report.node(
            "K402", trigger.node, "a trigger has exactly one of `schedule`, `event` and `threshold`"
        )
        return
    kind = kinds[0]
    trigger.what = f"a trigger of kind `{kind}`"
    trigger.allow((kind, *_TRIGGER_KEYS[kind]), required=("timezone",) if kind == "schedule" else ())
    if kind == "event":
        trigger.text("event")
    trigger.mapping("input")
    if kind == "schedule":
        trigger.one_of("overlap", _OVERLAPS)
        check_timezone(trigger)
        _check_schedule(trigger)
    if kind == "threshold":
        check_metrics(trigger, "threshold")
        check_metrics(trigger, "rearm")
        trigger.duration("cooldown", sessions=True)


def _check_schedule(trigger: Fields) -> None:
    node = trigger.text("schedule")
    fault = fault_of_cron(node.text) if node else None
    if node and fault:
        help = 'minute, hour, day, month, day of the week, as in "0 9 * * MON-FRI"'
        trigger.report.node("K404", node, fault, help)


def check_timezone(trigger: Fields) -> None:
    """Report a `timezone` that the tz database does not have."""
    node = trigger.text("timezone")
    if node is None:
        return
    from zoneinfo import available_timezones  # only for triggers: it walks a folder

    from dsl.near import suggestion

    if node.text not in available_timezones():
        help = suggestion(node.text, available_timezones()) or "write a name such as `Australia/Sydney`"
        trigger.report.node("K403", node, f"there is no time zone `{node.text[:60]}`", help)


def read_subscriptions(top: Fields) -> None:
    """`subscribe`: business events that a run takes as signals."""
    items = top.sequence("subscribe")
    for item in items.items if items else ():
        if not isinstance(item, MapNode):
            top.report.node("K122", item, "a subscription must be a mapping")
            continue
        one = Fields(item, "a subscription", top.report)
        one.allow(("event", "match", "signal"), required=("event", "signal"))
        one.matching("event", LOWER_NAME, "the name of a business event, in small letters")
        one.mapping("match")
        _check_signal(one, top.mapping("signals"))
    if isinstance(items, ListNode) and items.items:
        unsupported(items, "`subscribe`", top.report, "send the signal with `kronos signal`")


def _check_signal(one: Fields, signals: MapNode | None) -> None:
    node = one.text("signal")
    known = [entry.key.text for entry in signals] if signals else []
    if node is not None and node.text not in known:
        from dsl.near import suggestion

        one.report.node("K212", node, f"there is no signal `{node.text[:60]}`", suggestion(node.text, known))
