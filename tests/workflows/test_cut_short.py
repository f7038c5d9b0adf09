"""What a branch leaves that another one cuts short, and leases that blocks of one run share."""

import asyncio
from typing import Any

from temporalio.client import Client

from payloads.call import Call
from tests.support.interpreting import House, call, echo, plan, start, until, working

FOR_EVER = {"kind": "wait", "wait": "1d"}
STOP = [{"kind": "finish", "finish": {}}]
TROUBLE = {"kind": "fail", "error": "Trouble", "message": "no"}


def asking(id: str, **more: Any) -> dict[str, Any]:
    """A step that waits for somebody's approval."""
    asked = {"role": "compliance", "show": {}, "quorum": 1, "within": "1d"}
    return {"kind": "approve", "id": id, **asked, "on_reject": STOP, "on_timeout": STOP, **more}


def parallel(**branches: list[dict[str, Any]]) -> dict[str, Any]:
    return {"kind": "parallel", "parallel": branches}


def locked(*steps: dict[str, Any]) -> dict[str, Any]:
    """Steps under the lease P-1."""
    return {"kind": "try", "try": list(steps), "catch": [], "finally": [], "lock": "P-1"}


def trying(*steps: dict[str, Any]) -> dict[str, Any]:
    """Steps whose errors are taken."""
    return {"kind": "try", "try": list(steps), "catch": [{"steps": [call("caught")]}], "finally": []}


def order(house: House, *names: str) -> list[str]:
    """Which of these activities were called, in order."""
    return [name for name, _, _ in house.calls if name in names]


async def test_finishing_gives_back_what_other_branches_hold(client: Client) -> None:
    """A `finish` undoes nothing, and leaves no lease behind."""
    finish = [{"kind": "receive", "receive": ["go"]}, {"kind": "finish", "finish": {"done": True}}]
    document = plan(parallel(trading=[locked(FOR_EVER)], other=finish), signals={"go": {"type": "object"}})
    house = House({"trial": document})
    async with working(client, house, replayed=True):
        run = await start(client)
        await until(run, lambda status: "timer" in (status["waits_for"] or "") and bool(house.held))
        await run.signal("go", {})
        assert await run.result() == {"done": True}
    assert house.held == {}


async def test_the_outermost_block_gives_a_lease_back(client: Client) -> None:
    """A block that takes the lease of the block around it does not end it."""
    document = plan(locked(locked(call("inner")), call("outer")), call("last"))
    house = House({"trial": document}, {"portfolio.read": echo})
    async with working(client, house, replayed=True):
        await (await start(client)).result()
    assert order(house, "leases.release", "portfolio.read") == [
        "portfolio.read",
        "portfolio.read",
        "leases.release",
        "portfolio.read",
    ]


async def test_the_last_of_several_branches_gives_their_lease_back(client: Client) -> None:
    """A branch that is done leaves the lease to one that still works under it."""
    signals = {"go": {"type": "object"}}
    document = plan(
        parallel(
            short=[locked(call("short"))],
            long=[locked({"kind": "receive", "receive": ["go"]}, call("long"))],
        ),
        signals=signals,
    )
    house = House({"trial": document}, {"portfolio.read": echo})
    async with working(client, house, replayed=True):
        run = await start(client)
        await until(
            run, lambda status: status["waits_for"] == "go" and len(house.asked("portfolio.read")) == 1
        )
        assert house.held
        await run.signal("go", {})
        await run.result()
    assert order(house, "leases.release", "portfolio.read") == [
        "portfolio.read",
        "portfolio.read",
        "leases.release",
    ]
    assert house.held == {}


async def test_nobody_is_asked_any_more_when_a_branch_is_cut_short(client: Client) -> None:
    """The approval is closed, and the run says that it waits for what it does wait for."""
    signals = {"go": {"type": "object"}, "end": {"type": "object"}}
    failing = [{"kind": "receive", "receive": ["go"]}, TROUBLE]
    document = plan(
        trying(parallel(asking=[asking("ok")], failing=failing)),
        {"kind": "receive", "receive": ["end"]},
        signals=signals,
    )
    house = House({"trial": document}, {"portfolio.read": echo})
    async with working(client, house, replayed=True):
        run = await start(client)
        await until(run, lambda status: bool(status["approvals"]))
        await run.signal("go", {})
        status = await until(run, lambda status: "end" in (status["waits_for"] or ""))
        await run.signal("end", {})
        await run.result()
    assert (status["approvals"], status["waits_for"]) == ([], "end")


async def test_no_step_follows_in_a_branch_that_is_cut_short(client: Client) -> None:
    """Not even when the activity under way ends well: its effect is undone, the next one not sent."""
    begun = asyncio.Event()

    async def slow(given: dict[str, Any], _: Call) -> Any:
        begun.set()
        await asyncio.sleep(1)
        return {}

    failing = [{"kind": "receive", "receive": ["go"]}, TROUBLE]
    order = [call("order", "orders.submit", undo="orders.cancel_open"), call("next", "orders.await_fills")]
    document = plan(trying(parallel(order=order, failing=failing)), signals={"go": {"type": "object"}})
    activities = {"orders.submit": slow, "orders.await_fills": echo, "orders.cancel_open": echo}
    house = House({"trial": document}, {**activities, "portfolio.read": echo})
    async with working(client, house, replayed=True):
        run = await start(client)
        await begun.wait()
        await run.signal("go", {})
        await run.result()
        status = await run.query("status")
    assert house.asked("orders.await_fills") == []
    assert status["undone"] == ["order"]
    assert status["path"] == ["caught"]


async def test_overlapping_turns_are_decided_by_what_they_show(client: Client) -> None:
    """Each decision reaches the turn whose digest it carries, though they ask under one id."""
    asked = asking("ok", show={"item": "${ item }"})
    turns = {"kind": "for_each", "for_each": ["1", "2"], "as": "item", "at_most": 2, "steps": [asked]}
    document = plan({**turns, "id": "each", "collect": "steps.ok.comment"}, output="${ steps.each }")
    house = House({"trial": document})
    async with working(client, house, replayed=True):
        run = await start(client)
        status = await until(run, lambda status: len(status["approvals"]) == 2)
        for approval in reversed(status["approvals"]):
            decision = {"step": "ok", "decision": "approve", "by": "kim", "digest": approval["digest"]}
            comment = f"item {approval['show']['item']}"
            await run.execute_update("approve", {**decision, "comment": comment})
        assert await run.result() == ["item 1", "item 2"]
