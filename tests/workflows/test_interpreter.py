"""What a run does with a plan, on a real server with stand-ins for the activities."""

import asyncio
from typing import Any

import pytest
from temporalio.client import Client

from tests.support.interpreting import (
    House,
    call,
    echo,
    fails,
    failure_of,
    plan,
    start,
    until,
    working,
)


async def test_steps_that_will_not_run_any_more_are_skipped(client: Client) -> None:
    """A branch not taken is skipped once its block is over, and pending steps have their titles."""
    document = plan(
        {
            "kind": "choose",
            "choose": [{"when": "false", "steps": [call("no", title="Never")]}, {"steps": [call("yes")]}],
        },
        {"kind": "wait", "id": "w", "wait": "30d", "title": "Wait a month"},
        call("later", title="Much later"),
    )
    async with working(client, House({"trial": document}, {"portfolio.read": echo})):
        run = await start(client)
        status = await until(run, lambda found: found["state"] == "waiting")
        await run.terminate()
    steps = {step["id"]: (step["state"], step["title"]) for step in status["steps"]}
    assert steps["no"] == ("skipped", "Never")
    assert steps["later"] == ("pending", "Much later")
    assert status["current_steps"] == ["w"]


async def test_outputs_of_steps_reach_later_steps_and_the_output(client: Client) -> None:
    """A step's output is read by the next one, exact decimals included."""
    document = plan(
        call("a", given={"x": "${ input.price * 3 }"}),
        call("b", given={"y": "${ steps.a.x }", "text": "price ${ steps.a.x }"}),
        output={"sum": "${ steps.b.y + steps.a.x }", "text": "${ steps.b.text }"},
    )
    async with working(client, House({"trial": document}, {"portfolio.read": echo})):
        run = await start(client, given={"price": 0.1})
        result = await run.result()
    assert str(result["sum"]) == "0.6"
    assert result["text"] == "price 0.3"


async def test_skipped_steps_have_no_output(client: Client) -> None:
    """`when` that is not true leaves the step out."""
    document = plan(
        call("a", when="input.go", given={"x": 1}),
        output={"ran": "${ has(steps.a) }"},
    )
    async with working(client, House({"trial": document}, {"portfolio.read": echo})):
        skipped = await (await start(client, given={"go": False})).result()
        done = await (await start(client, given={"go": True})).result()
    assert (skipped, done) == ({"ran": False}, {"ran": True})


@pytest.mark.parametrize("cached", [100, 0])
async def test_every_kind_of_block_nests_in_every_other(client: Client, cached: int) -> None:
    """Blocks in blocks, also replayed from history at every task, end with the same output."""
    inner = [
        {
            "kind": "for_each",
            "id": "turns",
            "for_each": "[1, 2, 3]",
            "as": "n",
            "at_most": 2,
            "steps": [
                {
                    "kind": "choose",
                    "choose": [
                        {"when": "n == 2", "steps": [call("even", given={"n": "${ n * 10 }"})]},
                        {"steps": [call("odd", given={"n": "${ n }"})]},
                    ],
                }
            ],
            "collect": "default(steps.even.n, default(steps.odd.n, 0))",
        },
        {"kind": "set", "set": {"left": "${ steps.turns }"}},
    ]
    document = plan(
        {
            "kind": "try",
            "try": [
                {
                    "kind": "parallel",
                    "parallel": {
                        "left": inner,
                        "right": [{"kind": "wait", "id": "pause", "wait": "1s"}, call("r", given={"n": 7})],
                    },
                },
                call("bad", "orders.submit"),
            ],
            "catch": [
                {
                    "errors": ["OrderRejected"],
                    "as": "err",
                    "steps": [{"kind": "set", "set": {"why": "${ err.type } at ${ err.path }"}}],
                }
            ],
            "finally": [call("last", given={"n": 9})],
        },
        output={"left": "${ vars.left }", "why": "${ vars.why }", "last": "${ steps.last.n }"},
    )
    house = House({"trial": document}, {"portfolio.read": echo, "orders.submit": fails("OrderRejected")})
    async with working(client, house, cached=cached):
        run = await start(client)
        result = await run.result()
        status = await run.query("status")
    assert result == {"left": [1, 20, 3], "why": "OrderRejected at with.x", "last": 9}
    paths = {step["path"]: step["state"] for step in status["steps"]}
    assert paths["steps[0].try[0].parallel.left[0].for_each[1].steps[0].choose[0].steps[0]"] == "done"
    assert paths["steps[0].try[1]"] == "failed"
    assert paths["steps[0].catch[0].steps[0]"] == "done"
    assert paths["steps[0].finally[0]"] == "done"


async def test_a_window_bounds_what_runs_at_once(client: Client) -> None:
    """`at_most: 2` never has three turns under way, and the collected order is the input's."""
    active, most = 0, 0

    async def slow(given: dict[str, Any], _: Any) -> Any:
        nonlocal active, most
        active += 1
        most = max(most, active)
        await asyncio.sleep(0.05 * (4 - int(given["n"])))
        active -= 1
        return given

    document = plan(
        {
            "kind": "for_each",
            "id": "all",
            "for_each": "[1, 2, 3, 4]",
            "as": "n",
            "at_most": 2,
            "steps": [call("one", given={"n": "${ n }"})],
            "collect": "steps.one.n",
        },
        output="${ steps.all }",
    )
    async with working(client, House({"trial": document}, {"portfolio.read": slow})):
        assert await (await start(client)).result() == [1, 2, 3, 4]
    assert most == 2


