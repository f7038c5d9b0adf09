"""A block on the real installation: slices, a worker that dies on the way, and everybody's fair part."""

from pathlib import Path
from typing import Any

from activities.context import Context
from activities.runner import run
from activities.services import Services
from payloads.call import Call
from store import cash, ledger_proof, portfolios
from tests.support.asking import over
from tests.support.people import take_on
from tests.support.town import PROJECT, town
from worker.folder_catalogue import FolderCatalogue
from worker.services import opened

CASH = {"ANNA": 100_000_00, "BELA": 50_000_00, "CARL": 50_000_00}
UNITS = {"ANNA": 50, "BELA": 25, "CARL": 26}


def with_mandate(services: Services, client: str, cents: int) -> None:
    """A client with cash whose signature has given a discretionary mandate."""

    def done(name: str, **given: str) -> dict[str, Any]:
        call = Call(tenant=services.tenant, effect_root=client, step=name, workflow_id=client)
        catalogue = FolderCatalogue(PROJECT / "definitions/catalogue")
        return run(name, {"customer_id": client, **given}, Context(call, catalogue, services, services.now))

    with services.database.transaction() as tx:
        take_on(tx, services.tenant, client)
        about = {"reference": "deposit", "kind": "deposit", "currency": "AUD", "at": services.now()}
        cash.book(tx, services.tenant, f"A-{client}", amount_cents=cents, **about)
    done("identity.verify")
    sent = done("agreements.send", portfolio_id=f"P-{client}", mandate="discretionary")
    done("agreements.record_signature", agreement_id=sent["agreement_id"], signed_by="Alex Example")


def test_a_block_is_traded_once_and_shared_out_to_the_cent(tmp_path: Path) -> None:
    """Four slices of 101 units, one of them sent by a worker that dies before it can say so."""
    with town(tmp_path / "data") as place, opened(place.settings) as services:
        tenant = place.settings.tenant
        for client, cents in CASH.items():
            with_mandate(services, client, cents)
        place.start_worker("slices.after_send:kill@2")
        given = {
            "block_id": "B-1",
            "etf": "VAS",
            "side": "buy",
            "parts": [{"portfolio_id": f"P-{client}", "units": units} for client, units in UNITS.items()],
            "strategy": "twap",
            "slices": 4,
            "start": "2026-02-02T10:00:00+11:00",
        }
        place.answer("start", "block_order", "--input", "-", "--id", "block", given=given)
        assert place.worker_killed()
        place.start_worker()
        status = place.until("block", over)
        assert status["output"]["status"] == "filled", status
        trail = place.answer("trading", "block", "B-1")
        assert [each["units"] for each in trail["slices"]] == [26, 25, 25, 25]
        at_broker = {each["order"]: services.broker.executions(each["order"]) for each in trail["slices"]}
        value = sum(fill.units * fill.price for fills in at_broker.values() for fill in fills)
        assert sum(fill.units for fills in at_broker.values() for fill in fills) == sum(UNITS.values())
        with services.database.transaction() as tx:
            held = {client: portfolios.positions(tx, tenant, f"P-{client}")["VAS"] for client in UNITS}
            spent = sum(cents - cash.balance(tx, tenant, f"A-{client}") for client, cents in CASH.items())
            assert ledger_proof.verify(tx, tenant) == []
        assert held == UNITS
        assert spent == value * 100 + 10_00
        assert place.answer("activities", "call", "orders.reconcile", "--input", "-", given={})["reconciled"]
