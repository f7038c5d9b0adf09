"""Approvals given to a run that continued as new: none of them lets a trade through."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle

from dsl.plan_reader import read_plan
from dsl.upgrade import reason_to_stay
from tests.support.deciding import ASK, TRADE, decide, refused, reset, shown
from tests.support.interpreting import (
    House,
    call,
    connected,
    echo,
    failure_of,
    plan,
    refuse,
    start,
    temporal_server,
    until,
    working,
)
from worker.dev_server import DevServer
from worker.repair import retry

SHORT_HISTORIES = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=50")
READ = call("read", given={"said": "${ steps.ok.by }"})
GIVEN = {"orders": [1]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("approved-before")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[DevServer]:
    with temporal_server(folder, *SHORT_HISTORIES) as running:
        yield running


@pytest.fixture
async def client(server: DevServer, folder: Path) -> AsyncIterator[Client]:
    return await connected(server, folder)


def house_of(*steps: dict[str, Any], **more: Any) -> House:
    """A house that does what it is asked, with one plan."""
    return House({"trial": plan(*steps, **more)}, {"orders.submit": echo, "portfolio.read": echo})


def loop(turns: int, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """So many turns of these steps; eight calls make more than a run's history should have here."""
    return {"kind": "repeat", "id": "loop", "at_most": turns, "upgrade": False, "steps": list(steps), **more}


async def runs_of(client: Client, workflow_id: str) -> int:
    """How many runs, each continuing the one before, the workflow id had."""
    return len([found async for found in client.list_workflows(f"WorkflowId = '{workflow_id}'")])


async def approved_once(run: WorkflowHandle[Any, Any]) -> str:
    """The digest of the approval that is open, now given."""
    digest = str((await shown(run))["digest"])
    await decide(run, "kim", digest)
    return digest


async def newest(client: Client, run: WorkflowHandle[Any, Any], than: str | None) -> WorkflowHandle[Any, Any]:
    """The run that this one has continued as, told from the run `than`."""
    latest: WorkflowHandle[Any, Any] = client.get_workflow_handle(run.id)
    await until(latest, lambda status: bool(status["approvals"]))
    found = (await latest.describe()).run_id
    assert found != than
    return client.get_workflow_handle(run.id, run_id=found)


async def test_a_run_that_continued_as_new_asks_again_before_it_trades(client: Client) -> None:
    """The old digest is refused, what is shown is the same, and whoever decides comes out of the step."""
    house = house_of(ASK, loop(8, READ), TRADE, output={"by": "${ steps.ok.by }"})
    async with working(client, house, replayed=True):
        run = await start(client, given=GIVEN)
        digest = await approved_once(run)
        again = await newest(client, run, run.first_execution_run_id)
        approval = await shown(again)
        assert (approval["show"], approval["decisions"]) == (GIVEN, [])
        assert await refused(again, "kim", digest) == "DigestMismatch"
        assert house.asked("orders.submit") == []
        await decide(again, "lee", approval["digest"])
        assert await again.result() == {"by": "lee"}
    assert len(house.asked("orders.submit")) == 1
    assert await runs_of(client, run.id) > 1


async def test_a_no_after_continuing_as_new_keeps_the_trade_from_being_sent(client: Client) -> None:
    """Whoever approved before may say no now."""
    house = house_of(ASK, loop(8, READ), TRADE)
    async with working(client, house):
        run = await start(client, given=GIVEN)
        await approved_once(run)
        again = await newest(client, run, run.first_execution_run_id)
        await decide(again, "kim", (await shown(again))["digest"], decision="reject")
        assert (await failure_of(again.result())).type == "Rejected"
    assert house.asked("orders.submit") == []


async def test_a_later_run_that_is_reset_asks_again(client: Client) -> None:
    """To its very beginning, where nothing but what it was handed says that there was an approval."""
    house = house_of(ASK, loop(8, READ), TRADE)
    async with working(client, house):
        run = await start(client, given=GIVEN)
        await approved_once(run)
        later = await newest(client, run, run.first_execution_run_id)
        digest = await approved_once(later)
        await later.result()
        events = (await later.fetch_history()).events
        first = next(e.event_id for e in events if e.HasField("workflow_task_completed_event_attributes"))
        again = await reset(client, later, first)
        approval = await shown(again)
        assert await refused(again, "kim", digest) == "DigestMismatch"
        assert len(house.asked("orders.submit")) == 1
        await decide(again, "lee", approval["digest"])
        await again.result()
    assert len(house.asked("orders.submit")) == 2


