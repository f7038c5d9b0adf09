"""Approvals on a real server: who may decide, on what, and that nothing else lets a run go on."""

from typing import Any

import pytest
from temporalio.client import Client

from payloads.call import Call
from tests.support.deciding import ASK, TRADE, decide, refused, reset, shown
from tests.support.interpreting import House, call, echo, failure_of, plan, refuse, start, until, working
from worker import approving
from worker.errors import Refused
from worker.repair import retry


def asking(**more: Any) -> House:
    """A house whose one plan asks, and then trades."""
    document = plan(
        {**ASK, **more}, TRADE, output={"by": "${ steps.ok.by }", "said": "${ steps.ok.decision }"}
    )
    return House({"trial": document}, {"orders.submit": echo, "portfolio.read": echo})


async def test_a_run_trades_only_once_it_is_approved(client: Client) -> None:
    """The decision, who made it and the digest of what was shown come out of the step."""
    house = asking()
    async with working(client, house, replayed=True):
        run = await start(client, given={"orders": [1]})
        approval = await shown(run)
        assert (approval["show"], approval["eligible"]) == ({"orders": [1]}, ["kim", "lee"])
        assert house.asked("orders.submit") == []
        assert await decide(run, "kim", approval["digest"]) == {"step": "ok", "decision": "approve"}
        assert await run.result() == {"by": "kim", "said": "approve"}
    [fact] = [given for given in house.asked("events.record") if given["fact"] == "ApprovalDecided"]
    assert fact["data"]["decisions"][0]["by"] == "kim"
    assert fact["data"]["digest"] == approval["digest"]


@pytest.mark.parametrize(
    ("by", "more", "refusal"),
    [
        ("kim", {"digest": "another"}, "DigestMismatch"),
        ("mallory", {}, "NotEligible"),
        ("kim", {"role": "manager"}, "NotEligible"),
        ("lee", {}, "FourEyes"),
        ("kim", {"step": "trade"}, "NothingOpen"),
        ("kim", {"step": None}, "NothingOpen"),
        ("kim", {"decision": "perhaps"}, "InvalidUpdate"),
        ("", {}, "InvalidUpdate"),
    ],
)
async def test_what_may_not_decide_is_refused(
    client: Client, by: str, more: dict[str, Any], refusal: str
) -> None:
    """Before history: another digest, a person not on the list, the person of `four_eyes`, no such step."""
    house = asking(four_eyes='"lee"')
    async with working(client, house):
        run = await start(client, given={"orders": [1]})
        approval = await shown(run)
        assert await refused(run, by, **{"digest": approval["digest"], **more}) == refusal
        assert (await run.query("status"))["approvals"][0]["decisions"] == []
        await run.terminate()


async def test_a_quorum_needs_different_people(client: Client) -> None:
    """The same person twice is one voice."""
    house = asking(quorum=2)
    async with working(client, house):
        run = await start(client, given={"orders": [1]})
        digest = (await shown(run))["digest"]
        await decide(run, "kim", digest)
        assert await refused(run, "kim", digest) == "AlreadyDecided"
        assert house.asked("orders.submit") == []
        await decide(run, "lee", digest)
        assert (await run.result())["by"] == "lee"


async def test_one_no_is_enough(client: Client) -> None:
    """A rejection ends the asking and takes its branch."""
    house = asking(quorum=2)
    async with working(client, house):
        run = await start(client, given={"orders": [1]})
        await decide(run, "kim", (await shown(run))["digest"], decision="reject", comment="too much")
        assert (await failure_of(run.result())).type == "Rejected"
    assert house.asked("orders.submit") == []


async def test_silence_is_no_approval(client: Client) -> None:
    """When the time is over the run takes `on_timeout`, and never the trade."""
    house = asking(within="1s")
    async with working(client, house):
        assert await (await start(client, given={"orders": [1]})).result() == {"timed_out": True}
    assert house.asked("orders.submit") == []


async def test_too_few_people_fail_the_step(client: Client) -> None:
    """An approval that nobody could give does not wait for days."""
    house = asking(quorum=2, four_eyes='"kim"')
    async with working(client, house):
        run = await start(client, given={"orders": [1]})
        assert (await failure_of(run.result())).type == "NobodyCanApprove"


