"""Market data of an installation: taken from sources, kept as snapshots, listed, shown and checked."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activities.market import sessions_closed_since
from activities.snapshots import estimates_for, keep
from adapters.market.csv_market import NAME as CSV
from adapters.market.csv_market import wanted
from adapters.market.cutting import Cut, cut
from adapters.market.health import coverage_findings, snapshot_findings
from adapters.market.snapshot import Snapshot
from adapters.market.vendor_files import price_files, read_folder
from engines.calendars import UnknownExchange, last_session
from engines.estimates import volatility_of_each
from engines.market_quality import Finding
from payloads.files.market import MarketFile
from payloads.files.universe import UniverseFile
from store import snapshots
from worker.errors import BadInput, BadSettings, Refused, UnknownId
from worker.folder_catalogue import FolderCatalogue
from worker.settings import Settings
from worker.storage import existing_database, open_database

if TYPE_CHECKING:
    from sqlmodel import Session

    from adapters.market import MarketSource

SOURCES = ("simulated", "yahoo")
SHORTEST_START, WHOLE_DIGEST = 6, 64

Progress = Callable[[str, int, int], None]
"""Hears what is worked on, how many are done, and of how many."""


def no_progress(what: str, done: int, of: int) -> None:
    """Nobody listens."""


def import_folder(
    settings: Settings,
    folder: Path,
    *,
    as_of: date | None = None,
    adjusted: bool = False,
    calendar: str | None = None,
    leave_out: bool = False,
    dry_run: bool = False,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Read vendor files, report what is wrong with them, and store what is right as one snapshot.

    An error found keeps everything from being stored, unless `leave_out` says to go on without the codes
    and files that have one. `stored` says whether something was. BadInput when the folder cannot be read.
    """
    catalogue = _catalogue(settings)
    market = catalogue.read("market", MarketFile)
    today = _today(as_of)
    files = _files(folder)
    data = read_folder(folder, today, _counting("reading", len(files), progress))
    asked = replace(wanted(market, CSV, as_of), adjusted=adjusted)
    if calendar is not None:
        asked = replace(asked, calendar=_known_calendar(calendar))
    found = cut(data, asked, _counting("checking", len(data.rows), progress))
    universe = catalogue.read("universe", UniverseFile).by_etf()
    if found.snapshot is not None:
        coverage = coverage_findings(found.snapshot, universe)
        found = replace(found, findings=(*found.findings, *coverage))
    keep = found.snapshot is not None and not dry_run and (leave_out or not found.errors)
    added = keep and found.snapshot is not None and _store(settings, found.snapshot, universe)
    return {**_about_cut(found), "stored": keep, "already_stored": keep and not added}


def pull(
    settings: Settings, source: str, as_of: date | None = None, progress: Progress = no_progress
) -> dict[str, Any]:
    """Take a snapshot from a source that answers by itself, and store it.

    Without a day it is the last session that has closed. MarketDataMissing when the source has none.
    """
    catalogue = _catalogue(settings)
    market = catalogue.read("market", MarketFile)
    today = _today(as_of)
    day = as_of or last_session(market.calendar, today)
    universe = catalogue.read("universe", UniverseFile)
    taken = _source(source, progress).snapshot(universe, market, day)
    added = _store(settings, taken, universe.by_etf())
    return {**_about(taken), "stored": True, "already_stored": not added}


def list_snapshots(settings: Settings) -> list[dict[str, Any]]:
    """Every stored snapshot, that of the latest day first."""
    database = existing_database(settings)
    try:
        with database.reading() as tx:
            rows = snapshots.listed(tx, settings.tenant)
            return [
                {
                    "snapshot": row.digest,
                    "source": row.source,
                    "as_of": row.as_of,
                    "simulated": row.simulated,
                    "partial": row.partial,
                    "stored_at": row.created_at,
                    "by": row.actor,
                }
                for row in rows
            ]
    finally:
        database.close()


