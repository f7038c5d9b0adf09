"""What starts runs and wakes them: triggers and subscriptions, their names and their expressions."""

from collections.abc import Iterable, Mapping
from typing import Any

from dsl import definition as written
from dsl.check.conditions import always
from dsl.check.exchanges import check_exchange
from dsl.check.shapes import schema_at, titled
from dsl.check.state import RUN
from dsl.check.texts import Texts, place_of
from dsl.definition import Definition
from dsl.expressions import TypeEnv
from dsl.near import listed, suggestion
from dsl.problems import Report
from dsl.schemas import object_schema
from dsl.structure.metrics import check_metrics
from dsl.tree import MapNode, Node, ScalarNode
from dsl.types import (
    ANY,
    BOOL,
    INTEGER,
    MOMENT,
    MONEY,
    NUMBER,
    TEXT,
    Field,
    ObjectType,
    TextType,
    Type,
    from_schema,
    mismatches,
    nullable,
)
from dsl.world import Schema, World

PORTFOLIO = ObjectType(
    {
        "portfolio_id": Field(TEXT),
        "customer_id": Field(TEXT),
        "account_id": Field(TEXT),
        "adviser_id": Field(nullable(TEXT)),
        "household_id": Field(nullable(TEXT)),
        "benchmark_id": Field(nullable(TEXT)),
        "state": Field(TextType(("opened", "invested", "managed", "closing"))),
        "mandate": Field(TextType(("advised", "discretionary"))),
        "risk_score": Field(nullable(INTEGER)),
        "risk_category": Field(nullable(TEXT)),
        "marginal_rate": Field(nullable(NUMBER)),
        "currency": Field(TEXT),
        "cash": Field(MONEY),
        "available_cash": Field(MONEY),
        "value": Field(MONEY),
        "opened_at": Field(MOMENT),
        "invested_at": Field(nullable(MOMENT)),
        "managed_at": Field(nullable(MOMENT)),
    },
    title="the portfolio",
)
"""What `where`, `threshold`, `rearm` and `input` see as `portfolio`; store/portfolio_rows.py gives it."""

_NO_RUN_YET = "nothing has run when a trigger is looked at"
_AT_THE_START = "a run subscribes when it starts: it knows `input` and `run`"
_HINTS = {
    **dict.fromkeys(("input", "steps", "vars", "run"), _NO_RUN_YET),
    "event": "only a trigger of kind `event` knows the event",
    "portfolio": "a schedule knows portfolios with `each: portfolio` only",
}
_SUBSCRIBING = {
    **dict.fromkeys(("steps", "vars", "portfolio"), _AT_THE_START),
    "event": "`match` names fields of the event on the left; on the right are `input` and `run`",
}


def check_triggers(definition: Definition, world: World, texts: Texts) -> None:
    """Report what is wrong with the triggers and subscriptions of a definition."""
    checks = _Triggers(definition, world, texts)
    for trigger in definition.triggers:
        checks.trigger(trigger)
    for one in definition.subscriptions:
        checks.subscription(one)


class _Triggers:
    def __init__(self, definition: Definition, world: World, texts: Texts) -> None:
        self._definition = definition
        self._world = world
        self._texts = texts
        self._report = texts.report
        self._input = object_schema(schema_at(definition.input))

    def trigger(self, trigger: written.Trigger) -> None:
        names = self._names(trigger)
        if trigger.where is not None and not names:
            help = "add `each: portfolio`, or take it away"
            self._report.node("K406", trigger.where, "`where` has nothing to choose from", help)
        elif trigger.where is not None:
            tested = self._texts.condition(trigger.where, TypeEnv(names, hints=_HINTS), BOOL)
            self._refuse_never(trigger.where, tested.always)
        at = trigger.node.entries[0].key
        given = trigger.input if trigger.input is not None else MapNode((), at.start, at.end)
        place = place_of(self._input, self._definition.workflow.text, "input")
        self._texts.template(given, TypeEnv(names, hints=_HINTS), place, at)

    def _names(self, trigger: written.Trigger) -> Mapping[str, Type]:
        """The names that a trigger's expressions know; what they lead to is checked on the way."""
        match trigger:
            case written.EventTrigger():
                check_event(trigger.event, self._world, self._report)
                return {"event": event_type(trigger.event.text, self._world)}
            case written.ScheduleTrigger():
                check_exchange(trigger.calendar, self._report)
                return {"portfolio": PORTFOLIO} if trigger.each else {}
            case written.ThresholdTrigger():
                for condition in (trigger.threshold, trigger.rearm):
                    check_metrics(condition, self._world.metrics, {"portfolio": PORTFOLIO}, self._report)
                self._refuse_never(trigger.threshold, always(trigger.threshold))
        return {**(self._world.metrics or {}), "portfolio": PORTFOLIO}

    def _refuse_never(self, node: Node, outcome: bool | None) -> None:
        if outcome is False:
            message = "this trigger never starts a run: the condition is always false"
            self._report.node("K410", node, message, "take the trigger away, or test what it knows")

    def subscription(self, one: written.Subscription) -> None:
        check_event(one.event, self._world, self._report)
        schema = self._world.event_schemas.get(one.event.text)
        given = titled(from_schema(self._input), "the input", "field", "it has")
        env = TypeEnv({"input": given, "run": RUN}, hints=_SUBSCRIBING)
        self._texts.template(one.match, env, place_of(_any_of_its_fields(schema), one.event.text))
        signals = {entry.key.text: entry.value for entry in self._definition.signals}
        if one.signal.text not in signals:
            _unknown("K212", one.signal, "signal", signals, self._report)
        elif schema is not None:
            self._takes(one, schema, object_schema(schema_at(signals[one.signal.text])))

    def _takes(self, one: written.Subscription, event: Schema, signal: Schema) -> None:
        """Can the event be handed over: the signal gets those of its fields that the signal declares."""
        handed_over = from_schema(handed(object_schema(event), signal))
        for each in mismatches(handed_over, from_schema(signal)):
            message = f"the signal `{one.signal.text}` cannot take {one.event.text}: {each.message}"
            self._report.node("K408", one.signal, message, each.help)


def check_event(node: ScalarNode, world: World, report: Report) -> None:
    """Report a business event that the catalogue does not have."""
    if world.events is not None and node.text not in world.events:
        _unknown("K208", node, "business event", world.events, report)


def event_type(name: str, world: World) -> Type:
    """The type of an event's data; any value where the catalogue gives no schema."""
    schema = world.event_schemas.get(name)
    found = ANY if schema is None else from_schema(object_schema(schema))
    return titled(found, f"the event `{name}`", "field", "it has")


def handed(event: Schema, signal: Schema) -> dict[str, Any]:
    """The schema of what is left of an event when a signal takes it.

    A closed signal is given the fields that it declares; the rest of the event is not its concern.
    """
    if signal.get("additionalProperties", False) is not False:
        return dict(event)
    known = signal.get("properties", {})
    fields = {name: inner for name, inner in event.get("properties", {}).items() if name in known}
    required = [name for name in event.get("required", ()) if name in known]
    return {**event, "properties": fields, "required": required}


def _any_of_its_fields(schema: Schema | None) -> dict[str, Any] | None:
    return None if schema is None else {**object_schema(schema), "required": []}


def _unknown(code: str, node: ScalarNode, what: str, known: Iterable[str], report: Report) -> None:
    names = sorted(known)
    note = f"there are {listed(names)}" if names else f"there is no {what} at all"
    report.node(code, node, f"there is no {what} `{node.text[:60]}`", suggestion(node.text, names), note)
