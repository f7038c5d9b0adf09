"""The triggers of the newest release for people: what there is, and why a threshold fired or did not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session
from temporalio.client import Client

from activities.portfolio_scopes import with_values
from activities.thresholds import cooldown_of, names_of, standing_of
from dsl import plan as p
from dsl.expressions import EvaluationError, Expression
from dsl.expressions.expression import from_tree
from dsl.expressions.parser import parse
from dsl.expressions.syntax import Compare, Logic, Name, Node, Unary, walk
from dsl.expressions.values import as_json
from dsl.plan_reader import read_plan
from engines.thresholds import Standing, State, can_fire_from
from engines.watching import Fault
from payloads.thresholds import MeasuredPortfolio
from store import portfolio_rows, portfolios, threshold_states
from store.partitions import Swept, last_swept
from store.tables import ThresholdState
from worker.release_check import newest_document
from worker.schedule_specs import prefix
from worker.schedules import next_times
from worker.settings import Settings
from worker.storage import existing_database

WORTHLESS = "it is not judged: the portfolio holds nothing, or no more than it owes"


def list_triggers(settings: Settings) -> list[dict[str, Any]]:
    """Every trigger: workflow, its place, kind, and what it looks at."""
    return [
        {"workflow": plan.workflow, "trigger": rule.place, **_about(rule), "next": None}
        for plan, rule in _triggers(settings)
    ]


async def with_next_times(
    rows: list[dict[str, Any]], client: Client, settings: Settings
) -> list[dict[str, Any]]:
    """The same, with the next times of schedules that Temporal has."""
    found = []
    for row in rows:
        if row["kind"] == "schedule":
            id = f"{prefix(settings.tenant)}{row['workflow']}:{row['trigger']}"
            row = {**row, "next": await next_times(client, id)}
        found.append(row)
    return found


def explain(settings: Settings, portfolio_id: str) -> dict[str, Any]:
    """For each threshold where it stands for the portfolio, and why it fired or did not.

    UnknownPortfolio when there is none of that id.
    """
    rules = [(plan, rule) for plan, rule in _triggers(settings) if isinstance(rule, p.ThresholdTrigger)]
    database = existing_database(settings)
    try:
        with database.reading() as tx:
            portfolio = _portfolio(tx, settings.tenant, portfolio_id)
            states = threshold_states.of_portfolios(tx, settings.tenant, [portfolio_id])
            swept = last_swept(settings.partitions, settings.tenant, portfolio_id)
    finally:
        database.close()
    now = datetime.now(UTC)
    rows = []
    for plan, rule in rules:
        row = states.get((plan.workflow, rule.place, portfolio_id))
        rows.append(_explained(plan, rule, row, _seen(row, swept, portfolio_id), portfolio, now))
    return {"portfolio_id": portfolio_id, "thresholds": rows}


def _portfolio(tx: Session, tenant: str, portfolio_id: str) -> dict[str, Any]:
    portfolios.portfolio(tx, tenant, portfolio_id)  # UnknownPortfolio
    row = portfolio_rows.of_ids(tx, tenant, [portfolio_id])[portfolio_id]
    with_values(tx, tenant, [row])
    return row


def _triggers(settings: Settings) -> Iterator[tuple[p.Plan, p.Trigger]]:
    for _, entry in sorted(newest_document(settings)["plans"].items()):
        plan = read_plan(entry["document"], entry["digest"])
        yield from ((plan, rule) for rule in plan.triggers)


def _about(rule: p.Trigger) -> dict[str, Any]:
    about: dict[str, Any] = {"where": rule.where.source if rule.where else None, "each": rule.each}
    match rule:
        case p.ScheduleTrigger():
            zone = {"timezone": rule.timezone, "calendar": rule.calendar, "overlap": rule.overlap}
            return {"kind": "schedule", "condition": rule.schedule, **about, **zone}
        case p.EventTrigger():
            return {"kind": "event", "condition": rule.event, **about}
        case p.ThresholdTrigger():
            rearm = {"rearm": rule.rearm.source if rule.rearm else None, "cooldown": rule.cooldown}
            return {"kind": "threshold", "condition": rule.threshold.source, **about, **rearm}
    raise TypeError(f"a {type(rule).__name__} is no kind of trigger")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was measured last of a portfolio; `fault` says why it was not judged at all."""

    at: datetime
    metrics: Mapping[str, Any]
    fault: str = ""


