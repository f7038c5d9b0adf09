"""A house whose portfolios are watched: a release with thresholds, prices, and columns in a folder."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from activities.context import CatalogueFiles, Context
from activities.releases import Releases
from activities.runner import run
from activities.services import Delivered, Delivery
from activities.snapshots import keep
from adapters.market.snapshot import Snapshot
from dsl.release import build_release
from payloads import plain_json
from payloads.call import Call
from store import releases
from store.database import Database
from tests.support.contexts import catalogue_files
from tests.support.databases import NOON
from tests.support.definitions import folder

WATCHED = """\
workflow: watched
version: 1
summary: Looks at a portfolio that drifted
input:
  type: object
  required: [portfolio_id, drift]
  properties: {portfolio_id: {type: string}, drift: {type: number}}
triggers:
  - threshold: portfolio_drift > 5% and portfolio.cash >= 0
    rearm: portfolio_drift < 3%
    cooldown: 1d
    input: {portfolio_id: "${ portfolio.portfolio_id }", drift: "${ portfolio_drift }"}
  - threshold: regime_changed and portfolio_drift > 1%
    input: {portfolio_id: "${ portfolio.portfolio_id }", drift: "${ portfolio_drift }"}
steps:
  - {id: seen, set: {portfolio: "${ input.portfolio_id }", drift: "${ input.drift }"}}
output: {portfolio: "${ vars.portfolio }", drift: "${ vars.drift }"}
"""
TICKERS = ("VAF", "VAP", "VAS", "VGS", "VIF")
LAST = date(2025, 11, 14)  # the Friday before NOON
SESSIONS = 80


class Started:
    """Runs that were started, by id, written to a file that outlives the process."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.given: dict[str, Any] = {}  # in this process

    def ids(self) -> list[str]:
        return self._file.read_text().split() if self._file.exists() else []

    def start(self, workflow: str, given: Any, workflow_id: str, summary: str) -> bool:
        if workflow_id in self.ids():
            return False
        with self._file.open("a") as file:
            file.write(f"{workflow_id}\n")
        self.given[workflow_id] = given
        return True

    def signal(self, *_: Any) -> Delivered:
        return Delivered(Delivery.GONE)


class Watch:
    """`watch("monitoring.sweep", NOON, partition=0, of=1)` calls an activity at a moment."""

    def __init__(self, database: Database, tenant: str, place: Path) -> None:
        self.started = Started(place / "started")
        self.services = SimpleNamespace(
            tenant=tenant,
            database=database,
            releases=Releases(database),
            runs=self.started,
            partitions=place / "partitions",
            now=lambda: NOON,
        )

    def open(self) -> "Watch":
        """With a release of WATCHED and prices of a hundred AUD, which moved a little every day."""
        release = build_release(folder(WATCHED))
        tenant = self.services.tenant
        with self.services.database.transaction() as tx:
            releases.save(tx, tenant, release.digest, plain_json.dumps(release.document), NOON)
            keep(tx, tenant, prices(), NOON)
        return self

    def __call__(self, activity: str, now: datetime = NOON, **given: Any) -> dict[str, Any]:
        call = Call(tenant=self.services.tenant, effect_root="sweep", step=activity)
        context = Context(call, CatalogueFiles(catalogue_files()), self.services, lambda: now)
        return run(activity, given, context, strict=True)


def prices() -> Snapshot:
    """Eighty days of a few ETFs, all at 100 AUD in the end."""
    moves = np.random.Generator(np.random.PCG64(3)).integers(-200, 200, (SESSIONS, len(TICKERS)))
    moves[-1] = 0
    days = tuple(LAST - timedelta(days=SESSIONS - 1 - day) for day in range(SESSIONS))
    return Snapshot("invented", True, days, TICKERS, (100_00 + moves) * 10**6)


def utc(hours: float) -> datetime:
    """So many hours after NOON."""
    return (NOON + timedelta(hours=hours)).astimezone(UTC)