def show_snapshot(settings: Settings, digest: str | None, etfs: Sequence[str] = ()) -> dict[str, Any]:
    """A snapshot and a line for each of its ETFs, or of `etfs`: price, expected return and volatility.

    Figures are null for codes outside the universe. Without a digest the newest; a digest may be shortened.
    """
    snapshot = _found(settings, digest)
    catalogue = _catalogue(settings)
    if unknown := [etf for etf in etfs if etf not in snapshot.tickers]:
        near = get_close_matches(unknown[0], snapshot.tickers, n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UnknownId(f"the snapshot has no {unknown[0]}{hint}", "etf", name="UnknownEtf")
    asked = list(etfs) or list(snapshot.tickers)
    known = [etf for etf in asked if etf in catalogue.read("universe", UniverseFile).by_etf()]
    figures = {}
    if known and len(snapshot.sessions) > 2:
        estimates = estimates_for(snapshot, catalogue, known, "etf")
        both = zip(known, estimates.expected_return, volatility_of_each(estimates.covariance), strict=True)
        figures = {etf: (float(expected), float(volatility)) for etf, expected, volatility in both}
    lines = []
    for etf in asked:
        expected, volatility = figures.get(etf, (None, None))
        price = snapshot.closing(etf)
        lines.append({"etf": etf, "price": price, "expected_return": expected, "volatility": volatility})
    return {**_about(snapshot), "prices": lines}


def check_snapshot(settings: Settings, digest: str | None) -> dict[str, Any]:
    """Whether a snapshot is fresh and whole: `{snapshot, …, age_sessions, fit, findings}`.

    Its bytes are held against its digest on the way: SnapshotDamaged when they are not its own.
    """
    snapshot = _found(settings, digest)
    catalogue = _catalogue(settings)
    market = catalogue.read("market", MarketFile)
    age = sessions_closed_since(
        market.calendar, snapshot.as_of, datetime.now(UTC), market.max_age_sessions + 1
    )
    findings = snapshot_findings(
        snapshot,
        catalogue.read("universe", UniverseFile).by_etf(),
        calendar=market.calendar,
        age=age,
        max_age=market.max_age_sessions,
    )
    return {
        **_about(snapshot),
        "fit": not any(finding.severity == "error" for finding in findings),
        "findings": [_finding(finding) for finding in findings],
    }


def _today(as_of: date | None) -> date:
    """The day it is; BadInput for a day asked for that is still to come: a source would make prices up."""
    today = datetime.now(UTC).date()
    if as_of is not None and as_of > today:
        raise BadInput(f"{as_of} lies in the future; today is {today}", "as_of", name="FutureDay")
    return today


def _known_calendar(code: str) -> str:
    try:
        last_session(code, datetime.now(UTC).date())
    except UnknownExchange as error:
        raise BadSettings(error.message, "calendar", name="UnknownExchange") from error
    return code


def _files(folder: Path) -> list[Path]:
    try:
        files = price_files(folder)
    except OSError as error:
        raise BadInput(f"{folder} cannot be read: {error.strerror}", name="UnreadableFolder") from error
    if not files:
        raise BadInput(f"{folder} holds no file that ends in .csv or .csv.gz", name="NoFiles")
    return files


def _source(name: str, progress: Progress) -> "MarketSource":
    match name:
        case "simulated":
            from adapters.market.simulated import SimulatedMarket

            return SimulatedMarket()
        case "yahoo":
            from adapters.market.yahoo import YahooMarket

            return YahooMarket(progress=progress)
    near = get_close_matches(name, SOURCES, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {' and '.join(SOURCES)}; import takes files"
    raise Refused(f"there is no source {name}; {hint}", "source", name="UnknownSource")


def _store(settings: Settings, snapshot: Snapshot, universe: Iterable[str]) -> bool:
    """Keep it; False when it was there already."""
    partial = not set(universe) <= set(snapshot.tickers)
    database = open_database(settings)
    try:
        with database.transaction() as tx:
            return keep(tx, settings.tenant, snapshot, datetime.now(UTC), partial=partial)
    finally:
        database.close()


def _found(settings: Settings, start: str | None) -> Snapshot:
    """The one whose digest begins so, or the newest, partial or not; UnknownId for none, or several."""
    database = existing_database(settings)
    try:
        with database.reading() as tx:
            if start is None:
                row = next(iter(snapshots.listed(tx, settings.tenant)), None)
                if row is None:
                    raise UnknownId(
                        "no snapshot is stored; `kronos data import` and `kronos data pull` store one",
                        name="NoSnapshot",
                    )
                return Snapshot.from_bytes(row.content, row.digest)
            row = snapshots.load(tx, settings.tenant, _begun(tx, settings.tenant, start))
            assert row is not None  # nothing deletes snapshots
            return Snapshot.from_bytes(row.content, row.digest)
    finally:
        database.close()


def whole_digest(settings: Settings, start: str) -> str:
    """The digest of the one stored snapshot that begins so; a whole one is taken as it is.

    UnknownId where none or several begin so.
    """
    if len(start) == WHOLE_DIGEST:
        return start
    database = existing_database(settings)
    try:
        with database.reading() as tx:
            return _begun(tx, settings.tenant, start)
    finally:
        database.close()


def _begun(tx: "Session", tenant: str, start: str) -> str:
    if len(start) < SHORTEST_START:
        raise BadInput(f"a digest needs {SHORTEST_START} characters at least", "snapshot")
    digests = snapshots.starting_with(tx, tenant, start)
    if len(digests) != 1:
        many = f"{len(digests)} snapshots begin" if digests else "no snapshot begins"
        raise UnknownId(
            f"{many} with {start}; `kronos data list` has their digests", "snapshot", name="UnknownSnapshot"
        )
    return digests[0]


def _about(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "snapshot": snapshot.digest,
        "source": snapshot.source,
        "simulated": snapshot.simulated,
        "first_session": snapshot.sessions[0],
        "as_of": snapshot.as_of,
        "sessions": len(snapshot.sessions),
        "etfs": len(snapshot.tickers),
        "distributions": snapshot.distributed is not None,
        "notes": list(snapshot.notes),
    }


def _about_cut(found: Cut) -> dict[str, Any]:
    about = {} if found.snapshot is None else _about(found.snapshot)
    return {
        **about,
        "left_out": list(found.left_out),
        "findings": [_finding(finding) for finding in found.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "severity": str(finding.severity),
        "code": finding.code,
        "etf": finding.etf or None,
        "first": finding.first,
        "last": finding.last,
        "text": finding.text,
    }


def _catalogue(settings: Settings) -> FolderCatalogue:
    return FolderCatalogue(settings.definitions / "catalogue")


def _counting(verb: str, of: int, progress: Progress) -> Callable[[str], None]:
    done = 0

    def next_one(name: str) -> None:
        nonlocal done
        progress(f"{verb} {name}", done, of)
        done += 1

    return next_one
