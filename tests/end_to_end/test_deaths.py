"""Worker processes are killed at every step of an investment; what comes of it is the same.

Each dies when the step's work is done and Temporal does not know it, the hardest place; one that dies
before has done nothing. What only a dead process shows is here: that the server finds it dead, and that
another one goes on. The steps of all definitions lose their workers in test_house_years.py.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.client import Client

from tests.support.answering import answering
from tests.support.mortal import points
from tests.support.town import PROJECT, Books, Town, application, books, town
from worker.connection import connect

CLIENTS = 3
WORKERS = 3
PATIENCE = 900.0  # seconds; far more than it takes, for machines that do much else
CAPITAL = 100_000
KILLED = "investment"
# A dead worker's workflow task is given to another one after two seconds; these are forked warm, and quick.
QUICK = {"history__defaultWorkflowTaskTimeout": '"2s"'}
SIGNALS = {
    ("onboarding", "documents_received"): lambda run: {"document_ids": ["PASSPORT-1"]},
    ("onboarding", "agreement_signed"): lambda run: {"signed_by": "Sarah Johnson"},
    ("onboarding", "deposit_received"): lambda run: {
        "amount": CAPITAL,
        "currency": "AUD",
        "reference": f"D-{run}",
    },
}


@contextmanager
def mortal_workers(place: Town, folder: Path) -> Iterator[Path]:
    """Workers that die at each step once there is a folder for deaths; where they write down what they pass."""
    environment = {
        **os.environ,
        "KRONOS_DATA": str(place.settings.data),
        "KRONOS_ADDRESS": place.server.address,
        "KRONOS_DEFINITIONS": str(place.settings.definitions),
    }
    with (place.settings.data / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.mortal", folder, str(WORKERS), KILLED],
            env=environment,
            cwd=PROJECT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield folder
        assert process.poll() is None, (place.settings.data / "worker.log").read_text()[-4000:]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@dataclass(frozen=True)
class Story:
    """What came of a client: the output of their onboarding, and their books."""

    output: Any
    books: Books

    def told_of(self, customer: str) -> str:
        """The story with the client's name left out, so that two can be compared."""
        return json.dumps([self.output, vars(self.books)], sort_keys=True, default=str).replace(
            customer, "CLIENT"
        )


async def live(place: Town, client: Client, customer: str) -> Story:
    """Take a client on and have their money invested."""
    given = application(customer)
    run = await client.start_workflow("onboarding", given, id=f"onboarding-{customer}", task_queue="kronos")
    return Story(await run.result(), await asyncio.to_thread(books, place, customer))


async def test_a_worker_killed_at_any_step_of_an_investment_changes_no_result(tmp_path: Path) -> None:
    """Every client's output, orders, units and cash are those of one whose workers lived."""
    with (
        town(tmp_path / "data", reviewed=False, **QUICK) as place,
        mortal_workers(place, tmp_path / "steps") as steps,
    ):
        client = await connect(place.settings)
        async with answering(client, SIGNALS):
            undisturbed = await live(place, client, "C-0")
            passed = points(steps / "passed")
            (steps / "deaths").mkdir()
            customers = [f"C-{number}" for number in range(1, CLIENTS + 1)]
            lives = asyncio.gather(*(live(place, client, customer) for customer in customers))
            stories = await asyncio.wait_for(lives, PATIENCE)
        died = points(steps / "deaths")
    for customer, story in zip(customers, stories, strict=True):
        assert story.told_of(customer) == undisturbed.told_of("C-0")
        assert story.books.problems == []
    assert len(passed) > 35
    assert sorted(passed - died) == []