async def test_a_child_is_identified_through_its_parent(client: Client) -> None:
    """Effects of a child carry the parent's root and step; its failure is the parent's typed error."""
    child = plan(call("x"), workflow="child", output={"y": "${ input.y }"})
    document = plan(
        {"kind": "run", "id": "sub", "run": "child", "input": {"y": 3}, "detached": False},
        output="${ steps.sub.y }",
    )
    failing = plan({"kind": "fail", "error": "Inner", "message": "no"}, workflow="failing")
    outer = plan(
        {"kind": "run", "id": "sub", "run": "failing", "input": {}, "detached": False}, workflow="outer"
    )
    house = House(
        {"trial": document, "child": child, "failing": failing, "outer": outer}, {"portfolio.read": echo}
    )
    async with working(client, house):
        run = await start(client)
        assert await run.result() == 3
        assert (await failure_of((await start(client, "outer")).result())).type == "Inner"
    (root,) = {caller.effect_root for name, _, caller in house.calls if name == "portfolio.read"}
    assert root == f"{run.first_execution_run_id}/steps[0]#"


async def test_loops_make_each_turn_an_effect_of_its_own(client: Client) -> None:
    """Turns differ by iteration alone; `key` replaces the step's path."""
    document = plan(
        {
            "kind": "for_each",
            "for_each": "[1, 2]",
            "as": "n",
            "at_most": 1,
            "steps": [call("one"), call("two", key="moved")],
        }
    )
    house = House({"trial": document}, {"portfolio.read": echo})
    async with working(client, house):
        await (await start(client)).result()
    steps = [(caller.step, caller.iteration) for name, _, caller in house.calls if name == "portfolio.read"]
    assert steps == [
        ("steps[0].for_each[].steps[0]", "0"),
        ("moved", "0"),
        ("steps[0].for_each[].steps[0]", "1"),
        ("moved", "1"),
    ]
    keys = {caller.key() for name, _, caller in house.calls if name == "portfolio.read"}
    assert len(keys) == 4


async def test_errors_of_local_activities_are_typed_too(client: Client) -> None:
    """An error of a pure activity is caught like any other, and seen in the status."""
    document = plan(
        {
            "kind": "try",
            "try": [call("a", "orders.submit", local=True)],
            "catch": [{"errors": ["TooSmall"], "as": "e", "steps": [call("b", given={"t": "${ e.type }"})]}],
            "finally": [],
        },
        call("c", "orders.submit", local=True),
    )
    house = House({"trial": document}, {"orders.submit": fails("TooSmall"), "portfolio.read": echo})
    async with working(client, house):
        run = await start(client)
        assert (await failure_of(run.result())).type == "TooSmall"
        status = await run.query("status")
    assert (status["state"], status["error"]["step"]) == ("failed", "steps[1]")
    assert house.asked("portfolio.read") == [{"t": "TooSmall"}]


async def test_unknown_types_and_bad_input_fail_at_once(client: Client) -> None:
    """A type that no release has, and input that breaks its schema, are named errors."""
    schema = {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}}
    document = plan(call("a"), input=schema)
    async with working(client, House({"trial": document}, {"portfolio.read": echo})):
        unknown = await failure_of((await start(client, "no_such_thing")).result())
        bad = await failure_of((await start(client, given={"amount": "x"})).result())
    assert unknown.type == "UnknownDefinition"
    assert (bad.type, bad.message) == ("InvalidInput", "amount: must be a number")


async def test_an_expression_without_a_value_fails_the_run(client: Client) -> None:
    """A run never goes on with a missing value."""
    document = plan(call("a", given={"x": "${ 1 / input.zero }"}))
    async with working(client, House({"trial": document}, {"portfolio.read": echo})):
        failure = await failure_of((await start(client, given={"zero": 0})).result())
    assert failure.type == "ExpressionFailed"


async def test_facts_are_recorded_on_the_stream_of_the_client(client: Client) -> None:
    """`record` appends the output, or what `with` says, once the step is done."""
    document = plan(
        call("a", given={"customer_id": "C-1"}, record={"fact": "PodOptimized"}),
        call("b", record={"fact": "GoalsDefined", "data": {"n": "${ 1 + 1 }"}}),
        search={"client": "${ steps.a.customer_id }"},
    )
    house = House({"trial": document}, {"portfolio.read": echo})
    async with working(client, house):
        run = await start(client)
        await run.result()
        found = await run.describe()
    assert house.asked("events.record") == [
        {"fact": "PodOptimized", "data": {"customer_id": "C-1"}},
        {"fact": "GoalsDefined", "data": {"n": 2}},
    ]
    streams = [caller.stream for name, _, caller in house.calls if name == "events.record"]
    assert streams == ["client:C-1", "client:C-1"]
    attributes = {pair.key.name: pair.value for pair in found.typed_search_attributes}
    assert attributes["KronosClient"] == "C-1"
    assert attributes["KronosDefinition"] == "trial"