def _seen(row: ThresholdState | None, swept: Swept | None, portfolio_id: str) -> _Seen | None:
    """The newest there is: what a threshold was judged by, or what the last sweep measured."""
    if swept is None or (row is not None and row.measured_at > swept.at):
        return _Seen(row.measured_at, row.metrics) if row else None
    place = swept.place(portfolio_id)
    assert place is not None  # it is in the sweep that was found for it
    measured = MeasuredPortfolio(portfolio_id=portfolio_id, metrics=swept.measured.of(place))
    worthless = swept.measured.faults[place] == Fault.WORTHLESS
    return _Seen(swept.at, measured.metrics, WORTHLESS if worthless else "")


def _explained(
    plan: p.Plan,
    rule: p.ThresholdTrigger,
    row: ThresholdState | None,
    seen: _Seen | None,
    portfolio: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    about = {
        "workflow": plan.workflow,
        "trigger": rule.place,
        "threshold": rule.threshold.source,
        "rearm": rule.rearm.source if rule.rearm else None,
        "cooldown": rule.cooldown,
    }
    if seen is None:
        never = "it was never measured: no monitoring sweep has looked at this portfolio"
        return {**about, "state": State.ARMED.value, "since": None, "measured_at": None, "why": never}
    scope = {**seen.metrics, "portfolio": portfolio}
    standing = standing_of(row) if row else Standing(State.ARMED, seen.at)
    again = can_fire_from(standing, cooldown_of(rule))
    return {
        **about,
        "state": standing.state.value,
        "since": row.since if row else None,
        "measured_at": seen.at,
        "metrics": seen.metrics,
        "condition": sides(rule.threshold, scope),
        "rearm_condition": sides(rule.rearm, scope) if rule.rearm else None,
        "where": _value(rule.where, scope) if rule.where else True,
        "firings": standing.firings,
        "fired_at": standing.fired_at,
        "can_fire_from": again if again is not None and again > now else None,
        "why": seen.fault or _why(rule, standing, row.fault if row else "", scope, again, now),
    }


def sides(condition: Expression, scope: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each comparison of a condition: both sides as written and as they are, and whether it holds.

    A metric that is true or false by itself is compared with true.
    """
    source = condition.source

    def part(node: Node) -> Expression:
        return from_tree(source, node, source[node.start : node.end])

    def side(node: Node) -> dict[str, Any]:
        left, right = (part(node.left), part(node.right)) if isinstance(node, Compare) else (part(node), None)
        return {
            "comparison": source[node.start : node.end],
            "left": _value(left, scope),
            "operator": node.operator if isinstance(node, Compare) else "==",
            "right": True if right is None else _value(right, scope),
            "holds": _value(part(node), scope),
        }

    return [side(node) for node in _compared(parse(source))]


def _compared(condition: Node) -> Iterator[Node]:
    """What a condition is put together from by `and`, `or` and `not`, as far as it is told here."""
    flags = {id(condition)}
    for node, _ in walk(condition):
        match node:
            case Logic(operands=operands):
                flags |= {id(operand) for operand in operands}
            case Unary(operator="!", operand=operand):
                flags.add(id(operand))
        if isinstance(node, Compare) or (isinstance(node, Name) and id(node) in flags):
            yield node


def _value(expression: Expression, scope: Mapping[str, Any]) -> Any:
    """The value for people; null when there is none, as when a metric was not measured."""
    try:
        return as_json(expression.evaluate(scope))
    except EvaluationError:
        return None


def _why(
    rule: p.ThresholdTrigger,
    standing: Standing,
    fault: str,
    scope: Mapping[str, Any],
    again: datetime | None,
    now: datetime,
) -> str:
    """One sentence: why it stands as it does."""
    if fault:
        return f"it could not be judged: {fault}"
    missing = sorted(names_of(rule) - scope.keys())
    if missing and _value(rule.threshold, scope) is None:
        return f"it cannot be judged: {', '.join(missing)} could not be measured of this portfolio"
    if rule.where is not None and _value(rule.where, scope) is not True:
        return f"it is not for this portfolio: `{rule.where.source}` does not hold"
    waits = f", and the cooldown ends at {again:%Y-%m-%d %H:%M} UTC" if again and again > now else ""
    match standing.state:
        case State.ARMED:
            return f"armed: `{rule.threshold.source}` did not hold when it was measured"
        case State.COOLING:
            return f"it fired at {standing.fired_at:%Y-%m-%d %H:%M} UTC and was rearmed{waits}"
    until = f"`{rule.rearm.source}` holds" if rule.rearm else f"`{rule.threshold.source}` no longer holds"
    return f"it fired at {standing.fired_at:%Y-%m-%d %H:%M} UTC; it rearms when {until}{waits}"
