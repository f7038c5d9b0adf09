"""Triggers and subscriptions: checked before anything fires, and read back from the plan as written."""

from typing import Any

import pytest

from dsl import plan
from dsl.plan_reader import read_plan
from dsl.problems import Problem
from dsl.release import build_release, check_folder
from tests.support.definitions import folder

EVENTS = """\
facts: {}
business:
  drift_exceeded:
    summary: It drifted
    schema:
      type: object
      required: [portfolio_id, drift]
      properties: {portfolio_id: {type: string}, drift: {type: number}, note: {type: string}}
  deposit_received:
    summary: Money came
    schema: {type: object, required: [amount], properties: {amount: {type: number, format: money}}}
  anything: {summary: Whatever}
"""


def definition(triggers: str = "", subscribe: str = "") -> str:
    """A definition whose triggers are on line 14 and whose subscriptions are on line 15."""
    return f"""\
workflow: small
version: 1
summary: A small one
input:
  type: object
  required: [portfolio_id]
  properties: {{portfolio_id: {{type: string}}, drift: {{type: number}}}}
signals:
  paid: {{type: object, required: [amount], properties: {{amount: {{type: number}}}}}}
  named: {{type: object, required: [name], properties: {{name: {{type: string}}}}}}
steps:
  - wait: 1d
  - {{receive: paid, where: input.portfolio_id == "", id: got}}
{f"triggers: [{triggers}]" if triggers else "owner: someone"}
{f"subscribe: [{subscribe}]" if subscribe else ""}
"""


def faults(triggers: str = "", subscribe: str = "", events: str = EVENTS) -> list[str]:
    """The codes that stand at the triggers and subscriptions."""
    return [problem.code for problem in found(triggers, subscribe, events) if problem.line in (14, 15)]


def found(triggers: str = "", subscribe: str = "", events: str = EVENTS) -> list[Problem]:
    return check_folder(folder(definition(triggers, subscribe), events=events))


EACH = 'schedule: "0 9 * * *", timezone: UTC, each: portfolio'
GIVEN = 'input: {portfolio_id: "${ portfolio.portfolio_id }"}'
FROM_EVENT = 'input: {portfolio_id: "${ event.portfolio_id }"}'


