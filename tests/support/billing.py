"""A client of a small brokerage who pays fees: one ETF, cash, and the books to look at."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from activities.runner import ActivityFault, run
from store import events, ledger, ledger_proof, portfolios
from store.database import Database
from store.event_proof import verify
from store.ledger import About, Posting, Subject
from store.tables import Book
from tests.support.trading import ACCOUNT, NOW, PORTFOLIO, Brokerage, open_brokerage

INVESTED = datetime(2026, 1, 29, 1, 0, tzinfo=UTC)


class Firm:
    """Runs activities as a worker does, on one client who holds 100 VAS at 90.00."""

    def __init__(self, brokerage: Brokerage) -> None:
        self.brokerage = brokerage

    def __call__(self, activity: str, step: str = "", run_id: str = "run-1", **given: Any) -> dict[str, Any]:
        """The activity's answer; without `step` its name stands for the step."""
        return run(activity, given, self.brokerage.context(step or activity, run_id), strict=True)

    def refusal(self, activity: str, *, step: str = "refused", **given: Any) -> tuple[str, str]:
        """Type and path of the fault."""
        with pytest.raises(ActivityFault) as raised:
            self(activity, step=f"{step} {activity}", **given)
        return raised.value.type, raised.value.path

    def books(self, account_id: str = ACCOUNT) -> dict[str, Decimal]:
        """What stands in each book, without those at nothing; ledger and log must prove whole."""
        tenant = self.brokerage.tenant
        with self.brokerage.database.transaction() as tx:
            assert ledger_proof.verify(tx, tenant) == []
            assert verify(tx, tenant) == []
            found = ledger.balances(tx, tenant, account_id)
        return {book.value: Decimal(cents).scaleb(-2) for book, cents in found.items() if cents}

    def facts(self) -> list[str]:
        """The names of all events so far."""
        with self.brokerage.database.reading() as tx:
            return [event.name for event in events.read(tx, self.brokerage.tenant)]

    def pass_days(self, days: int) -> None:
        """Let time go by."""
        self.brokerage.clock.now += timedelta(days=days)


def open_firm(
    database: Database,
    tenant: str,
    folder: Path,
    *,
    paid_in: Decimal = Decimal(10_000),
    units: int = 100,
    cost: int = 8_000_00,
    mandate: str = "advised",
) -> Firm:
    """A client who paid in, bought long ago, and has been managed since 29 January."""
    brokerage = open_brokerage(database, tenant, folder, paid_in=paid_in)
    with database.transaction() as tx:
        row = portfolios.portfolio(tx, tenant, PORTFOLIO)
        row.state, row.mandate, row.invested_at, row.managed_at = "managed", mandate, INVESTED, INVESTED
        row.target = {"VAS": 1.0}
        tx.add(row)
        if units:
            about = About("bought", "purchase", INVESTED.date(), "AUD", NOW)
            lot = Subject(PORTFOLIO, "VAS", "lot-1", INVESTED.date(), units)
            ledger.post(
                tx,
                tenant,
                ACCOUNT,
                about,
                [Posting(Book.SECURITIES, cost, lot), Posting(Book.CASH, -cost)],
            )
    return Firm(brokerage)
