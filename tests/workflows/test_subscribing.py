"""A run subscribes when it starts and ends it when it ends, on a real server with stand-ins for the store."""

from typing import Any

from temporalio.client import Client

from payloads.call import Call
from tests.support.interpreting import House, call, fails, failure_of, plan, start, until, working

SIGNALS = {"paid": {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}}}
SUBSCRIBE = [{"event": "deposit_received", "match": {"id": "${ input.id }"}, "signal": "paid"}]


def house(document: dict[str, Any], *missed: dict[str, Any], **activities: Any) -> House:
    def open(given: dict[str, Any], _: Call) -> Any:
        return {"missed": list(missed)}

    def close(given: dict[str, Any], _: Call) -> Any:
        return {}

    return House(
        {"trial": document}, {"subscriptions.open": open, "subscriptions.close": close, **activities}
    )


def event(id: str, amount: Any) -> dict[str, Any]:
    return {"signal": "paid", "event_id": id, "payload": {"amount": amount}}


async def test_events_since_the_start_are_signals_that_count_once(client: Client) -> None:
    """What came before the run subscribed is read first; the same event again is no other one."""
    document = plan(
        {"kind": "receive", "id": "first", "receive": ["paid"]},
        {"kind": "receive", "id": "second", "receive": ["paid"]},
        signals=SIGNALS,
        subscribe=SUBSCRIBE,
        output=["${ steps.first.payload.amount }", "${ steps.second.payload.amount }"],
    )
    place = house(document, event("E-1", 1), event("E-1", 1), event("E-2", "much"))
    async with working(client, place, replayed=True):
        run = await start(client, given={"id": "P-1"})
        await until(run, lambda found: found["state"] == "waiting")
        for id, amount in (("E-1", 1), ("E-3", 3)):
            await run.execute_update("signal", {"name": "paid", "payload": {"amount": amount}, "id": id})
        assert await run.result() == [1, 3]
        status = await run.query("status")
    [asked] = place.asked("subscriptions.open")
    assert asked["wanted"] == [
        {"event": "deposit_received", "match": {"id": "P-1"}, "signal": "paid", "takes": ["amount"]}
    ]
    assert asked["first_run_id"] == run.first_execution_run_id
    assert place.asked("subscriptions.close") == [{"failed": False}]
    assert [rejected["signal"] for rejected in status["signals_rejected"]] == ["paid"]


async def test_a_run_that_fails_may_take_its_events_again(client: Client) -> None:
    """The store is told that it failed: a reset goes on with the same subscriptions."""
    document = plan(call("a"), signals=SIGNALS, subscribe=SUBSCRIBE)
    place = house(document, **{"portfolio.read": fails("Broken")})
    async with working(client, place):
        assert (await failure_of((await start(client, given={"id": "P-1"})).result())).type == "Broken"
    assert place.asked("subscriptions.close") == [{"failed": True}]


async def test_a_run_without_subscriptions_asks_for_none(client: Client) -> None:
    """Its history is what it was before there were any."""
    place = house(plan({"kind": "wait", "wait": "0s"}))
    async with working(client, place):
        await (await start(client)).result()
    assert {name for name, _, _ in place.calls} == {"runs.load_release"}
