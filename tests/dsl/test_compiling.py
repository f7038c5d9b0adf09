"""A plan says everything that a run needs, in plain JSON, and is read back as it was written."""

from decimal import Decimal
from typing import Any

import pytest

from dsl import plan as p
from dsl.plan_reader import UnreadablePlan, read_plan
from payloads import plain_json
from tests.support.definitions import GOOD, release, small


def document(text: str) -> dict[str, Any]:
    """The plan document of the only definition."""
    (plan,) = release(text).plans.values()
    found: dict[str, Any] = plan["document"]
    return found


def steps(text: str) -> list[dict[str, Any]]:
    """The steps of a small definition's plan."""
    found: list[dict[str, Any]] = document(small(text))["steps"]
    return found


def test_the_top_of_a_plan_has_all_its_keys() -> None:
    """Everything that is not written is there with its default."""
    assert list(document("workflow: a\nversion: 2\nsummary: x\nsteps: [{wait: 1d}]")) == [
        *("format", "workflow", "version", "summary", "input", "signals", "search", "on_failure", "steps"),
    ]


@pytest.mark.parametrize("schema", ["", "input: {}\n", "input: {type: object}\n"])
def test_no_input_means_none(schema: str) -> None:
    """Without fields in `input` a run takes an empty object and nothing else."""
    found = document(f"workflow: a\nversion: 2\nsummary: x\n{schema}steps: [{{wait: 1d}}]")["input"]
    assert found == {"type": "object", "properties": {}, "additionalProperties": False}


def test_an_input_that_says_so_takes_any_fields() -> None:
    """Whoever wants what is not listed asks for it."""
    schema = "input: {type: object, additionalProperties: true}\n"
    found = document(f"workflow: a\nversion: 2\nsummary: x\n{schema}steps: [{{wait: 1d}}]")["input"]
    assert found == {"type": "object", "additionalProperties": True}


def test_defaults_of_the_file_are_merged_into_every_call() -> None:
    """What a call says wins over the file, and the file over what is built in."""
    text = "  - call: portfolio.read\n    with: {portfolio_id: a}\n    retry: {attempts: 9}\n"
    found = document(small(text, top="defaults: {timeout: 2m, retry: {first: 3s, attempts: 2}}"))
    assert found["steps"][0]["call"] == {
        "activity": "portfolio.read",
        "input": {"portfolio_id": "a"},
        "timeout": "2m",
        "retry": {"attempts": 9, "first": "3s", "factor": 2, "longest": "1m"},
        "local": False,
        "role": "light",
    }


def test_only_pure_light_activities_are_local() -> None:
    """Where an activity runs is taken from the catalogue."""
    local, compute = steps(
        "  - {call: portfolio.investment_limits, with: {cash: 5000}}\n"
        "  - {call: pods.optimize, with: {pod: POD1, capital: 100}}\n"
    )
    assert (local["call"]["local"], local["call"]["role"]) == (True, "light")
    assert (compute["call"]["local"], compute["call"]["role"]) == (False, "compute")


def test_a_stated_reason_leaves_no_undo() -> None:
    """`undo: {none: …}` is checked and then says nothing to the run; a call is compiled like any other."""
    undone = document(GOOD)["steps"][1]["try"][0]["undo"]
    assert undone["activity"] == "orders.cancel_open"
    trade = '  - lock: "${ input.id }"\n    call: orders.submit\n    with: {portfolio_id: a, trades: []}\n    undo: {none: a test}\n'
    assert "undo" not in steps(trade)[0]


def test_scalars_are_typed_by_the_schema_of_their_field() -> None:
    """A number stays exact, and is text where the activity takes text."""
    one, two = steps(
        "  - {call: portfolio.read, with: {portfolio_id: 007}}\n"
        "  - {call: portfolio.investment_limits, with: {cash: 5000.50}}\n"
    )
    assert one["call"]["input"] == {"portfolio_id": "007"}
    assert two["call"]["input"] == {"cash": Decimal("5000.50")}


def test_the_digest_does_not_hang_on_layout_or_comments() -> None:
    """Spaces, comments, quotes and the order of keys in `with` do not make another plan."""
    other = "# a comment\n" + GOOD.replace("summary: Bring", "summary:   Bring").replace(
        "call: orders.submit", "call: 'orders.submit'"
    )
    other = other.replace(
        "on_failure: {hold: 1d, role: operations}", "on_failure:\n  role: operations\n  hold: 1d"
    )
    assert release(other).plans["rebalancing"]["digest"] == release(GOOD).plans["rebalancing"]["digest"]


