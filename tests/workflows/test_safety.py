"""Undoing, holding for a person and leases, on a real server with stand-ins for the activities."""

import asyncio
from typing import Any

import pytest
from temporalio.client import Client, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from payloads.call import Call
from tests.support.interpreting import (
    House,
    call,
    echo,
    fails,
    failure_of,
    plan,
    refuse,
    start,
    until,
    working,
)


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


async def test_only_the_people_of_the_role_retry_a_held_step(client: Client) -> None:
    """The refusal of another is told, the step stays held, and who retried stands in the status."""
    answers = iter([refuse("BrokerUnavailable")])

    def once_away(given: dict[str, Any], _: Call) -> Any:
        if (failure := next(answers, None)) is not None:
            raise failure
        return given

    def allow(given: dict[str, Any], _: Call) -> Any:
        if given["by"] != "sam":
            raise refuse("NotEligible", f"{given['by']} may not; sam may")
        return {"stream": "client:C", "sequence": 1}

    document = plan(
        call("b", "orders.submit"), on_failure={"duration": "1d", "role": "operations"}, output="done"
    )
    house = House({"trial": document}, {"orders.submit": once_away, "runs.allow_retry": allow})
    async with working(client, house, replayed=True):
        run = await start(client)
        await until(run, lambda found: found["state"] == "held")
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await run.execute_update("retry", {"step": "b", "by": "kim"})
        assert isinstance(refused.value.cause, ApplicationError)
        assert (refused.value.cause.type, refused.value.cause.message) == (
            "NotEligible",
            "kim may not; sam may",
        )
        assert (await run.query("status"))["state"] == "held"
        await run.execute_update("retry", {"step": "b", "by": "sam"})
        assert await run.result() == "done"
        [retried] = (await run.query("status"))["retries"]
    assert (retried["step"], retried["by"], retried["method"]) == ("b", "sam", "declared")
    [first, second] = house.asked("runs.allow_retry")
    assert (first["by"], second["role"], second["error"]) == ("kim", "operations", "BrokerUnavailable")


async def test_two_who_retry_at_once_retry_once(client: Client) -> None:
    """The second is told so, and the step runs again once; without a name it is the system's user."""
    answers = iter([refuse("BrokerUnavailable")])

    def once_away(given: dict[str, Any], _: Call) -> Any:
        if (failure := next(answers, None)) is not None:
            raise failure
        return given

    document = plan(call("b", "orders.submit"), on_failure={"duration": "1d", "role": "operations"})
    house = House({"trial": document}, {"orders.submit": once_away})
    async with working(client, house):
        run = await start(client)
        await until(run, lambda found: found["state"] == "held")
        asked = [run.execute_update("retry", {"step": "b"}) for _ in range(2)]
        told = await asyncio.gather(*asked, return_exceptions=True)
        await run.result()
    assert [isinstance(one, Exception) for one in told].count(True) == 1
    assert len(house.asked("orders.submit")) == 2
    [given] = house.asked("runs.allow_retry")
    assert given["method"] == "system"


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


async def test_a_run_that_has_done_nothing_is_not_held_for_what_no_retry_mends(client: Client) -> None:
    """Before any effect an error for good fails the run at once; one that may pass is held all the same."""
    rule = {"duration": "1d", "role": "operations"}
    wrong = plan(call("a"), call("b", "orders.submit"), on_failure=rule)
    passing = plan(call("c", "portfolio.consolidate"), on_failure=rule, workflow="passing")

    def unreachable(given: dict[str, Any], _: Any) -> Any:
        raise ApplicationError("gone", type="DatabaseUnavailable")

    house = House(
        {"trial": wrong, "passing": passing},
        {"portfolio.read": fails("UnknownPortfolio"), "portfolio.consolidate": unreachable},
    )
    async with working(client, house):
        assert (await failure_of((await start(client)).result())).type == "UnknownPortfolio"
        run = await start(client, "passing")
        await until(run, lambda found: found["state"] == "held")
        await run.cancel()


async def test_a_run_that_read_a_signal_is_held(client: Client) -> None:
    """A new start would not have the signal, so the failed step waits for a person."""
    document = plan(
        {"kind": "receive", "id": "got", "receive": ["deposit"]},
        call("a"),
        on_failure={"duration": "1d", "role": "operations"},
        signals={"deposit": {"type": "object"}},
    )
    async with working(client, House({"trial": document}, {"portfolio.read": fails("UnknownPortfolio")})):
        run = await start(client)
        await run.signal("deposit", {})
        await until(run, lambda found: found["state"] == "held")
        await run.cancel()


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
