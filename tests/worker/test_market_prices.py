"""At whose prices an installation trades: those that are made up, or those that people import."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from activities.snapshots import default_snapshot
from adapters.market.snapshot import Snapshot
from store import snapshots
from tests.support.servers import REPOSITORY
from worker.errors import Refused
from worker.folder_catalogue import FolderCatalogue
from worker.market import prepare_market
from worker.settings import Settings, load_settings
from worker.storage import open_database


def settings_of(folder: Path, market: str) -> Settings:
    """Those of a data directory, with the setting `market`."""
    return load_settings(
        {"data": folder, "definitions": REPOSITORY / "definitions"}, {"KRONOS_MARKET": market}
    )


def bought(settings: Settings) -> Snapshot:
    """A snapshot of the whole universe as a vendor may have delivered it."""
    made_up = default_snapshot(FolderCatalogue(settings.definitions / "catalogue"))
    return Snapshot("csv", False, made_up.sessions, made_up.tickers, made_up.units.copy())


def stored(settings: Settings, snapshot: Snapshot, *, partial: bool = False) -> None:
    """Keep it as an import would."""
    database = open_database(settings)
    with database.transaction() as tx:
        snapshots.save(
            tx, settings.tenant, snapshot.digest, source=snapshot.source, as_of=snapshot.as_of,
            simulated=snapshot.simulated, partial=partial, content=snapshot.to_bytes(),
            created_at=datetime(2026, 7, 1, tzinfo=UTC),
        )  # fmt: skip
    database.close()


def test_imported_prices_are_traded_at_however_old_and_none_are_made_up(tmp_path: Path) -> None:
    """Prices of two kinds in turn would move every client's holdings by what nobody traded at."""
    settings = settings_of(tmp_path, "imported")
    mine = bought(settings)
    stored(settings, mine)
    assert prepare_market(settings) == {
        "snapshot": mine.digest,
        "source": "csv",
        "as_of": mine.as_of,
        "simulated": False,
    }
    assert prepare_market(replace(settings, market="simulated"))["simulated"]


def test_without_an_import_of_the_whole_universe_nothing_trades(tmp_path: Path) -> None:
    """None, part of one, and one that is made up: each is said."""
    settings = settings_of(tmp_path, "imported")
    open_database(settings).close()
    with pytest.raises(Refused, match="no snapshot of the whole universe") as refused:
        prepare_market(settings)
    assert (refused.value.name, refused.value.path) == ("NoSnapshot", "market")
    stored(settings, bought(settings), partial=True)
    with pytest.raises(Refused, match="no snapshot of the whole universe"):
        prepare_market(settings)
    made_up = prepare_market(replace(settings, market="simulated"))
    with pytest.raises(Refused, match=f"of {made_up['as_of']}, is simulated"):
        prepare_market(settings)
