"""Workers are killed at every step of every definition; what comes of the runs is the same.

Each dies when the step's work is done and Temporal does not know it, the hardest place; one that dies
before has done nothing.
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

from store import cash
from tests.support.answering import answering
from tests.support.mortal import points
from tests.support.town import PROJECT, Books, Town, application, books, town
from worker.connection import connect
from worker.services import opened

CLIENTS = 4
WORKERS = 4
PATIENCE = 900.0  # seconds; far more than it takes, for machines that do much else
CAPITAL = 100_000
DEFINITIONS = {path.stem for path in (PROJECT / "definitions/workflows").glob("*.yaml")}
# They act on every holder or on several clients at once, wait for days, for a loss, and for signals that name what
# was asked, look back on months and years that are over, are started by events beside the story of one client,
# end it, undo a part of it, sell what it is about, or only look. A block's worker dies in test_blocks.py.
WITHOUT_A_PART = {
    "account_closure",
    "annual_review",
    "block_order",
    "client_lifecycle",
    "client_reaction",
    "compliance_review",
    "corporate_actions",
    "deposit",
    "distributions",
    "education",
    "fee_accrual",
    "fee_billing",
    "fund_statement",
    "hourly_work",
    "house_clock",
    "market_watch",
    "sale",
    "savings_plan",
    "statements",
    "tax_optimization",
    "target_search",
    "tax_year_end",
    "trade_error",
}
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
            [sys.executable, "-m", "tests.support.mortal", folder, str(WORKERS)],
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
    """What came of a client: the outputs of their runs, and their books."""

    onboarded: Any
    automated: Any
    books: Books

    def told_of(self, customer: str) -> str:
        """The story with the client's name left out, so that two can be compared."""
        return json.dumps(
            [self.onboarded, self.automated, vars(self.books)], sort_keys=True, default=str
        ).replace(customer, "CLIENT")


async def live(place: Town, client: Client, customer: str) -> Story:
    """Take a client on, have their money invested, pay more in, have that invested too, and what follows."""
    given = application(customer)
    run = await client.start_workflow("onboarding", given, id=f"onboarding-{customer}", task_queue="kronos")
    onboarded = await run.result()
    pay_in(place, customer)
    more = {"portfolio_id": f"P-{customer}", "max_drift": 0.01}
    run = await client.start_workflow(
        "automated_investment", more, id=f"automated-{customer}", task_queue="kronos"
    )
    automated = await run.result()
    for name, wanted in afterwards(customer):
        run = await client.start_workflow(name, wanted, id=f"{name}-{customer}", task_queue="kronos")
        await run.result()
    return Story(onboarded, automated, await asyncio.to_thread(books, place, customer))


def afterwards(customer: str) -> list[tuple[str, dict[str, Any]]]:
    """What is started once a client is invested, with its input."""
    held = {"portfolio_id": f"P-{customer}"}
    goal = json.loads((PROJECT / "examples/goal_planning.json").read_text())
    return [
        ("withdrawal", held | {"amount": 1}),
        ("goal_planning", goal | held),
        ("goal_progress", held),
        ("risk_management", held),
        ("settlement", {}),
        ("reconciliation", {}),
        ("monitoring", {}),
    ]


def pay_in(place: Town, customer: str) -> None:
    """A tenth of what the client has, so that their portfolio drifts."""
    with opened(place.settings) as services, services.database.transaction() as tx:
        about = {"currency": "AUD", "reference": f"MORE-{customer}", "kind": "deposit", "at": services.now()}
        cash.book(tx, services.tenant, f"A-{customer}", amount_cents=10_000_00, **about)


async def test_a_worker_killed_at_any_step_of_any_definition_changes_no_result(tmp_path: Path) -> None:
    """Every client's outputs, orders, units and cash are those of one whose workers lived."""
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
    passed = {point for point in passed if point.split()[0] not in WITHOUT_A_PART}
    lived = {point.split()[0] for point in passed}
    assert lived == DEFINITIONS - WITHOUT_A_PART, "give each definition a part in `live`"
    assert len(passed) > 60
    assert sorted(passed - died) == []