async def test_an_approval_from_before_a_reset_does_not_count(client: Client) -> None:
    """The server sends it again to the run that goes on; what it approved was another run's proposal."""
    house = asking()
    async with working(client, house):
        run = await start(client, given={"orders": [1]})
        digest = (await shown(run))["digest"]
        await decide(run, "kim", digest)
        await run.result()
        events = (await run.fetch_history()).events
        first = next(e.event_id for e in events if e.HasField("workflow_task_completed_event_attributes"))
        again = await reset(client, run, first)
        approval = await shown(again)
        assert approval["decisions"] == []
        assert approval["digest"] != digest
        assert await refused(again, "kim", digest) == "DigestMismatch"
        assert len(house.asked("orders.submit")) == 1
        await decide(again, "kim", approval["digest"])
        await again.result()
    assert len(house.asked("orders.submit")) == 2


async def test_a_decision_sent_again_in_a_later_turn_is_the_one_of_its_own_turn(client: Client) -> None:
    """It is answered as it was at first, and decides nothing else; another word of the person is refused."""
    loop = {"kind": "repeat", "at_most": 2, "upgrade": False, "steps": [ASK, TRADE]}
    house = House({"trial": plan(loop)}, {"orders.submit": echo})
    async with working(client, house):
        run = await start(client, given={"orders": [1]})
        for turn in range(2):
            digest = (await shown(run))["digest"]
            word = {"step": "ok", "decision": "approve", "by": "kim", "digest": digest}
            given = await approving.decide(client, run.id, word)
            await until(run, lambda status, trades=turn + 1: len(status["path"]) >= 2 * trades)
            assert await approving.decide(client, run.id, word) == given
            with pytest.raises(Refused, match="already: approve"):
                await approving.decide(client, run.id, {**word, "decision": "reject"})
        await run.result()
    assert len(house.asked("orders.submit")) == 2


async def test_each_turn_is_approved_anew(client: Client) -> None:
    """The digest of one turn, or of another proposal, opens no other."""
    loop = {"kind": "repeat", "at_most": 2, "upgrade": False, "steps": [ASK, TRADE]}
    house = House({"trial": plan(loop)}, {"orders.submit": echo})
    async with working(client, house, replayed=True):
        run = await start(client, given={"orders": [1]})
        first = (await shown(run))["digest"]
        await decide(run, "kim", first)
        await until(
            run, lambda status: bool(status["approvals"]) and status["approvals"][0]["digest"] != first
        )
        assert await refused(run, "kim", first) == "DigestMismatch"
        await decide(run, "kim", (await shown(run))["digest"])
        await run.result()
    assert len(house.asked("orders.submit")) == 2


def task_of(history: Any, activity: str) -> int:
    """The workflow task that called this activity last."""
    calls = (event.activity_task_scheduled_event_attributes for event in history.events)
    return [c.workflow_task_completed_event_id for c in calls if c.activity_type.name == activity][-1]


async def test_a_run_reset_to_behind_its_approval_asks_again_before_it_trades(client: Client) -> None:
    """What was decided is history that the replay takes; the trade needs a decision made since."""
    house = asking()
    async with working(client, house, replayed=True):
        run = await start(client, given={"orders": [1]})
        digest = (await shown(run))["digest"]
        await decide(run, "kim", digest)
        await run.result()
        again = await reset(client, run, task_of(await run.fetch_history(), "orders.submit"))
        approval = await shown(again)
        assert (approval["decisions"], approval["show"]) == ([], {"orders": [1]})
        assert await refused(again, "kim", digest) == "DigestMismatch"
        assert len(house.asked("orders.submit")) == 1
        await decide(again, "lee", approval["digest"])
        assert await again.result() == {"by": "lee", "said": "approve"}
        assert (await again.query("status"))["path"] == ["ok", "ok", "trade"]
    assert len(house.asked("orders.submit")) == 2