def test_any_change_of_meaning_makes_another_digest() -> None:
    """The digest pins what a run does."""
    other = GOOD.replace("within: 5d", "within: 6d")
    assert release(other).plans["rebalancing"]["digest"] != release(GOOD).plans["rebalancing"]["digest"]


EVERY_KIND = """\
  - id: r
    call: portfolio.read
    title: Read ${ input.id }
    with: {portfolio_id: a}
    key: reading
    record: {fact: PortfolioRebalanced, with: {cash: "${ steps.r.cash }"}}
  - set: {x: 1, y: "${ steps.r.cash }"}
  - choose:
      - {when: vars.x > 1, steps: [{wait: 2d, calendar: XASX}]}
      - otherwise: [{wait: "${ days(vars.x) }"}]
  - parallel:
      a: [{emit: drift_exceeded, with: {by: 1}}]
      b: [{run: small, with: {id: a, amount: 1, ids: []}, detached: true}]
  - id: each
    for_each: [1, "vars.x"]
    as: n
    at_most: 2
    lock: "${ input.id }"
    steps: [{wait: 1s}]
    collect: {n: n}
  - try: [{wait: 1s}]
    catch:
      - {errors: [Timeout], as: e, steps: [{fail: {error: Gone, message: "${ e.message }"}}]}
      - {steps: [{wait: 1s}]}
    finally: [{wait: 1s}]
  - id: paid
    receive: paid
    where: signal.cents > 3
    within: 1d
    on_timeout: [{wait: 1s}]
    record: PortfolioRebalanced
  - when: vars.x > 1
    finish: {n: "${ steps.each }"}
"""


def test_every_kind_of_step_is_read_back() -> None:
    """A plan that went through JSON has every part of every kind."""
    written = document(small(EVERY_KIND))
    plan = read_plan(plain_json.loads(plain_json.dumps(written)), plain_json.digest(written))
    call, set_, choose, parallel, each, try_, receive, finish = plan.steps
    assert isinstance(call, p.Call)
    assert call.record is not None
    assert call.title is not None
    assert call.title.render({"input": {"id": 3}}) == "Read 3"
    assert isinstance(set_, p.Set)
    assert list(set_.set) == ["x", "y"]
    assert isinstance(choose, p.Choose)
    assert [branch.when is None for branch in choose.choose] == [False, True]
    assert choose.choose[0].steps[0].calendar == "XASX"
    assert isinstance(parallel, p.Parallel)
    assert [type(steps[0]) for steps in parallel.parallel.values()] == [p.Emit, p.Run]
    assert isinstance(each, p.ForEach)
    assert each.for_each.evaluate({"vars": {"x": 5}}) == [1, 5]
    assert each.collect is not None
    assert each.collect.evaluate({"n": 2}) == {"n": 2}
    assert isinstance(try_, p.Try)
    assert [catch.errors for catch in try_.catch] == [("Timeout",), None]
    assert isinstance(receive, p.Receive)
    assert receive.where is not None
    assert receive.where.evaluate({"signal": {"cents": 4}}) is True
    assert isinstance(finish, p.Finish)


def test_a_plan_is_read_once_a_digest() -> None:
    """A worker loads one plan thousands of times and gets the same object."""
    written = document(GOOD)
    assert read_plan(written, "one") is read_plan(written, "one")
    assert read_plan(written, "one") is not read_plan(written, "two")


@pytest.mark.parametrize("broken", [{}, {"format": 99}, {"format": p.FORMAT, "workflow": "a"}])
def test_what_is_no_plan_of_this_format_is_named(broken: dict[str, Any]) -> None:
    """A document of another format is refused, never filled with defaults."""
    with pytest.raises(UnreadablePlan):
        read_plan(broken, f"broken {len(broken)}")


def test_an_unknown_kind_of_step_is_named() -> None:
    """A plan from a later version says what this one lacks."""
    written = {**document(GOOD), "steps": [{"kind": "dream"}]}
    with pytest.raises(UnreadablePlan, match="dream"):
        read_plan(written, "dream")
