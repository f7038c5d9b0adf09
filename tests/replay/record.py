"""Records the histories in this folder anew: `python -m tests.replay.record` in the project's folder.

Only for a change that old runs need not survive, or to add a definition: a recorded history that no
longer replays means that runs in flight would stop. Payloads are recorded in plain text, so that
replaying needs no key; the client is the example's.
"""

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

from temporalio.client import Client
from temporalio.converter import DataConverter

from tests.support.reviewers import PAUSE, approve_all
from tests.support.town import application, town
from worker.converter import PlainJsonConverter
from worker.demo import answers_of
from worker.services import opened
from worker.serving import Workers
from worker.worker import build_workers

HERE = Path(__file__).parent
PLAIN = replace(DataConverter.default, payload_converter_class=PlainJsonConverter)


async def record(folder: Path) -> None:
    """Run the example once and write what both runs did."""
    with town(folder, reviewed=False) as place, opened(place.settings) as services:
        client = await Client.connect(place.server.address, data_converter=PLAIN)
        workers = Workers(build_workers(client, place.settings, services, "all"))
        given = application("CUST_12345")
        run = await client.start_workflow("onboarding", given, id="onboarding-recorded", task_queue="kronos")
        for name, payload in answers_of(given).items():
            if name != "documents_received":
                await run.signal(name, payload)
        ended = asyncio.create_task(run.result())
        while not ended.done():
            await approve_all(client)
            await asyncio.sleep(PAUSE)
        await ended
        for found in (run, client.get_workflow_handle(f"{run.id}.invested")):
            history = await found.fetch_history()
            name = (await found.describe()).workflow_type
            (HERE / f"{name}.json").write_text(history.to_json() + "\n", encoding="utf-8")
        await workers.drain()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        asyncio.run(record(Path(scratch)))
