"""Every kind of step in every other, checked, compiled, and run on a real server with no cached runs."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle

from dsl.release import File, Folder, build_release, check_folder
from payloads.call import Call
from tests.support.definitions import PEOPLE
from tests.support.interpreting import House, connected, temporal_server, until, working
from tests.support.nesting.definitions import BLOCKS, CHILD, EVENTS, Nested, nested
from tests.support.nesting.leaves import LEAVES
from tests.support.nesting.play import Play
from tests.support.nesting.shapes import Ids, sequence
from worker.dev_server import DevServer

# Timers of a twentieth of a second, not of a whole one.
QUICK_TIMERS = ("--dynamic-config-value", 'history.timerProcessorMaxTimeShift="1ms"')
AT_ONCE = 12
WORKERS = 6
PARTS = 5
SAMPLE = 30
PATIENCE = 240.0  # seconds for one run, on machines that do much else


INNER = {**LEAVES, **{f"{name}_call": block(LEAVES["call"]) for name, block in BLOCKS.items()}}
ENDING = [name for name, make in INNER.items() if make(Ids(), []).ends]


def pairs() -> list[Nested]:
    """Every kind in every other, one definition for each."""
    return [nested(f"{outer}_{inner}", BLOCKS[outer](INNER[inner])) for outer in BLOCKS for inner in INNER]


def together(singly: Sequence[Nested]) -> list[Nested]:
    """The same pairs in fewer definitions: several steps stand in one block, one of those that end it last."""
    refused = {one.name for one in singly if one.refused}
    found = []
    for outer in BLOCKS:
        inner = [name for name in INNER if name not in ENDING and f"{outer}_{name}" not in refused]
        parts = [inner[place::PARTS] for place in range(PARTS)]
        ends = [[name] for name in ENDING]
        for place, names in enumerate(x for x in (*parts, *ends)):
            made = sequence(*(INNER[name] for name in names))
            found.append(nested(f"{outer}_part_{place}", BLOCKS[outer](made)))
    return found


def deeper() -> list[Nested]:
    """A sample of what nests four deep, the same each time."""
    draw = random.Random(3)
    depths = [
        (*(draw.choice(list(BLOCKS)) for _ in range(3)), draw.choice(list(LEAVES))) for _ in range(SAMPLE)
    ]
    return [
        nested("_".join(("deep", a, b, c, leaf)), BLOCKS[a](BLOCKS[b](BLOCKS[c](LEAVES[leaf]))))
        for a, b, c, leaf in dict.fromkeys(depths)
    ]


PAIRS = pairs()
ALL = [*together(PAIRS), *deeper()]


def folder(definitions: Sequence[Nested]) -> Folder:
    texts = {"child": CHILD, **{one.name: one.text for one in definitions}}
    catalogue = {"events": EVENTS, "people": PEOPLE}
    return Folder(
        "",
        workflows=tuple(File(f"{name}.yaml", name, text.encode()) for name, text in texts.items()),
        catalogue=tuple(
            File(f"catalogue/{name}.yaml", name, text.encode()) for name, text in catalogue.items()
        ),
    )


def test_every_kind_may_stand_in_every_other() -> None:
    """Nothing is wrong with them, down to warnings, but where turns that overlap would write one name."""
    found: dict[str, set[str]] = {one.name: set() for one in [*PAIRS, *ALL]}
    for problem in check_folder(folder([*PAIRS, *ALL])):
        found[Path(problem.file).stem].add(problem.code)
    assert found == {one.name: {one.refused} if one.refused else set() for one in [*PAIRS, *ALL]}
    assert [one.name for one in PAIRS if one.refused] == ["each_at_once_set", "each_at_once_repeat_call"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nesting")


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[DevServer]:
    with temporal_server(place, *QUICK_TIMERS) as running:
        yield running


class People:
    """Answer every approval as it asks them to."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.answering: set[asyncio.Task[None]] = set()
        self.seen: set[str] = set()

    def open(self, given: dict[str, Any], call: Call) -> Any:
        """Who may decide; one of them soon does."""
        answer = given["show"]["answer"]
        if answer != "nothing":
            task = asyncio.create_task(self._decide(call.workflow_id, answer))
            self.answering.add(task)
            task.add_done_callback(self.answering.discard)
        return {"eligible": ["kim"]}

    async def _decide(self, run_id: str, answer: str) -> None:
        run = self.client.get_workflow_handle(run_id)
        await asyncio.sleep(0.3)  # each question replays the run
        status = await until(run, lambda found: bool(self._open(found, answer)))
        approval = self._open(status, answer)[0]
        self.seen.add(approval["digest"])
        message = {"step": approval["step"], "decision": answer, "by": "kim", "digest": approval["digest"]}
        await run.execute_update("approve", message)

    def _open(self, status: dict[str, Any], answer: str) -> list[dict[str, Any]]:
        """The approvals that ask for this answer and have none."""
        asked = [one for one in status["approvals"] if one["show"]["answer"] == answer]
        return [one for one in asked if one["digest"] not in self.seen]


