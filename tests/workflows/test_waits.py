"""Waits for moments and sessions, and several signals, on a real server."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import Client

from payloads.call import Call
from tests.support.interpreting import House, call, echo, plan, start, working


def soon(given: dict[str, Any], _: Call) -> dict[str, Any]:
    """A calendar whose every moment comes in a second."""
    return {"moment": (datetime.now(UTC) + timedelta(seconds=1)).isoformat()}


@pytest.mark.parametrize(
    ("wait", "asked"),
    [
        ({"wait": "2bd", "calendar": "XASX"}, {"exchange": "XASX", "sessions": 2}),
        ({"session": "XNYS", "at": "open"}, {"exchange": "XNYS", "at": "open"}),
        ({"until": "run.started_at"}, None),
        ({"until": 'date("2020-02-29")'}, None),
    ],
)
async def test_a_wait_asks_the_calendar_once(
    client: Client, wait: dict[str, Any], asked: dict[str, Any] | None
) -> None:
    """Sessions are looked up in an activity; a moment that is past goes on at once."""
    house = House({"trial": plan({"kind": "wait", **wait})}, {"calendar.find_moment": soon})
    async with working(client, house, replayed=True):
        await (await start(client)).result()
    found = [{key: one[key] for key in one if key != "after"} for one in house.asked("calendar.find_moment")]
    assert found == ([] if asked is None else [asked])


async def test_a_deadline_may_count_sessions(client: Client) -> None:
    """`within` of a `receive`, and `every` of a loop, by the calendar of their step."""
    house = House(
        {
            "trial": plan(
                {"kind": "receive", "receive": ["a"], "within": "1bd", "calendar": "XASX", "on_timeout": []},
                {
                    "kind": "repeat",
                    "at_most": 2,
                    "every": "1bd",
                    "calendar": "XASX",
                    "upgrade": False,
                    "steps": [call("turn")],
                },
                signals={"a": {"type": "object"}},
            )
        },
        {"calendar.find_moment": soon, "portfolio.read": echo},
    )
    async with working(client, house, replayed=True):
        await (await start(client)).result()
    assert len(house.asked("calendar.find_moment")) == 2
    assert len(house.asked("portfolio.read")) == 2


async def test_several_signals_are_taken_in_the_order_they_came(client: Client) -> None:
    """A `receive` of two names takes whichever comes, and says which; `where` leaves others unread."""
    step = {"kind": "receive", "receive": ["a", "b"]}
    document = plan(
        {**step, "id": "first", "where": "signal.n > 1"},
        {**step, "id": "second"},
        signals={name: {"properties": {"n": {"type": "integer"}}} for name in ("a", "b")},
        output=["${ steps.first.signal }", "${ steps.second.signal }", "${ steps.second.payload.n }"],
    )
    async with working(client, House({"trial": document}), replayed=True):
        run = await start(client)
        await run.signal("a", {"n": 1})
        await run.signal("b", {"n": 2})
        assert await run.result() == ["b", "a", 1]