@pytest.mark.parametrize(
    ("trigger", "codes"),
    [
        ('{schedule: "61 9 * * MON-FRIDAY", timezone: UTC, input: {portfolio_id: P}}', ["K404"]),
        ('{schedule: "0 9 * * MON-FRIDAY", timezone: UTC, input: {portfolio_id: P}}', ["K404"]),
        ('{schedule: "0 9 * *", timezone: UTC, input: {portfolio_id: P}}', ["K404"]),
        ('{schedule: "*/0 9 * * *", timezone: UTC, input: {portfolio_id: P}}', ["K404"]),
        ('{schedule: "0 17-9 * * *", timezone: UTC, input: {portfolio_id: P}}', ["K404"]),
        ('{schedule: "0 0 31 2 *", timezone: UTC, input: {portfolio_id: P}}', ["K410"]),
        ('{schedule: "0 0 30-31 FEB *", timezone: UTC, input: {portfolio_id: P}}', ["K410"]),
        ('{schedule: "0 0 31 2,4,6,9/2 *", timezone: UTC, input: {portfolio_id: P}}', ["K410"]),
        ('{schedule: "0 0 29 2 *", timezone: UTC, input: {portfolio_id: P}}', []),
        ('{schedule: "0 0 31/2 2-6/2 *", timezone: UTC, input: {portfolio_id: P}}', ["K410"]),
        ('{schedule: "0 0 */30 1-2 *", timezone: UTC, input: {portfolio_id: P}}', []),
        (f"{{{EACH}, where: 1 > 2, {GIVEN}}}", ["K410"]),
        (f"{{threshold: portfolio_drift > 5% and false, {GIVEN}}}", ["K410"]),
        ('{schedule: "*/15 9-17/2 1,15 jan-MAR 7", timezone: UTC, input: {portfolio_id: P}}', []),
        ('{schedule: "0 9 * * *", timezone: UTC, calendar: ASXX, input: {portfolio_id: P}}', ["K407"]),
        ('{schedule: "0 9 * * *", timezone: UTC, calendar: XASX, input: {portfolio_id: P}}', []),
        ('{schedule: "0 9 * * *", timezone: UTC, overlap: skipp, input: {portfolio_id: P}}', ["K125"]),
        (
            '{schedule: "0 9 * * *", timezone: UTC, where: portfolio.cash > 0, input: {portfolio_id: P}}',
            ["K406"],
        ),
        ('{schedule: "0 9 * * *", timezone: UTC}', ["K203"]),
        ('{schedule: "0 9 * * *", timezone: UTC, ' + GIVEN + "}", ["K225"]),
        ("{" + EACH + ', where: portfolio.state == "managed" && portfolio.cash > 10, ' + GIVEN + "}", []),
        ("{" + EACH + ", where: portfolio.sate == 1, " + GIVEN + "}", ["K204"]),
        ("{" + EACH + ', where: portfolio.state == "manged", ' + GIVEN + "}", ["K232"]),
        ("{" + EACH + ', where: portfolio.state == "closing", ' + GIVEN + "}", []),
        ("{" + EACH + ', where: portfolio.state == "closed", ' + GIVEN + "}", ["K232"]),
        ("{" + EACH + ", where: portfolio.cash, " + GIVEN + "}", ["K233"]),
        ("{" + EACH + ', input: {portfolio_id: "${ portfolio.cash }"}}', ["K206"]),
        ("{" + EACH + ", input: {portfolio: P}}", ["K202"]),
        ("{event: drift_exceeded, where: event.drift >= 0.05, " + FROM_EVENT + "}", []),
        ("{event: drift_exceded, where: event.drift >= 0.05, " + FROM_EVENT + "}", ["K208"]),
        ("{event: drift_exceeded, where: event.drft >= 0.05, " + FROM_EVENT + "}", ["K204"]),
        ('{event: drift_exceeded, where: event.note == "", ' + FROM_EVENT + "}", ["K226"]),
        ("{event: drift_exceeded, where: portfolio.cash > 0, " + FROM_EVENT + "}", ["K225"]),
        ("{event: anything, where: event.whatever > 1, " + FROM_EVENT + "}", []),
        ("{threshold: portfolio_drfit > 5%, rearm: drawdwn < 3%, " + GIVEN + "}", ["K405", "K405"]),
        ("{threshold: portfolio_drift > 5%, rearm: portfolio_drift < 3%, cooldown: 1d, " + GIVEN + "}", []),
        ("{threshold: regime_changed, " + GIVEN + "}", []),
        ("{threshold: portfolio_drift, " + GIVEN + "}", ["K233"]),
        ("{threshold: portfolio_drift >, " + GIVEN + "}", ["K220"]),
        ("{threshold: drawdown > 10%, cooldown: 2bd, " + GIVEN + "}", ["K129"]),
        ("{threshold: drawdown > 10%, cooldown: 0d, " + GIVEN + "}", ["K134"]),
        ("{threshold: drawdown > 10%, where: portfolio.state == 'managed', " + GIVEN + "}", []),
        ('{threshold: drawdown > 10%, input: {portfolio_id: P, drift: "${ portfolio_drift }"}}', []),
    ],
)
def test_triggers_are_checked_before_anything_fires(trigger: str, codes: list[str]) -> None:
    """Cron, zone, exchange, event, metrics, and every expression by the types of what it reads."""
    assert faults(trigger) == codes


