"""A house that takes on clients: a store, simulated providers, and calls of steps."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any

from activities.context import CatalogueFiles, Context
from activities.runner import run
from adapters.simulated_providers import (
    ProviderRecords,
    SimulatedIdentity,
    SimulatedNotifications,
    SimulatedPayments,
)
from payloads.call import Call
from store import events
from store.database import Database
from store.event_proof import verify
from store.events import Event
from tests.support.contexts import catalogue_files
from tests.support.databases import NOON
from tests.support.people import ALEX

CUSTOMER = {"customer_id": "C-1", **ALEX}


class House:
    """Runs activities as a worker does: JSON in, JSON out; each `step` of a `run` is one effect."""

    def __init__(self, database: Database, tenant: str) -> None:
        self.database = database
        self.tenant = tenant
        records = ProviderRecords()
        self.services = SimpleNamespace(
            tenant=tenant,
            database=database,
            identity=SimulatedIdentity(records),
            payments=SimulatedPayments(records),
            notifications=SimulatedNotifications(records),
            now=lambda: NOON,
        )

    def __call__(self, activity: str, step: str = "", run_id: str = "run-1", **given: Any) -> dict[str, Any]:
        """The activity's answer; without `step` its name stands for the step."""
        return run(activity, given, self.context(step or activity, run_id), strict=True)

    def context(self, step: str, run_id: str = "run-1", now: datetime = NOON) -> Context:
        """A call of `step` in run `run_id`."""
        call = Call(tenant=self.tenant, effect_root=run_id, step=step, workflow_id=f"onboarding-{run_id}")
        return Context(call, CatalogueFiles(catalogue_files()), self.services, lambda: now)

    def register(self, run_id: str = "run-1", **changed: Any) -> dict[str, Any]:
        """What registering the usual client answers."""
        return self("customers.register", run_id=run_id, customer={**CUSTOMER, **changed})

    def log(self) -> list[Event]:
        """Every event so far; the log must prove whole."""
        with self.database.reading() as tx:
            assert verify(tx, self.tenant) == []
            return events.read(tx, self.tenant)

    def facts(self) -> list[str]:
        """The names of the facts so far."""
        return [event.name for event in self.log() if event.kind == "fact"]

    def personal(self, event: Event) -> dict[str, Any]:
        """The personal part of an event."""
        with self.database.reading() as tx:
            return events.personal_of(tx, self.tenant, event)
