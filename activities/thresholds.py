"""Every threshold of the newest release over a batch of measured portfolios."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from activities.context import Context
from activities.dispatching import do_due
from activities.portfolio_scopes import reads_value, with_values
from activities.registry import implements
from activities.trigger_book import Trigger, TriggerFault, newest_book
from dsl import plan as p
from dsl.durations import parse_duration
from dsl.expressions import EvaluationError, Expression
from engines.thresholds import Standing, State, judge
from payloads.thresholds import EvaluateThresholds, FiredThreshold, JudgedThresholds, MeasuredPortfolio
from store import dispatches, events, portfolio_rows, threshold_states
from store.tables import Dispatch, ThresholdState


@implements("thresholds.evaluate")
def evaluate(ask: EvaluateThresholds, context: Context) -> JudgedThresholds:
    """Judge the batch in one transaction, then start what fired; asked again, nothing fires twice."""
    triggers = list(newest_book(context).of_kind(p.ThresholdTrigger))
    tenant, now = context.services.tenant, ask.at or context.now()
    ids = [row.portfolio_id for row in ask.rows]
    with context.services.database.transaction() as tx:
        portfolios = portfolio_rows.of_ids(tx, tenant, ids)
        if reads_value(trigger.rule for trigger in triggers):
            with_values(tx, tenant, list(portfolios.values()))
        states = threshold_states.of_portfolios(tx, tenant, ids, lock=True)
        batch = _Batch(tx, tenant, now, states)
        for row in ask.rows:
            for trigger in triggers:
                batch.look(trigger, row, portfolios.get(row.portfolio_id))
        dispatches.decide(tx, batch.starts)
    do_due(context)
    return JudgedThresholds(judged=batch.judged, failed=batch.failed, fired=batch.fired)


@dataclass(slots=True)
class _Batch:
    """What becomes of the batch inside its transaction."""

    tx: Session
    tenant: str
    now: datetime
    states: Mapping[threshold_states.Key, ThresholdState]
    judged: int = 0
    failed: int = 0
    fired: list[FiredThreshold] = field(default_factory=list)
    starts: list[Dispatch] = field(default_factory=list)

    def look(self, trigger: Trigger, row: MeasuredPortfolio, portfolio: Mapping[str, Any] | None) -> None:
        """Judge one threshold over one portfolio, and keep what came of it."""
        state = self.states.get((trigger.workflow, trigger.rule.place, row.portfolio_id))
        state = state or self._first(trigger, row)
        try:
            if portfolio is None:
                raise TriggerFault("no portfolio has this id")
            self._judge(trigger, row, {**row.metrics, "portfolio": portfolio}, state)
            state.fault = ""
        except TriggerFault as error:
            self.failed += 1
            self._say(state, str(error))
        state.metrics, state.measured_at = dict(row.metrics), self.now
        self.tx.add(state)

    def _judge(
        self, trigger: Trigger, row: MeasuredPortfolio, scope: Mapping[str, Any], state: ThresholdState
    ) -> None:
        rule = trigger.rule
        assert isinstance(rule, p.ThresholdTrigger)
        if not trigger.holds(scope):
            return
        condition = truth(rule.threshold, scope, "threshold")
        rearm = None if rule.rearm is None else truth(rule.rearm, scope, "rearm")
        result = judge(standing_of(state), condition, rearm, cooldown_of(rule), self.now)
        if result.fired:
            trigger.input(scope)  # what cannot start has not fired
            self._fire(trigger, row, scope, result.standing.firings)
        self.judged += 1
        standing = result.standing
        state.state, state.since = standing.state.value, standing.since
        state.firings, state.fired_at = standing.firings, standing.fired_at

    def _fire(self, trigger: Trigger, row: MeasuredPortfolio, scope: Mapping[str, Any], firing: int) -> None:
        place = trigger.rule.place
        workflow_id = run_of(trigger.workflow, row.portfolio_id, place, firing)
        self.starts.append(
            Dispatch(
                tenant=self.tenant,
                dispatch_id=workflow_id,
                position=0,
                workflow_id=workflow_id,
                release=trigger.release,
                workflow=trigger.workflow,
                trigger=place,
                scope=dict(scope),
            )
        )
        self.fired.append(
            FiredThreshold(
                workflow=trigger.workflow,
                trigger=place,
                portfolio_id=row.portfolio_id,
                workflow_id=workflow_id,
            )
        )

    def _first(self, trigger: Trigger, row: MeasuredPortfolio) -> ThresholdState:
        return ThresholdState(
            tenant=self.tenant,
            workflow=trigger.workflow,
            trigger=trigger.rule.place,
            portfolio_id=row.portfolio_id,
            state=State.ARMED.value,
            since=self.now,
            metrics={},
            measured_at=self.now,
        )

    def _say(self, state: ThresholdState, fault: str) -> None:
        """A fault goes to the log when it is new, not at every sweep."""
        if state.fault == fault:
            return
        state.fault = fault
        about = {"workflow": state.workflow, "trigger": state.trigger, "portfolio_id": state.portfolio_id}
        stream = f"portfolio:{state.portfolio_id}"
        fact = {**about, "reason": fault}
        events.append(self.tx, self.tenant, stream, "TriggerFailed", fact, at=self.now)


def run_of(workflow: str, portfolio_id: str, place: int, firing: int) -> str:
    """The id of the run that a trigger's firing of that number starts."""
    return f"{workflow}:{portfolio_id}:{place}.{firing}"


def truth(condition: Expression, scope: Mapping[str, Any], what: str) -> bool:
    """Does the condition hold; TriggerFault when that cannot be said, as when a metric is missing."""
    try:
        answer = condition.evaluate(scope)
    except EvaluationError as error:
        raise TriggerFault(f"`{what}` has no value: {error}") from error
    if not isinstance(answer, bool):
        raise TriggerFault(f"`{what}` is neither true nor false")
    return answer


def standing_of(row: ThresholdState) -> Standing:
    """The row as the engine judges it."""
    return Standing(State(row.state), row.since, row.firings, row.fired_at)


def names_of(rule: p.ThresholdTrigger) -> frozenset[str]:
    """The metrics that it compares, and `portfolio` where it looks at that."""
    reads = rule.threshold.reads | (rule.rearm.reads if rule.rearm else frozenset())
    return frozenset(path[0] for path in reads)


def cooldown_of(rule: p.ThresholdTrigger) -> timedelta:
    """How long it cools after it fired; no time without a `cooldown`."""
    span = parse_duration(rule.cooldown or "0s")
    assert isinstance(span, timedelta)  # sessions are refused when a definition is checked
    return span