def house(client: Client, definitions: Sequence[Nested]) -> House:
    """The definitions as they are published, and stand-ins for what they call."""
    plans = build_release(folder([one for one in definitions if not one.refused])).plans
    return House(
        {name: plan["document"] for name, plan in plans.items()},
        {
            "notifications.send": lambda given, call: {"notification_id": "N-1"},
            "monitoring.start": lambda given, call: {
                "portfolio_id": given["portfolio_id"],
                "state": "managed",
            },
            "orders.cancel_open": lambda given, call: {"cancelled": []},
            "portfolio.investment_limits": lambda given, call: {"max_etfs": 5},
            "calendar.find_moment": lambda given, call: {
                "moment": (datetime.now(UTC) + timedelta(seconds=0.05)).isoformat()
            },
            "approvals.open": People(client).open,
        },
    )


async def outcome(client: Client, one: Nested) -> tuple[dict[str, Any], str]:
    """The status that a run ends with, and its id."""
    run: WorkflowHandle[Any, Any] = await client.start_workflow(
        one.name, {}, id=one.name, task_queue="kronos"
    )
    for _ in range(one.play.signals):
        await run.signal("paid", {"cents": 5})
    with suppress(WorkflowFailureError, TimeoutError):
        await asyncio.wait_for(run.result(), PATIENCE)
    return await run.query("status"), run.id


def left(house: House, status: dict[str, Any], id: str) -> Play:
    """What the run left, in the words of the play."""
    own = [(name, given) for name, given, call in house.calls if f"{call.workflow_id}.".startswith(f"{id}.")]
    told = [
        given["values"] for name, given in own if name == "notifications.send" and "at" in given["values"]
    ]
    error = status["error"]
    return Play(
        told=told,
        finished=status["path"],
        undone=status["undone"],
        facts=[given["fact"] for name, given in own if name == "events.record"],
        events=[given["data"]["at"] for name, given in own if name == "events.emit"],
        output=status["output"],
        error=error["type"] if error else None,
    )


def as_text(play: Play) -> str:
    """What can be compared of a play: in order, or whatever order when turns overlap."""
    order = sorted if play.at_once else list
    parts = (play.told, play.finished, play.undone, play.facts, play.events)
    listed = [order(json.dumps(each, sort_keys=True) for each in part) for part in parts]
    done = [] if play.loose else listed
    return json.dumps([play.output, play.error, *done], indent=1)


@asynccontextmanager
async def several_workers(server: DevServer, place: Path, house: House, cached: int) -> AsyncIterator[None]:
    """Several workers of one house."""
    async with AsyncExitStack() as workers:
        for _ in range(WORKERS):
            client = await connected(server, place)
            await workers.enter_async_context(working(client, house, cached=cached))
        yield


def decided_beside_others(one: Nested) -> bool:
    """Whether decisions reach a run whose other branches are at work.

    A run that is in no cache, and gets an update and a local activity to do in one workflow task, writes a
    history that does not replay (temporalio/sdk-python#1591): these runs stay in the cache.
    """
    return one.play.at_once and '"approve"' in one.text


# The SDK warns when a local activity is over just as it is to be cancelled.
@pytest.mark.filterwarnings("ignore:Cannot find activity to cancel")
async def test_every_kind_works_in_every_other(server: DevServer, place: Path) -> None:
    """Each run tells, finishes, undoes, records, emits and ends as its definition says, and holds no lease."""
    runnable = [one for one in ALL if not one.refused]
    busy = [one for one in runnable if decided_beside_others(one)]
    quiet = [one for one in runnable if one not in busy]
    assert len(busy) < len(runnable) / 10
    client, free = await connected(server, place), asyncio.Semaphore(AT_ONCE)
    kronos = house(client, runnable)

    async def ended(one: Nested) -> tuple[dict[str, Any], str]:
        async with free:
            return await outcome(client, one)

    statuses = []
    for part, cached in ((quiet, 0), (busy, 100)):
        async with several_workers(server, place, kronos, cached):
            statuses += await asyncio.gather(*(ended(one) for one in part))
    wrong = []
    for one, (status, id) in zip([*quiet, *busy], statuses, strict=True):
        found = left(kronos, status, id)
        found.at_once, found.loose = one.play.at_once, one.play.loose
        still_open = [status[key] for key in ("waits_for", "approvals", "current_steps") if status[key]]
        if still_open or as_text(found) != as_text(one.play):
            wrong.append(f"{one.name}: {still_open} {as_text(found)}\nexpected: {as_text(one.play)}")
    assert not wrong, f"{len(wrong)} of {len(runnable)} differ\n" + "\n".join(wrong[:5])
    assert kronos.held == {}
