"""`triggers` and `subscribe`, whole in structure; `dsl.check.triggers` looks into their expressions."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from dsl import definition as written
from dsl.near import suggestion
from dsl.structure.cron import fault_of_cron, never_comes
from dsl.structure.fields import LOWER_NAME, Fields
from dsl.tree import MapNode, ScalarNode

_KEYS = {
    "schedule": ("timezone", "calendar", "overlap", "each", "where", "input"),
    "event": ("where", "input"),
    "threshold": ("rearm", "cooldown", "each", "where", "input"),
}
_Read = TypeVar("_Read")
_OVERLAPS = ("skip", "buffer_one", "buffer_all", "cancel_other", "allow_all")


def read_triggers(top: Fields) -> tuple[written.Trigger, ...]:
    """Every trigger whose kind could be read; each has exactly one of schedule, event and threshold."""
    return _each(top, "triggers", "a trigger", "K401", _trigger)


def _trigger(fields: Fields) -> written.Trigger | None:
    kinds = [kind for kind in _KEYS if fields.node.entry(kind)]
    if len(kinds) != 1:
        fields.allow((*_KEYS, *(key for keys in _KEYS.values() for key in keys)))
        fields.report.node(
            "K402", fields.node, "a trigger has exactly one of `schedule`, `event` and `threshold`"
        )
        return None
    kind = kinds[0]
    fields.what = f"a trigger of kind `{kind}`"
    fields.allow((kind, *_KEYS[kind]), required=("timezone",) if kind == "schedule" else ())
    common: dict[str, Any] = {
        "node": fields.node,
        "each": fields.one_of("each", ("portfolio",)) is not None,
        "where": fields.text("where"),
        "input": fields.mapping("input"),
    }
    match kind:
        case "schedule":
            return _schedule(fields, common)
        case "event":
            event = fields.matching("event", LOWER_NAME, "the name of a business event, in small letters")
            return written.EventTrigger(**common, event=event) if event else None
    return _threshold(fields, common)


def _schedule(fields: Fields, common: dict[str, Any]) -> written.Trigger | None:
    overlap = fields.one_of("overlap", _OVERLAPS)
    schedule, timezone = fields.text("schedule"), fields.text("timezone")
    _check_cron(fields, schedule)
    _check_timezone(fields, timezone)
    if schedule is None or timezone is None:
        return None
    calendar = fields.text("calendar")
    return written.ScheduleTrigger(
        **common, schedule=schedule, timezone=timezone, calendar=calendar, overlap=overlap
    )


def _threshold(fields: Fields, common: dict[str, Any]) -> written.Trigger | None:
    threshold, rearm = fields.text("threshold"), fields.text("rearm")
    cooldown = fields.duration("cooldown", some=True)
    if threshold is None:
        return None
    common["each"] = True
    return written.ThresholdTrigger(**common, threshold=threshold, rearm=rearm, cooldown=cooldown)


def _check_cron(fields: Fields, node: ScalarNode | None) -> None:
    fault = fault_of_cron(node.text) if node else None
    if node and fault:
        help = 'minute, hour, day, month, day of the week, as in "0 9 * * MON-FRI"'
        fields.report.node("K404", node, fault, help)
    never = never_comes(node.text) if node and not fault else None
    if node and never:
        message = f"this schedule never starts a run: {never}"
        fields.report.node("K410", node, message, "the third field is the day, the fourth the month")


@cache
def _time_zones() -> frozenset[str]:
    from zoneinfo import available_timezones  # only for triggers: it walks a folder

    return frozenset(available_timezones())


def _check_timezone(fields: Fields, node: ScalarNode | None) -> None:
    """Report a name that the tz database does not have."""
    if node is None:
        return
    if node.text not in _time_zones():
        help = suggestion(node.text, _time_zones()) or "write a name such as `Australia/Sydney`"
        fields.report.node("K403", node, f"there is no time zone `{node.text[:60]}`", help)


def read_subscriptions(top: Fields) -> tuple[written.Subscription, ...]:
    """Every subscription that names its event and its signal."""
    return _each(top, "subscribe", "a subscription", "K122", _subscription)


def _each(
    top: Fields, key: str, what: str, code: str, read: Callable[[Fields], _Read | None]
) -> tuple[_Read, ...]:
    """What `read` makes of every item of a list; one that is no mapping is a problem of that code."""
    found = []
    items = top.sequence(key)
    for item in items.items if items else ():
        if isinstance(item, MapNode):
            found.append(read(Fields(item, what, top.report)))
        else:
            top.report.node(code, item, f"{what} must be a mapping")
    return tuple(one for one in found if one is not None)


def _subscription(fields: Fields) -> written.Subscription | None:
    fields.allow(("event", "match", "signal"), required=("event", "signal"))
    event = fields.matching("event", LOWER_NAME, "the name of a business event, in small letters")
    match, signal = fields.mapping("match"), fields.text("signal")
    if event is None or signal is None:
        return None
    return written.Subscription(fields.node, event, match, signal)