async def test_a_loop_that_trades_asks_once_in_each_run(client: Client) -> None:
    """Not before each trade: what was approved in a run stands for the turns that it makes."""
    house = house_of(ASK, loop(6, TRADE, READ), output={"by": "${ steps.ok.by }"})
    async with working(client, house):
        run = await start(client, given=GIVEN)
        met: list[str] = []
        latest: WorkflowHandle[Any, Any] = client.get_workflow_handle(run.id)
        while (status := await until(latest, asked_or_over))["state"] != "completed":
            if (digest := status["approvals"][0]["digest"]) not in met:
                await decide(latest, "kim" if not met else "lee", digest)
                met.append(digest)
        assert await latest.result() == {"by": "lee"}
    assert len(house.asked("orders.submit")) == 6
    assert len(met) == await runs_of(client, run.id)
    assert 1 < len(met) < 6
    said = [given["said"] for given in house.asked("portfolio.read")]
    assert said == sorted(said)  # a turn sees who approved in its run: kim first, then lee
    assert set(said) == {"kim", "lee"}


def asked_or_over(status: dict[str, Any]) -> bool:
    return bool(status["approvals"]) or status["state"] == "completed"


async def test_an_approval_inside_a_loop_knows_its_turn_in_a_later_run(client: Client) -> None:
    """Each item's own approval is shown what it was shown before, and guards what comes behind."""
    asked = {**ASK, "show": {"item": "${ item }", "read": "${ steps.own.n }"}}
    body = [call("own", given={"n": "${ item * 10 }"}), asked]
    each = {"kind": "for_each", "for_each": ["1", "2"], "as": "item", "at_most": 1, "steps": body}
    house = house_of(each, loop(8, call("read")), TRADE)
    async with working(client, house, replayed=True):
        run = await start(client, given=GIVEN)
        first = await approved_once(run)
        await until(run, lambda s: bool(s["approvals"]) and s["approvals"][0]["digest"] != first)
        await approved_once(run)
        later = await newest(client, run, run.first_execution_run_id)
        seen = []
        for _ in range(2):
            approval = await shown(later)
            seen.append(approval["show"])
            await decide(later, "kim", approval["digest"])
            await until(later, lambda s, d=approval["digest"]: d not in [a["digest"] for a in s["approvals"]])
        await later.result()
    assert seen == [{"item": 1, "read": 10}, {"item": 2, "read": 20}]
    assert len(house.asked("orders.submit")) == 1


async def test_a_newer_version_asks_what_was_approved_under_the_older(client: Client) -> None:
    """Wherever the step stands in it; without the step it is not taken, and the run says why."""
    signals = {"go": {"type": "object"}}

    def version(number: int, *before: dict[str, Any]) -> dict[str, Any]:
        turn = [{"kind": "receive", "receive": ["go"]}, call("seen", given={"version": number})]
        return plan(*before, loop(3, *turn, upgrade=True), TRADE, version=number, signals=signals)

    house = house_of()
    house.plans = {"trial": version(1, ASK)}
    async with working(client, house, replayed=True):
        run = await start(client, given=GIVEN)
        await approved_once(run)
        await until(run, lambda status: status["waits_for"] == "go")
        house.publish({"trial": version(2)})
        await run.signal("go", {})
        latest: WorkflowHandle[Any, Any] = client.get_workflow_handle(run.id)
        stays = await until(latest, lambda status: bool(status["upgrade"]))
        house.publish({"trial": version(3, call("new", given={}), ASK)})
        await latest.signal("go", {})
        await until(latest, lambda status: status["version"] == 3 and status["waits_for"] == "go")
        await latest.signal("go", {})
        approval = await shown(latest)
        assert (approval["path"], approval["decisions"]) == ("steps[1]", [])
        await decide(latest, "kim", approval["digest"])
        await latest.result()
    assert stays["upgrade"]["stays"] == "version 2 has no approval ok, which the run was given"
    assert len(house.asked("orders.submit")) == 1


def test_a_comparison_foretells_that_runs_stay_for_their_approval() -> None:
    """What lies behind the loop was not given yet, and keeps nobody."""
    before, after = plan(ASK, loop(3, TRADE, upgrade=True)), plan(loop(3, TRADE, upgrade=True), ASK)
    without = read_plan(plan(loop(3, TRADE, upgrade=True)), "new")
    stays = reason_to_stay(read_plan(before, "before"), without)
    assert stays == "version 1 has no approval ok, which the run was given"
    assert reason_to_stay(read_plan(after, "after"), without) is None


async def test_a_retry_by_reset_names_what_an_earlier_run_was_approved(client: Client) -> None:
    """The approval lies in no history that the later run has."""
    house, failures = house_of(ASK, loop(8, READ), call("last"), TRADE), iter([True])

    def once_unknown(given: dict[str, Any], _: Any) -> Any:
        if not given and next(failures, False):
            raise refuse("UnknownPortfolio")
        return given

    house.activities = {"orders.submit": echo, "portfolio.read": once_unknown}
    async with working(client, house):
        run = await start(client, given=GIVEN)
        await approved_once(run)
        assert (await failure_of(run.result())).type == "UnknownPortfolio"
        told = await retry(client, run.id, None, "sam")
        assert told["approvals_again"] == ["ok"]
        going_on = client.get_workflow_handle(run.id, run_id=told["run_id"])
        await approved_once(going_on)
        await going_on.result()
    assert len(house.asked("orders.submit")) == 1