async def test_a_no_after_a_reset_keeps_the_trade_from_being_sent(client: Client) -> None:
    """Whoever approved before the reset may say no after it, and its branch is taken."""
    house = asking()
    async with working(client, house):
        run = await start(client, given={"orders": [1]})
        await decide(run, "kim", (await shown(run))["digest"])
        await run.result()
        again = await reset(client, run, task_of(await run.fetch_history(), "orders.submit"))
        await decide(again, "kim", (await shown(again))["digest"], decision="reject")
        assert (await failure_of(again.result())).type == "Rejected"
    assert len(house.asked("orders.submit")) == 1


async def test_a_reset_asks_nothing_again_where_nothing_is_traded(client: Client) -> None:
    """A run that failed behind an approval goes on from its failed step."""
    house = asking()
    house.plans["trial"] = plan(ASK, call("after", "portfolio.read"))
    async with working(client, house):
        run = await start(client, given={"orders": [1]})
        await decide(run, "kim", (await shown(run))["digest"])
        await run.result()
        again = await reset(client, run, task_of(await run.fetch_history(), "portfolio.read"))
        await again.result()
    assert len(house.asked("portfolio.read")) == 2


async def test_only_the_turn_that_trades_is_asked_again(client: Client) -> None:
    """Approvals of turns that are over do not bear on this one."""
    loop = {"kind": "repeat", "at_most": 2, "upgrade": False, "steps": [ASK, TRADE]}
    house = House({"trial": plan(loop)}, {"orders.submit": echo})
    async with working(client, house):
        run = await start(client, given={"orders": [1]})
        first = (await shown(run))["digest"]
        await decide(run, "kim", first)
        await until(run, lambda s: bool(s["approvals"]) and s["approvals"][0]["digest"] != first)
        await decide(run, "kim", (await shown(run))["digest"])
        await run.result()
        again = await reset(client, run, task_of(await run.fetch_history(), "orders.submit"))
        approval = await shown(again)
        assert approval["path"] == "steps[0].repeat[1].steps[0]"
        await decide(again, "kim", approval["digest"])
        await again.result()
    assert len(house.asked("orders.submit")) == 3


async def test_a_reset_between_two_voices_forgets_the_first(client: Client) -> None:
    """The approval is open before and after it; who spoke before it speaks again."""
    house = asking(quorum=2)
    async with working(client, house):
        run = await start(client, given={"orders": [1]})
        digest = (await shown(run))["digest"]
        await decide(run, "kim", digest)
        await decide(run, "lee", digest)
        await run.result()
        events = (await run.fetch_history()).events
        accepted = (event.workflow_execution_update_accepted_event_attributes for event in events)
        second = [each.accepted_request_sequencing_event_id for each in accepted][-1]
        tasks = [e.event_id for e in events if e.HasField("workflow_task_completed_event_attributes")]
        again = await reset(client, run, next(task for task in tasks if task > second))
        approval = await shown(again)
        assert (approval["decisions"], approval["digest"] == digest) == ([], False)
        await decide(again, "lee", approval["digest"])
        assert len(house.asked("orders.submit")) == 1
        await decide(again, "kim", approval["digest"])
        await again.result()
    assert len(house.asked("orders.submit")) == 2


@pytest.mark.parametrize(("follows", "again"), [(TRADE, ["ok"]), (call("end"), [])])
async def test_a_retry_by_reset_says_which_approvals_are_asked_again(
    client: Client, follows: dict[str, Any], again: list[str]
) -> None:
    """Those that were given, where the run may trade."""
    house, failures = asking(), iter([refuse("UnknownPortfolio")])

    def once_unknown(given: dict[str, Any], _: Call) -> Any:
        if (failure := next(failures, None)) is not None:
            raise failure
        return given

    house.plans["trial"] = plan(ASK, call("read", "portfolio.read"), follows)
    house.activities = {"orders.submit": echo, "portfolio.read": once_unknown}
    async with working(client, house):
        run = await start(client, given={"orders": [1]})
        await decide(run, "kim", (await shown(run))["digest"])
        assert (await failure_of(run.result())).type == "UnknownPortfolio"
        told = await retry(client, run.id, None, "sam")
        assert (told["retried"], told["approvals_again"]) == ("steps[1]", again)
        going_on = client.get_workflow_handle(run.id, run_id=told["run_id"])
        if again:
            await decide(going_on, "lee", (await shown(going_on))["digest"])
        await going_on.result()
    assert len(house.asked("orders.submit")) == len(again)
