"""Distributions that funds announced, from the log of business events."""

from datetime import date, timedelta
from decimal import Decimal

from activities.context import Context
from engines.tax.dividends import Announced
from store import events

NAME = "distribution_announced"
# Nobody announces an ex-date longer before; one that is so long ago is told about no more.
AHEAD = timedelta(days=180)


def announced_distributions(context: Context) -> list[Announced]:
    """Those announced lately, each reference once and as it was announced last, by ex-date."""
    with context.services.database.reading() as tx:
        end, _ = events.checkpoint(tx, context.call.tenant)
        told = events.since(tx, context.call.tenant, NAME, context.now() - AHEAD, end)
    by_reference = {event.data["reference"]: event.data for event in told}
    found = [
        Announced(
            data["etf"],
            date.fromisoformat(str(data["ex_date"])),
            Decimal(data["amount"]),
            Decimal(data.get("franking", 0)),
            None if data.get("credit") is None else Decimal(data["credit"]),
        )
        for data in by_reference.values()
    ]
    return sorted(found, key=lambda one: (one.ex_date, one.etf))
