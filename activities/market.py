"""Market data: which snapshot is current, and what one says of some ETFs.

ActivityError
├── NoSnapshot      nothing was stored yet
└── StaleSnapshot   the newest snapshot is older than the catalogue allows
"""

from datetime import date, datetime

from activities.context import Context
from activities.errors import ActivityError
from activities.reference_prices import NoSnapshot
from activities.registry import implements
from activities.snapshots import chosen_snapshot, estimates_for, figures_for, newest_stored
from engines import calendars
from payloads.files.market import MarketFile
from payloads.market import AskQuote, LatestSnapshot, QuotedMarket, SnapshotReference


class StaleSnapshot(ActivityError):
    """The newest snapshot is older than the catalogue allows."""


@implements("market.latest_snapshot")
def latest_snapshot(ask: LatestSnapshot, context: Context) -> SnapshotReference:
    """Find the newest stored snapshot that is whole; NoSnapshot without any, StaleSnapshot when too old."""
    snapshot = newest_stored(context)
    if snapshot is None:
        raise NoSnapshot(
            "no market snapshot of the whole universe is stored yet; start `kronos up`, which takes one, or "
            "import data; `kronos data list` shows what there is"
        )
    _refuse_stale(snapshot.as_of, context)
    return SnapshotReference(
        snapshot=snapshot.digest,
        source=snapshot.source,
        as_of=snapshot.as_of,
        simulated=snapshot.simulated,
    )


@implements("market.quote")
def quote(ask: AskQuote, context: Context) -> QuotedMarket:
    """Read closing prices and figures of some ETFs from one snapshot, however old."""
    snapshot = chosen_snapshot(context, ask.snapshot)
    etfs = list(dict.fromkeys(ask.etfs))
    estimates = estimates_for(snapshot, context.catalogue, etfs, "etfs")
    return QuotedMarket(
        prices={etf: snapshot.closing(etf) for etf in etfs},
        assets=figures_for(estimates, context.catalogue, etfs),
        snapshot=snapshot.digest,
        as_of=snapshot.as_of,
        simulated=snapshot.simulated,
    )


def _refuse_stale(as_of: date, context: Context) -> None:
    rules = context.catalogue.read("market", MarketFile)
    if (
        sessions_closed_since(rules.calendar, as_of, context.now(), rules.max_age_sessions + 1)
        > rules.max_age_sessions
    ):
        raise StaleSnapshot(
            f"the newest market snapshot is as of {as_of}, more than {rules.max_age_sessions} sessions of "
            f"{rules.calendar} ago; take a new one: `kronos up` does when it starts, or import data"
        )


def sessions_closed_since(exchange: str, day: date, now: datetime, at_most: int) -> int:
    """How many sessions have closed after the one of `day`; counting stops at `at_most`."""
    for count in range(at_most):
        session = calendars.next_session(exchange, day)
        if session.closes_at > now:
            return count
        day = session.day
    return at_most
