"""Records the histories in this folder anew: `python -m tests.replay.record` in the project's folder.

One of each definition on a real installation, here, and one of each path that its tests take, in `paths`.

Only for a change that old runs need not survive, or to add a definition: a recorded history that no
longer replays means that runs in flight would stop. Payloads are recorded in plain text, so that
replaying needs no key; the client is the example's.
"""

import asyncio
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlmodel import select
from temporalio.client import Client, WorkflowHandle
from temporalio.converter import DataConverter

from activities.services import Services
from payloads import plain_json
from store import cash, portfolios
from store.tables import Order
from tests.replay import paths
from tests.support.contexts import catalogue_files
from tests.support.portfolios import open_portfolio
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
    """Take the example's client on, pay more in, have that invested, reconcile; write what each run did."""
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
        for name in ("settlement", "reconciliation", "monitoring"):
            await ran(client, name, {})
        for name in ("distributions", "fund_statement", "corporate_actions"):
            await ran(client, name, example(name))
        held = {"portfolio_id": "P-CUST_12345"}
        bounced = {"reference": "DEPOSIT-2", "reason": "insufficient funds"}
        arrived = {"amount": 5000, "reference": "DEPOSIT-2"}
        await ran(client, "deposit", held | {"amount": 5000}, money_arrived=arrived, debit_failed=bounced)
        await ran(client, "withdrawal", held | {"amount": 1})
        give_mandate(services)
        await ran(client, "block_order", example("block_order"))
        await ran(client, "savings_plan", held | {"amount": 500, "months": 1})
        for name in ("risk_management", "tax_optimization"):
            await ran(client, name, held)
        await bill(client, services)
        wanted = (PROJECT / "examples/goal_planning.json").read_text(encoding="utf-8")
        await ran(client, "goal_planning", plain_json.loads(wanted))
        await ran(client, "goal_progress", held)
        earn_interest(services)
        await ran(client, "tax_year_end", held)
        await ran(client, "statements", held)
        await learn(client)
        for name in ("house_clock", "market_watch", "compliance_review", "client_reaction", "target_search"):
            await ran(client, name, example(name))
        answers = {"answers": application("CUST_12345")["answers"]}
        consent = {"consented": True}
        await ran(client, "annual_review", held, review_answered=answers, fee_consent=consent)
        life = {"customer_id": "CUST_12345"} | held
        await ran(client, "client_lifecycle", life, tax_document_ready={"year": "2025-26"}, account_closed={})
        await workers.drain()


async def bill(client: Client, services: Services) -> None:
    """Fees, an hour and a half of work, a trade that was one unit too many, a sale, and a client who leaves with cash alone."""
    held = {"portfolio_id": "P-CUST_12345"}
    await ran(client, "fee_accrual", {})
    await ran(client, "fee_billing", held | {"through": f"{services.now():%Y-%m-%d}"})
    work = {"reference": "W-1", "role": "adviser", "minutes": 90, "recorded_by": "pat"}
    await ran(client, "hourly_work", held | work | {"day": f"{services.now():%Y-%m-%d}"})
    with services.database.reading() as tx:
        bought = select(Order).where(Order.portfolio_id == "P-CUST_12345", Order.side == "buy")
        order = tx.exec(bought.where(Order.state == "filled").order_by(Order.created_at)).first()
        assert order is not None
        units = {"order": order.client_order_id, "intended_units": order.cum_units - 1}
    await ran(client, "trade_error", held | units | {"reported_by": "sam", "reason": "one too many"})
    await ran(client, "sale", held | {"amount": 20_000, "reason": "a new car"})
    open_portfolio(services.database, services.tenant, "LEAVES", 100_00)
    await ran(client, "account_closure", {"portfolio_id": "P-LEAVES"})


async def ran(client: Client, name: str, given: Any, **signals: Any) -> None:
    """One run to its end, with these signals, everybody approving; its history is kept."""
    run = await client.start_workflow(name, given, id=f"{name}-recorded", task_queue="kronos")
    for signal, payload in signals.items():
        await run.signal(signal, payload)
    await approved(client, run)
    await write(client, run.id)


def example(name: str) -> Any:
    """The example's input, its dates in the past: what a test waits for is not waited for here."""
    text = (PROJECT / f"examples/{name}.json").read_text(encoding="utf-8")
    return plain_json.loads(text.replace("2026-", "2025-"))


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


def earn_interest(services: Services) -> None:
    """A dollar a year ago: in the last tax year that is over, whenever that is."""
    with services.database.transaction() as tx:
        about = {"currency": "AUD", "reference": "INTEREST", "kind": "interest", "at": services.now()}
        day = services.now().date() - timedelta(days=365)
        cash.book(tx, services.tenant, "A-CUST_12345", amount_cents=1_00, effective=day, **about)


def give_mandate(services: Services) -> None:
    """The example's client leaves decisions to the house, as the clients of a block do."""
    with services.database.transaction() as tx:
        portfolio = portfolios.portfolio(tx, services.tenant, "P-CUST_12345", lock=True)
        portfolio.mandate = "discretionary"
        tx.add(portfolio)


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