@pytest.mark.parametrize(
    ("one", "codes"),
    [
        ("{event: deposit_received, signal: paid}", []),
        ('{event: drift_exceeded, match: {portfolio_id: "${ input.portfolio_id }"}, signal: paid}', ["K408"]),
        ("{event: deposit_recieved, signal: paid}", ["K208"]),
        ("{event: deposit_received, signal: payed}", ["K212"]),
        ("{event: deposit_received, signal: named}", ["K408"]),
        ('{event: deposit_received, match: {account: "${ run.id }"}, signal: paid}', ["K202"]),
        ('{event: deposit_received, match: {amount: "${ run.id }"}, signal: paid}', ["K206"]),
        ('{event: deposit_received, match: {amount: "${ steps.got.payload }"}, signal: paid}', ["K225"]),
        ('{event: anything, match: {x: "${ input.portfolio_id }"}, signal: named}', []),
    ],
)
def test_subscriptions_are_checked_before_anything_runs(one: str, codes: list[str]) -> None:
    """The event, the signal and `match` are there, and the signal can take what the event carries."""
    assert faults(subscribe=one) == codes


def test_a_misspelt_event_is_answered_with_the_near_one() -> None:
    """The help names the event that was meant."""
    [problem] = [each for each in found("{event: drift_exceded, " + FROM_EVENT + "}") if each.code == "K208"]
    assert problem.help == "did you mean `drift_exceeded`?"


def derived(text: str) -> str:
    return EVENTS + f"  source: {{summary: x, derives: [{text}]}}\n"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("{event: anything}", []),
        ("{event: deposit_received, with: {amount: 3}}", []),
        ("{event: deposit_received, with: {amout: 3}}", ["K202"]),
        ("{event: nothing}", ["K208"]),
        ("{event: anything, where: event.x +}", ["K220"]),
        ("{event: source}", ["K409"]),
    ],
)
def test_derived_events_are_checked_with_the_catalogue(text: str, codes: list[str]) -> None:
    """What an event leads to is there, fits its schema, and leads back nowhere."""
    assert [each.code for each in found(events=derived(text)) if each.file.endswith("events.yaml")] == codes


def test_the_plan_has_what_was_written() -> None:
    """Each trigger keeps its place, its expressions are compiled, and its input is read by the schema."""
    text = definition(
        "{schedule: '0 9  * * *', timezone: UTC, input: {portfolio_id: 7}}, "
        "{event: drift_exceeded, where: event.drift > 5%, " + FROM_EVENT + "}, "
        "{threshold: drawdown > 10%, cooldown: 1d, " + GIVEN + "}",
        "{event: deposit_received, signal: paid}, {event: anything, match: {a: 1}, signal: named}",
    )
    read = _plan(text)
    schedule, event, threshold = read.triggers
    assert isinstance(schedule, plan.ScheduleTrigger)
    assert (schedule.place, schedule.schedule, schedule.overlap) == (1, "0 9 * * *", "skip")
    assert schedule.input.render({}) == {"portfolio_id": "7"}
    assert isinstance(event, plan.EventTrigger)
    assert event.where is not None
    assert event.where.evaluate({"event": {"drift": 0.06}}) is True
    assert isinstance(threshold, plan.ThresholdTrigger)
    assert (threshold.each, threshold.cooldown, threshold.rearm) == (True, "1d", None)
    assert [(one.event, one.signal, one.match.render({})) for one in read.subscribe] == [
        ("deposit_received", "paid", {}),
        ("anything", "named", {"a": 1}),
    ]


def test_a_plan_without_triggers_has_no_keys_for_them() -> None:
    """So the digest of a definition that has none is what it was before there were any."""
    document = _document(definition())
    assert "triggers" not in document
    assert "subscribe" not in document


def _document(text: str) -> dict[str, Any]:
    found: dict[str, Any] = build_release(folder(text, events=EVENTS)).plans["small"]
    return dict(found["document"])


def _plan(text: str) -> plan.Plan:
    return read_plan(_document(text), text)
