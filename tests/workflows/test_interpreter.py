"""What a run does with a plan, on a real server with stand-ins for the activities."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from tests.support.interpreting import House, call, connected, plan, start, temporal_server, until, working
from worker.dev_server import DevServer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporal")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[DevServer]:
    with temporal_server(folder) as running:
        yield running


@pytest.fixture
async def client(server: DevServer, folder: Path) -> AsyncIterator[Client]:
    return await connected(server, folder)


def refuse(type: str, message: str = "no") -> ApplicationError:
    return ApplicationError(message, {"path": "with.x"}, type=type, non_retryable=True)


def fails(type: str) -> Any:
    def stand_in(given: dict[str, Any], _: Any) -> Any:
        raise refuse(type)

    return stand_in


def echo(given: dict[str, Any], _: Any) -> Any:
    return given


async def failure_of(run: Any) -> ApplicationError:
    with pytest.raises(WorkflowFailureError) as caught:
        await run
    assert isinstance(caught.value.cause, ApplicationError)
    return caught.value.cause


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
    """Blocks in blocks, replayed from history at every task, end with the same output."""
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


async def test_failure_undoes_what_was_begun_latest_first(client: Client) -> None:
    """A run that fails undoes every registered effect, also the one that failed itself."""
    document = plan(
        call("a", undo="orders.cancel_open"),
        call("b", undo="orders.cancel_open"),
        call("c", "orders.submit", undo="orders.cancel_open"),
    )
    house = House(
        {"trial": document},
        {"portfolio.read": echo, "orders.submit": fails("OrderRejected"), "orders.cancel_open": echo},
    )
    async with working(client, house):
        run = await start(client)
        failure = await failure_of(run.result())
        status = await run.query("status")
    assert failure.type == "OrderRejected"
    assert [given["of"] for given in house.asked("orders.cancel_open")] == ["c", "b", "a"]
    assert {step["id"]: step["state"] for step in status["steps"]} == dict.fromkeys("abc", "undone")
    assert status["error"] == {"type": "OrderRejected", "message": "no", "step": "steps[2]", "path": "with.x"}


async def test_a_catch_undoes_only_its_own_steps(client: Client) -> None:
    """Steps before the `try` stay; those inside are undone before the clause runs."""
    document = plan(
        call("before", undo="orders.cancel_open"),
        {
            "kind": "try",
            "try": [call("inside", undo="orders.cancel_open"), call("bad", "orders.submit")],
            "catch": [{"steps": [call("after")]}],
            "finally": [],
        },
    )
    house = House(
        {"trial": document},
        {"portfolio.read": echo, "orders.submit": fails("OrderRejected"), "orders.cancel_open": echo},
    )
    async with working(client, house):
        await (await start(client)).result()
    assert [given["of"] for given in house.asked("orders.cancel_open")] == ["inside"]
    names = [name for name, _, _ in house.calls]
    assert names.index("orders.cancel_open") < len(names) - 1


async def test_finish_undoes_nothing(client: Client) -> None:
    """`finish` ends a run from anywhere, completed."""
    document = plan(
        call("a", undo="orders.cancel_open"),
        {"kind": "choose", "choose": [{"steps": [{"kind": "finish", "finish": {"early": True}}]}]},
        call("never"),
    )
    house = House({"trial": document}, {"portfolio.read": echo, "orders.cancel_open": echo})
    async with working(client, house):
        assert await (await start(client)).result() == {"early": True}
    assert house.asked("orders.cancel_open") == []


async def test_cancelling_undoes_and_ends_cancelled(client: Client) -> None:
    """A cancelled run undoes what it began."""
    document = plan(call("a", undo="orders.cancel_open"), {"kind": "wait", "id": "w", "wait": "30d"})
    house = House({"trial": document}, {"portfolio.read": echo, "orders.cancel_open": echo})
    async with working(client, house):
        run = await start(client)
        await until(run, lambda status: status["state"] == "waiting")
        await run.cancel()
        with pytest.raises(WorkflowFailureError):
            await run.result()
        status = await run.query("status")
    assert status["state"] == "cancelled"
    assert len(house.asked("orders.cancel_open")) == 1


SIGNALS = {
    "deposit": {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}}
}


async def test_signals_are_buffered_in_order_and_read_once(client: Client) -> None:
    """A signal that came before its `receive` is not lost; what does not match stays for others."""
    document = plan(
        {"kind": "wait", "wait": "1s"},
        {"kind": "receive", "id": "big", "receive": ["deposit"], "where": "signal.amount > 10"},
        {"kind": "receive", "id": "any", "receive": ["deposit"]},
        signals=SIGNALS,
        output={"big": "${ steps.big.payload.amount }", "any": "${ steps.any.payload.amount }"},
    )
    async with working(client, House({"trial": document})):
        run = await start(client)
        await run.signal("deposit", {"amount": 5})
        await run.signal("deposit", {"amount": 50})
        assert await run.result() == {"big": 50, "any": 5}


async def test_a_signal_that_does_not_fit_is_put_aside_and_logged(client: Client) -> None:
    """A raw signal of the wrong shape is shown by `status` and seen by no `receive`."""
    document = plan({"kind": "receive", "id": "got", "receive": ["deposit"]}, signals=SIGNALS)
    house = House({"trial": document})
    async with working(client, house):
        run = await start(client)
        await run.signal("deposit", {"amount": "much"})
        await run.signal("nonsense", {})
        status = await until(run, lambda found: len(found["signals_rejected"]) == 2)
        assert status["state"] == "waiting"
        assert status["waits_for"] == "deposit"
        await run.signal("deposit", {"amount": 1})
        await run.result()
    assert [given["fact"] for given in house.asked("events.record")] == ["SignalRejected", "SignalRejected"]


async def test_a_signal_sent_as_an_update_is_refused_before_history(client: Client) -> None:
    """A wrong name or payload is refused; a repeated id counts once; the unread rest is logged."""
    document = plan({"kind": "receive", "id": "got", "receive": ["deposit"]}, signals=SIGNALS)
    house = House({"trial": document})
    async with working(client, house):
        run = await start(client)
        await until(run, lambda status: status["state"] == "waiting")
        for message in (
            {"name": "withdrawal", "payload": {}},
            {"name": "deposit", "payload": {"amount": "x"}},
        ):
            with pytest.raises(WorkflowUpdateFailedError):
                await run.execute_update("signal", message)
        await run.execute_update("signal", {"name": "deposit", "payload": {"amount": 2}, "id": "S-1"})
        await run.result()
        history = [event async for event in run.fetch_history_events()]
    accepted = [
        event for event in history if event.HasField("workflow_execution_update_accepted_event_attributes")
    ]
    assert len(accepted) == 1


async def test_a_reset_loses_no_signal(client: Client) -> None:
    """After a reset to the very beginning, signals that were accepted before are there again."""
    document = plan(
        {"kind": "receive", "id": "got", "receive": ["deposit"]},
        {"kind": "wait", "wait": "30d"},
        signals=SIGNALS,
    )
    async with working(client, House({"trial": document})):
        run = await start(client)
        await until(run, lambda status: status["state"] == "waiting")
        await run.execute_update("signal", {"name": "deposit", "payload": {"amount": 2}})
        await until(run, lambda status: status["waits_for"] == "timer")
        await client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace="default",
                workflow_execution=WorkflowExecution(workflow_id=run.id),
                workflow_task_finish_event_id=3,
                request_id="reset",
            )
        )
        again = client.get_workflow_handle(run.id)
        status = await until(again, lambda found: found["waits_for"] == "timer")
        await again.cancel()
    assert status["steps"][0]["state"] == "done"


async def test_a_receive_that_times_out_runs_its_branch_or_fails(client: Client) -> None:
    """With `on_timeout` the branch runs and `timed_out` is true; without, the run fails SignalTimeout."""
    patient = {"kind": "receive", "id": "got", "receive": ["deposit"], "within": "1s"}
    polite = plan(
        {**patient, "on_timeout": [call("remind")]}, signals=SIGNALS, output="${ steps.got.timed_out }"
    )
    strict = plan(patient, signals=SIGNALS, workflow="strict")
    house = House({"trial": polite, "strict": strict}, {"portfolio.read": echo})
    async with working(client, house):
        assert await (await start(client)).result() is True
        failure = await failure_of((await start(client, "strict")).result())
    assert failure.type == "SignalTimeout"
    assert len(house.asked("portfolio.read")) == 1


async def test_a_failed_step_is_held_and_retried_by_a_person(client: Client) -> None:
    """With `on_failure` the run waits; `retry` runs the failed step again, nothing lost."""
    broken = True

    def sometimes(given: dict[str, Any], _: Any) -> Any:
        if broken:
            raise refuse("BrokerUnavailable")
        return given

    document = plan(
        call("a", undo="orders.cancel_open"),
        call("b", "orders.submit"),
        on_failure={"duration": "1d", "role": "operations"},
        output="done",
    )
    house = House(
        {"trial": document}, {"portfolio.read": echo, "orders.submit": sometimes, "orders.cancel_open": echo}
    )
    async with working(client, house):
        run = await start(client)
        status = await until(run, lambda found: found["state"] == "held")
        assert status["error"]["type"] == "BrokerUnavailable"
        with pytest.raises(WorkflowUpdateFailedError):
            await run.execute_update("retry", {"step": "nothing", "by": "kim"})
        broken = False
        await run.execute_update("retry", {"step": "b", "by": "kim"})
        assert await run.result() == "done"
    assert house.asked("orders.cancel_open") == []
    assert len(house.asked("portfolio.read")) == 1


async def test_a_hold_that_nobody_answers_undoes(client: Client) -> None:
    """At the deadline the run undoes and fails with the step's error."""
    document = plan(
        call("a", "orders.submit", undo="orders.cancel_open"),
        on_failure={"duration": "1s", "role": "operations"},
    )
    house = House({"trial": document}, {"orders.submit": fails("BrokerDown"), "orders.cancel_open": echo})
    async with working(client, house):
        failure = await failure_of((await start(client)).result())
    assert failure.type == "BrokerDown"
    assert len(house.asked("orders.cancel_open")) == 1


