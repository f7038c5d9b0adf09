"""Waits that a stopping worker hands back, on a real server with stand-ins for the activities."""

import asyncio
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError

from payloads.call import Call
from tests.support.interpreting import RETRY, House, call, echo, plan, refuse, start, until, working
from workflows.calls import WORKER_STOPPING

STOPS = 3 * RETRY["attempts"]


async def test_a_wait_that_is_handed_back_goes_on_and_uses_up_no_attempt(client: Client) -> None:
    """More stops than the step has attempts: it is the same effect each time, and the run completes."""
    stops = iter(range(STOPS))

    def handed_back(given: dict[str, Any], _: Call) -> Any:
        if next(stops, None) is not None:
            raise refuse(WORKER_STOPPING)
        return given

    document = plan(call("fills", "orders.await_fills", {"of": "P-1"}), output="done")
    house = House({"trial": document}, {"orders.await_fills": handed_back})
    async with working(client, house):
        assert await (await start(client)).result() == "done"
    waits = [caller for name, _, caller in house.calls if name == "orders.await_fills"]
    assert len(waits) == STOPS + 1
    assert all(caller == waits[0] for caller in waits)


async def test_a_cancelled_wait_that_is_handed_back_is_not_taken_up_again(client: Client) -> None:
    """The run was cancelled while its worker stopped: it undoes instead of waiting on."""

    async def handed_back_when_cancelled(given: dict[str, Any], _: Call) -> Any:
        try:
            while True:
                activity.heartbeat()
                await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            raise refuse(WORKER_STOPPING) from None

    document = plan(call("fills", "orders.await_fills", undo="orders.cancel_open"))
    house = House(
        {"trial": document}, {"orders.await_fills": handed_back_when_cancelled, "orders.cancel_open": echo}
    )
    async with working(client, house):
        run = await start(client)
        await until(run, lambda _: bool(house.asked("orders.await_fills")))
        await run.cancel()
        with pytest.raises(WorkflowFailureError):
            await run.result()
        assert (await run.query("status"))["state"] == "cancelled"
    assert len(house.asked("orders.await_fills")) == 1
    assert len(house.asked("orders.cancel_open")) == 1
