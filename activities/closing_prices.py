"""Closing prices of days that are past, from the snapshots that were stored.

A day is priced by the first whole snapshot that covers it: one taken later may state prices in other units
(after a split) or have revised them. Where none reaches the day, by the newest, unless that is too old.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from activities.context import Context
from activities.market import StaleSnapshot
from activities.reference_prices import NoSnapshot
from activities.snapshots import check_etfs, chosen_snapshot
from adapters.market.snapshot import Snapshot
from engines.calendars import last_session, sessions_between
from payloads.files.market import MarketFile
from store import snapshots

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Closing:
    """Prices at the close of a session."""

    session: date
    simulated: bool
    prices: Mapping[str, Decimal]


def closing_prices(context: Context, day: date, etfs: Iterable[str]) -> Closing:
    """The prices of the last session up to `day`; NoSnapshot, StaleSnapshot, UnknownEtf."""
    calendar = context.catalogue.read("market", MarketFile).calendar
    with context.services.database.reading() as tx:
        digest = snapshots.covering(tx, context.call.tenant, last_session(calendar, day + ONE_DAY))
    if digest is None:
        raise NoSnapshot(f"no market snapshot is stored that holdings of {day} could be valued by")
    snapshot = chosen_snapshot(context, digest)
    _refuse_stale(snapshot, day, context)
    before = [session for session in snapshot.sessions if session <= day]
    if not before:
        raise NoSnapshot(
            f"the market snapshots begin on {snapshot.sessions[0]}; holdings of {day} cannot be valued, "
            "import older prices"
        )
    wanted = sorted(etfs)
    check_etfs(wanted, snapshot.tickers, "portfolio_id")
    prices = {etf: snapshot.closing(etf, before[-1]) for etf in wanted}
    return Closing(before[-1], snapshot.simulated, prices)


def _refuse_stale(snapshot: Snapshot, day: date, context: Context) -> None:
    rules = context.catalogue.read("market", MarketFile)
    missed = sessions_between(rules.calendar, snapshot.as_of + ONE_DAY, day)
    if len(missed) > rules.max_age_sessions:
        raise StaleSnapshot(
            f"the newest market snapshot ends on {snapshot.as_of}, {len(missed)} sessions of "
            f"{rules.calendar} before {day}; import market data up to that day"
        )
