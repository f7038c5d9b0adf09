"""Activities called without Temporal: which of them get the services of a worker."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from activities.snapshots import keep
from adapters.market.snapshot import Snapshot
from tests.support.servers import REPOSITORY
from worker.local import LocalCaller
from worker.settings import Settings, load_settings
from worker.storage import open_database


def installation(folder: Path) -> tuple[Settings, Snapshot]:
    """Settings of a data directory whose database holds one small snapshot."""
    settings = load_settings({"data": folder, "definitions": REPOSITORY / "definitions"}, {})
    days = (date(2024, 1, 30), date(2024, 1, 31))
    snapshot = Snapshot("csv", False, days, ("VAS",), np.array([[10**10], [11 * 10**9]]))
    database = open_database(settings)
    with database.transaction() as tx:
        keep(tx, settings.tenant, snapshot, datetime(2024, 2, 1, tzinfo=UTC))
    database.close()
    return settings, snapshot


def test_a_pure_activity_that_may_take_a_snapshot_finds_what_is_stored(tmp_path: Path) -> None:
    """backtest.run needs nothing where prices are given; by a digest it looks into the store."""
    settings, snapshot = installation(tmp_path)
    asked = {"snapshot": snapshot.digest, "weights": {"VAS": 1}, "mode": "static", "initial": 100}
    found = LocalCaller("backtest.run", settings).call(asked)
    assert [round(value, 9) for value in found["value"]] == [100, 110]
    assert found["simulated"] is False


def test_other_pure_activities_open_nothing(tmp_path: Path) -> None:
    """No database is opened, let alone made, for a sum."""
    settings = load_settings({"data": tmp_path / "none", "definitions": REPOSITORY / "definitions"}, {})
    assert LocalCaller("goals.simulate", settings).context.services is None
    assert LocalCaller("backtest.run", settings).context.services is None
    assert not (tmp_path / "none").exists()


def test_a_line_that_is_not_utf_8_costs_the_others_nothing(tmp_path: Path) -> None:
    """It is an error of its own line, which the message names; blank lines have no answer."""
    caller = LocalCaller("calendar.settlement_date", load_settings({"data": tmp_path}, {}))
    good = b'{"exchange": "XASX", "trade_date": "2026-03-20"}'
    first, bad, last = caller.call_lines([good + b"\r", b"\xff{}", b"  ", b"", good])
    assert first.output == last.output == {"settlement_date": date(2026, 3, 24)}
    assert bad.error is not None
    assert bad.error["message"] == "line 2 is not UTF-8; save it as UTF-8"
