"""What every source of market data must do."""

import atexit
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import numpy as np
import pytest

from adapters.market import MarketDataMissing, MarketSource
from adapters.market.csv_market import CsvMarket
from adapters.market.simulated import SimulatedMarket
from adapters.market.snapshot import Snapshot
from adapters.market.yahoo import YahooMarket
from engines.calendars import sessions_between
from payloads.files.market import MarketFile
from payloads.files.universe import UniverseFile
from tests.support.contexts import pure_context
from tests.support.yahoo_answers import chart_answer

TUESDAY = date(2026, 6, 30)
SATURDAY = date(2026, 6, 27)


@cache
def simulated() -> Snapshot:
    """What the vendors of these tests deliver: a year of the simulated market on the exchange's sessions."""
    catalogue = pure_context().catalogue
    market = catalogue.read("market", MarketFile)
    snapshot = SimulatedMarket().snapshot(catalogue.read("universe", UniverseFile), market, TUESDAY)
    open_days = set(sessions_between(market.calendar, snapshot.sessions[0], TUESDAY))
    rows = [place for place, day in enumerate(snapshot.sessions) if day in open_days][-250:]
    days = tuple(snapshot.sessions[place] for place in rows)
    return Snapshot("vendor", False, days, snapshot.tickers, snapshot.units[rows])


@cache
def vendor_folder() -> Path:
    """A wide file of every ETF, gone when the tests end."""
    folder = Path(mkdtemp())
    atexit.register(rmtree, folder)
    snapshot = simulated()
    lines = [",".join(["date", *snapshot.tickers])]
    for day, row in zip(snapshot.sessions, snapshot.units.tolist(), strict=True):
        lines.append(",".join([day.isoformat(), *(str(units / 10**8) for units in row)]))
    (folder / "prices.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


@cache
def yahoo_answer(address: str) -> bytes:
    """What Yahoo would say of one of these ETFs."""
    etf = address.rpartition("/")[2].partition(".AX")[0]
    return chart_answer(simulated().sessions, simulated().prices([etf])[:, 0].tolist())


SOURCES: dict[str, Callable[[], MarketSource]] = {
    "simulated": SimulatedMarket,
    "csv": lambda: CsvMarket(vendor_folder()),
    "yahoo": lambda: YahooMarket(fetch=yahoo_answer),
}


@cache
def taken(source: str, as_of: date = TUESDAY) -> Snapshot:
    """A snapshot by the project's own catalogue."""
    catalogue = pure_context().catalogue
    return SOURCES[source]().snapshot(
        catalogue.read("universe", UniverseFile), catalogue.read("market", MarketFile), as_of
    )


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_a_snapshot_ends_at_the_session_asked_for(source: str) -> None:
    """The last session is the one asked for, and sessions rise."""
    snapshot = taken(source)
    assert snapshot.as_of == TUESDAY
    assert list(snapshot.sessions) == sorted(set(snapshot.sessions))


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_every_etf_of_the_universe_has_a_price_on_every_session(source: str) -> None:
    """Tickers are the universe's, in its order, and no price is missing or zero."""
    snapshot = taken(source)
    universe = pure_context().catalogue.read("universe", UniverseFile)
    assert snapshot.tickers == tuple(universe.by_etf())
    assert np.isfinite(snapshot.prices(snapshot.tickers)).all()
    assert snapshot.units.min() > 0


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_the_same_question_has_the_same_bytes(source: str) -> None:
    """Twice the same question, twice the same content."""
    first = taken(source).to_bytes()
    taken.cache_clear()
    assert taken(source).to_bytes() == first


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_a_day_without_session_is_refused(source: str) -> None:
    """A weekend is no session, and the error says where the day was given."""
    with pytest.raises(MarketDataMissing, match="2026-06-27") as refused:
        taken(source, SATURDAY)
    assert refused.value.path == "as_of"


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_the_source_labels_its_snapshots(source: str) -> None:
    """Whether prices are made up is said by source and snapshot alike."""
    assert taken(source).simulated is SOURCES[source]().simulated
    assert taken(source).source == SOURCES[source]().name