async def test_an_error_that_a_catch_takes_is_never_held(client: Client) -> None:
    """Holding is for failures that nobody handles; a `fail` step never holds."""
    document = plan(
        {
            "kind": "try",
            "try": [call("a", "orders.submit")],
            "catch": [{"errors": ["OrderRejected"], "steps": []}],
            "finally": [],
        },
        {"kind": "fail", "error": "Stopped", "message": "enough"},
        on_failure={"duration": "1d", "role": "operations"},
    )
    async with working(client, House({"trial": document}, {"orders.submit": fails("OrderRejected")})):
        failure = await failure_of((await start(client)).result())
    assert (failure.type, failure.message) == ("Stopped", "enough")


async def test_an_undo_that_fails_waits_for_a_person(client: Client) -> None:
    """The run stands in `undo_stuck` until `retry`."""
    broken = True

    def sometimes(given: dict[str, Any], _: Any) -> Any:
        if broken:
            raise refuse("BrokerUnavailable")
        return given

    document = plan(
        call("a", undo="orders.cancel_open"), {"kind": "fail", "error": "Stopped", "message": "enough"}
    )
    house = House({"trial": document}, {"portfolio.read": echo, "orders.cancel_open": sometimes})
    async with working(client, house):
        run = await start(client)
        await until(run, lambda found: found["state"] == "undo_stuck")
        broken = False
        await run.execute_update("retry", {"step": None, "by": "kim"})
        assert (await failure_of(run.result())).type == "Stopped"


async def test_a_lease_is_waited_for_and_given_back(client: Client) -> None:
    """A locked block waits for its lease, names who has it, and gives it back also on failure."""
    document = plan(call("a", "orders.submit", lock="P-1"))
    house = House({"trial": document}, {"orders.submit": fails("OrderRejected")})
    house.held["P-1"] = "somebody"
    async with working(client, house):
        run = await start(client)
        status = await until(run, lambda found: found["waits_for"] is not None)
        assert status["waits_for"] == "lease P-1 held by another-run"
        assert house.asked("orders.submit") == []
        del house.held["P-1"]
        assert (await failure_of(run.result())).type == "OrderRejected"
    assert house.held == {}


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
