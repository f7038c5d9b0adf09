"""Records the histories in this folder anew: `python -m tests.replay.record` in the project's folder.

One of each definition on a real installation, here, and one of each path that its tests take, in `paths`.

Only for a change that old runs need not survive, or to add a definition: a recorded history that no
longer replays means that runs in flight would stop. Payloads are recorded in plain text, so that
replaying needs no key; the client is the example's.
"""

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.converter import DataConverter

from activities.services import Services
from payloads import plain_json
from store import cash
from tests.replay import paths
from tests.support.contexts import catalogue_files
from tests.support.reviewers import PAUSE, approve_all
from tests.support.town import PROJECT, application, town
from worker.converter import PlainJsonConverter
from worker.demo import answers_of
from worker.services import opened
from worker.serving import Workers
from worker.worker import build_workers

HERE = Path(__file__).parent
PLAIN = replace(DataConverter.default, payload_converter_class=PlainJsonConverter)


async def record(folder: Path) -> None:
    """Take the example's client on, pay more in, have that invested; write what each run did."""
    with town(folder, reviewed=False) as place, opened(place.settings) as services:
        client = await Client.connect(place.server.address, data_converter=PLAIN)
        workers = Workers(build_workers(client, place.settings, services, "all"))
        given = application("CUST_12345")
        run = await client.start_workflow("onboarding", given, id="onboarding-recorded", task_queue="kronos")
        for name, payload in answers_of(given).items():
            if name != "documents_received":
                await run.signal(name, payload)
        await approved(client, run)
        await write(client, run.id, f"{run.id}.invested")
        pay_in(services)
        more = {"portfolio_id": "P-CUST_12345", "max_drift": 0.01}
        run = await client.start_workflow(
            "automated_investment", more, id="automated_investment-recorded", task_queue="kronos"
        )
        await approved(client, run)
        await write(client, run.id, f"{run.id}.rebalanced")
        held = {"portfolio_id": "P-CUST_12345"}
        run = await client.start_workflow(
            "risk_management", held, id="risk_management-recorded", task_queue="kronos"
        )
        await approved(client, run)
        await write(client, run.id)
        wanted = plain_json.loads((PROJECT / "examples/goal_planning.json").read_text())
        run = await client.start_workflow(
            "goal_planning", wanted, id="goal_planning-recorded", task_queue="kronos"
        )
        await approved(client, run)
        await write(client, run.id)
        run = await client.start_workflow(
            "goal_progress", held, id="goal_progress-recorded", task_queue="kronos"
        )
        await run.result()
        await write(client, run.id)
        await learn(client)
        run = await client.start_workflow("settlement", {}, id="settlement-recorded", task_queue="kronos")
        await run.result()
        await write(client, run.id)
        await workers.drain()


async def learn(client: Client) -> None:
    """The example's client, two exercises short of knowing everything."""
    who = {"customer_id": "CUST_12345"}
    run = await client.start_workflow("education", who, id="education-recorded", task_queue="kronos")
    known = [
        {"exercise": exercise["id"], "option": exercise["answer"]}
        for module in catalogue_files()["education"]["modules"]
        for exercise in module["exercises"]
    ]
    await run.signal("style_chosen", {"style": "video"})
    await run.signal("knowledge_assessed", {"answers": known})
    for answer in known:
        if answer["exercise"] in ("d1", "t1"):
            await run.signal("exercise_answered", answer)
    await run.result()
    await write(client, run.id)


def pay_in(services: Services) -> None:
    """A tenth of what the client has, so that their portfolio drifts."""
    with services.database.transaction() as tx:
        about = {"currency": "AUD", "reference": "MORE", "kind": "deposit", "at": services.now()}
        cash.book(tx, services.tenant, "A-CUST_12345", amount_cents=10_000_00, **about)


async def approved(client: Client, run: WorkflowHandle[Any, Any]) -> None:
    """Wait until the run has ended, everybody approving what it asks."""
    ended = asyncio.create_task(run.result())
    while not ended.done():
        await approve_all(client)
        await asyncio.sleep(PAUSE)
    await ended


async def write(client: Client, *ids: str) -> None:
    """Keep the histories of these runs under their workflows' names."""
    for found in map(client.get_workflow_handle, ids):
        history = await found.fetch_history()
        name = (await found.describe()).workflow_type
        (HERE / f"{name}.json").write_text(history.to_json() + "\n", encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        asyncio.run(record(Path(scratch)))
    asyncio.run(paths.record())
