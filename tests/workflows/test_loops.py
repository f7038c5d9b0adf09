"""`repeat` on a real server whose histories grow long after a few events; each is replayed in the end."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle

from tests.support.deciding import reset
from tests.support.interpreting import (
    House,
    call,
    connected,
    echo,
    fails,
    failure_of,
    plan,
    start,
    temporal_server,
    until,
    working,
)
from worker.dev_server import DevServer

SHORT_HISTORIES = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=20")
COUNT = {"kind": "set", "set": {"n": "${ vars.n + 1 }"}}


def counting(to: int, *steps: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """Steps that count `vars.n` from 0 up to `to`, one turn each."""
    loop = {"kind": "repeat", "until": f"vars.n >= {to}", "upgrade": False}
    body = [call("seen", given={"n": "${ vars.n }"}), COUNT, *steps]
    return [{"kind": "set", "set": {"n": 0}}, {**loop, "steps": body, **more}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("loops")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[DevServer]:
    with temporal_server(folder, *SHORT_HISTORIES) as running:
        yield running


@pytest.fixture
async def client(server: DevServer, folder: Path) -> AsyncIterator[Client]:
    return await connected(server, folder)


async def runs_of(client: Client, workflow_id: str) -> int:
    """How many runs, each continuing the one before, the workflow id had."""
    return len([found async for found in client.list_workflows(f"WorkflowId = '{workflow_id}'")])


async def test_a_long_loop_continues_as_new_and_keeps_its_state(client: Client) -> None:
    """Forty turns count to forty, over several runs, and each turn calls once."""
    document = plan(*counting(40), output={"n": "${ vars.n }", "last": "${ steps.seen.n }"})
    house = House({"trial": document}, {"portfolio.read": echo})
    async with working(client, house, replayed=True):
        run = await start(client)
        assert await run.result() == {"n": 40, "last": 39}
    assert [given["n"] for given in house.asked("portfolio.read")] == list(range(40))
    assert len({call.key() for name, _, call in house.calls if name == "portfolio.read"}) == 40
    assert await runs_of(client, run.id) > 2


NESTED: dict[str, Any] = {
    "try": lambda steps: {"kind": "try", "try": steps, "catch": [], "finally": []},
    "choose": lambda steps: {"kind": "choose", "choose": [{"when": "false", "steps": []}, {"steps": steps}]},
    "parallel": lambda steps: {"kind": "parallel", "parallel": {"fast": [call("fast")], "slow": steps}},
    "for_each": lambda steps: {
        "kind": "for_each",
        "for_each": ["1", "2"],
        "as": "item",
        "at_most": 1,
        "steps": steps,
        "collect": "item * 100 + vars.n",
    },
    "repeat": lambda steps: {"kind": "repeat", "at_most": 2, "upgrade": False, "steps": steps},
    "catch": lambda steps: {
        "kind": "try",
        "try": [{"kind": "fail", "error": "Trouble", "message": "no"}],
        "catch": [{"as": "problem", "steps": [*steps, call("caught", given={"t": "${ problem.type }"})]}],
        "finally": [],
    },
    "on_timeout": lambda steps: {
        "kind": "receive",
        "receive": ["paid"],
        "within": "1s",
        "on_timeout": steps,
    },
    "lock": lambda steps: {"kind": "try", "try": steps, "catch": [], "finally": [], "lock": "P-1"},
}


@pytest.mark.parametrize("around", NESTED)
async def test_a_loop_continues_as_new_inside_any_block(client: Client, around: str) -> None:
    """What stands around the loop goes on where it was: branch, item, turn, error, lease."""
    block = {"id": "around", **NESTED[around](counting(12))}
    document = plan(
        call("first"),
        block,
        call("last"),
        signals={"paid": {"type": "object"}},
        output={"n": "${ vars.n }", "list": "${ default(steps.around, null) }"},
    )
    house = House({"trial": document}, {"portfolio.read": echo})
    async with working(client, house, replayed=True):
        run = await start(client)
        output = await run.result()
        status = await run.query("status")
    turns = [given["n"] for given in house.asked("portfolio.read") if "n" in given]
    assert output["n"] == 12
    assert turns == list(range(12)) * (2 if around in ("for_each", "repeat") else 1)
    if around == "for_each":
        assert output["list"] == [112, 212]
    if around == "catch":
        assert {"t": "Trouble"} in house.asked("portfolio.read")
    if around == "lock":
        assert house.held == {}
        assert [name for name, _, _ in house.calls].count("leases.acquire") == 1
    assert status["path"][-2:] == ["around", "last"]
    assert await runs_of(client, run.id) > 1


async def test_what_was_begun_before_is_undone_after(client: Client) -> None:
    """The undo stack survives: latest first, with the inputs of the turn that began it."""
    turns = counting(12, call("order", given={"n": "${ vars.n }"}, undo="orders.cancel_open"))
    document = plan(call("before", undo="orders.cancel_open"), *turns, call("bad", "orders.submit"))
    house = House(
        {"trial": document},
        {"portfolio.read": echo, "orders.submit": fails("OrderRejected"), "orders.cancel_open": echo},
    )
    async with working(client, house, replayed=True):
        run = await start(client)
        assert (await failure_of(run.result())).type == "OrderRejected"
        status = await run.query("status")
    assert [given["of"] for given in house.asked("orders.cancel_open")] == ["order"] * 12 + ["before"]
    assert status["undone"] == ["order"] * 12 + ["before"]
    assert await runs_of(client, run.id) > 1


async def test_unread_signals_go_along(client: Client) -> None:
    """A signal that comes before the loop is read after it, many runs later."""
    document = plan(
        {"kind": "wait", "wait": "1s"},
        *counting(20),
        {"kind": "receive", "id": "paid", "receive": ["paid"]},
        signals={"paid": {"type": "object", "properties": {"amount": {"type": "number"}}}},
        output={"amount": "${ steps.paid.payload.amount }"},
    )
    house = House({"trial": document}, {"portfolio.read": echo})
    async with working(client, house, replayed=True):
        run = await start(client)
        await run.signal("paid", {"amount": 5})
        assert await run.result() == {"amount": 5}
    assert await runs_of(client, run.id) > 1


async def test_a_later_run_that_is_reset_loses_no_signal(client: Client) -> None:
    """To the beginning of the run that it goes on as, where the plan is not loaded yet."""
    document = plan(
        *counting(12),
        {"kind": "receive", "id": "paid", "receive": ["paid"]},
        {"kind": "wait", "wait": "30d"},
        signals={"paid": {"type": "object", "properties": {"amount": {"type": "number"}}}},
    )
    house = House({"trial": document}, {"portfolio.read": echo})
    async with working(client, house, replayed=True):
        run = await start(client)
        later: WorkflowHandle[Any, Any] = client.get_workflow_handle(run.id)
        await until(later, lambda status: status["waits_for"] == "paid")
        await later.execute_update("signal", {"name": "paid", "payload": {"amount": 5}})
        await until(later, lambda status: status["waits_for"] == "timer")
        await reset(client, later, 3)
        # By its id alone: how long its history gets says whether it goes on as new once more.
        status = await until(later, lambda found: found["waits_for"] == "timer")
        await later.cancel()
    assert await runs_of(client, run.id) > 2
    assert [row["state"] for row in status["steps"] if row["id"] == "paid"] == ["done"]


async def test_a_loop_that_never_comes_true_is_exhausted(client: Client) -> None:
    """At its last turn it fails as `RepeatExhausted`, or does what `on_exhausted` says."""
    loop = {"kind": "repeat", "until": "false", "at_most": 3, "upgrade": False, "steps": [call("turn")]}
    more = {**loop, "on_exhausted": [call("enough")]}
    house = House({"trial": plan(loop), "other": plan(more)}, {"portfolio.read": echo})
    async with working(client, house):
        assert (await failure_of((await start(client)).result())).type == "RepeatExhausted"
        run = await start(client, "other")
        await run.result()
        assert (await run.query("status"))["path"] == ["turn", "turn", "turn", "enough"]


async def test_a_newer_release_is_taken_at_the_next_turn(client: Client) -> None:
    """The loop upgrades when the run has every name that the new version reads; else it stays and says why."""
    signals = {"go": {"type": "object"}}

    def version(number: int, reads: str) -> dict[str, Any]:
        steps = [{"kind": "receive", "receive": ["go"]}, call("seen", given={"version": number})]
        loop = {
            "kind": "repeat",
            "id": "loop",
            "until": "vars.n > 3",
            "upgrade": True,
            "steps": [*steps, COUNT],
        }
        first = {"kind": "set", "set": {"n": 0}}
        return plan(first, loop, version=number, signals=signals, output={"n": f"${{ {reads} }}"})

    house = House({"trial": version(1, "vars.n")}, {"portfolio.read": echo})
    async with working(client, house, replayed=True):
        run = await start(client)
        await until(run, lambda status: status["waits_for"] == "go")
        house.publish({"trial": version(2, "vars.unheard_of")})
        await run.signal("go", {})
        stays = await until(run, lambda status: bool(status["upgrade"]))
        house.publish({"trial": version(3, "vars.n")})
        await run.signal("go", {})
        await until(run, lambda status: status["version"] == 3 and status["waits_for"] == "go")
        for _ in range(2):
            await run.signal("go", {})
        assert await run.result() == {"n": 4}
    assert "vars.unheard_of" in stays["upgrade"]["stays"]
    assert [given["version"] for given in house.asked("portfolio.read")] == [1, 1, 3, 3]


async def test_a_refusal_outlasts_continuing_as_new(client: Client) -> None:
    """A run that continued as new while it asked again still knows what was decided at first."""
    asked = {"kind": "approve", "role": "compliance", "show": {}, "quorum": 1}
    stop = [{"kind": "finish", "finish": {}}]
    again = {**asked, "id": "again", "within": "1d", "on_reject": stop, "on_timeout": stop}
    first = {**asked, "id": "ok", "within": "0.1s", "on_reject": stop, "on_timeout": [*counting(12), again]}
    document = plan(first, output=["${ steps.ok.decision }", "${ steps.again.by }", "${ vars.n }"])
    house = House({"trial": document}, {"portfolio.read": echo})
    async with working(client, house, replayed=True):
        run = await start(client)
        status = await until(run, lambda status: any(one["step"] == "again" for one in status["approvals"]))
        [approval] = status["approvals"]
        decision = {"step": "again", "decision": "approve", "by": "kim", "digest": approval["digest"]}
        await run.execute_update("approve", decision)
        assert await run.result() == ["timeout", "kim", 12]
    assert await runs_of(client, run.id) > 1


async def test_a_loop_continues_as_new_after_a_finally_that_failed(client: Client) -> None:
    """What went wrong there was taken; nothing is under way any more."""
    trouble = {"kind": "fail", "error": "Trouble", "message": "no"}
    broken = {"kind": "try", "try": [call("a")], "catch": [], "finally": [trouble]}
    taken = {"kind": "try", "try": [broken], "catch": [{"steps": [call("b")]}], "finally": []}
    document = plan(taken, *counting(12), output={"n": "${ vars.n }"})
    house = House({"trial": document}, {"portfolio.read": echo})
    async with working(client, house, replayed=True):
        run = await start(client)
        assert await run.result() == {"n": 12}
    assert await runs_of(client, run.id) > 1
