"""What every source of market data must do."""

from datetime import date

import numpy as np
import pytest

from adapters.market import MarketDataMissing, MarketSource
from adapters.market.simulated import SimulatedMarket
from adapters.market.snapshot import Snapshot
from payloads.files.market import MarketFile
from payloads.files.universe import UniverseFile
from tests.support.contexts import pure_context

SOURCES: dict[str, MarketSource] = {"simulated": SimulatedMarket()}
TUESDAY = date(2026, 6, 30)
SATURDAY = date(2026, 6, 27)


def taken(source: str, as_of: date = TUESDAY) -> Snapshot:
    """A snapshot by the project's own catalogue."""
    catalogue = pure_context().catalogue
    return SOURCES[source].snapshot(
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
    assert taken(source).to_bytes() == taken(source).to_bytes()


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_a_day_without_session_is_refused(source: str) -> None:
    """A weekend is no session, and the error says where the day was given."""
    with pytest.raises(MarketDataMissing, match="2026-06-27") as refused:
        taken(source, SATURDAY)
    assert refused.value.path == "as_of"


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_the_source_labels_its_snapshots(source: str) -> None:
    """Whether prices are made up is said by source and snapshot alike."""
    assert taken(source).simulated is SOURCES[source].simulated
    assert taken(source).source == SOURCES[source].name
