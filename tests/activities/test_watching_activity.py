"""Sweeps over partitions: exactly those fire that crossed a threshold, once, whatever dies on the way."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from activities import watching
from activities.runner import ActivityFault
from engines.watching import Portfolios
from store import events, ledger, portfolios, threshold_states
from store.database import Database
from store.ledger import Posting, Subject
from store.partitions import Partition, Partitions, partition_of
from store.tables import Book
from tests.support.databases import MASTER_KEY, NOON, new_tenant, sqlite_url
from tests.support.killing import run_until_killed
from tests.support.ledger import MONDAY, about
from tests.support.portfolios import open_portfolio
from tests.support.watching import TICKERS, Watch, utc

WHOLE = {"partition": 0, "of": 1}


@pytest.fixture
def watch(database: Database, tenant: str, tmp_path: Path) -> Watch:
    return Watch(database, tenant, tmp_path).open()


def client(watch: Watch, customer_id: str, drift: float, cash: int = 1_000_00) -> str:
    """A portfolio of cash alone whose target is so much of VAS: it has drifted by half of that."""
    portfolio_id = open_portfolio(watch.services.database, watch.services.tenant, customer_id, cash)
    aim(watch, portfolio_id, drift)
    return portfolio_id


def aim(watch: Watch, portfolio_id: str, drift: float) -> None:
    """Give it the target that it has drifted from by so much."""
    with watch.services.database.transaction() as tx:
        row = portfolios.portfolio(tx, watch.services.tenant, portfolio_id, lock=True)
        row.target = {"VAS": 2 * drift}
        tx.add(row)


def hold(watch: Watch, customer_id: str, etf: str, units: int, cents: int) -> None:
    """Buy units."""
    subject = Subject(f"P-{customer_id}", etf, f"{customer_id}-{etf}", MONDAY, units)
    postings = [
        Posting(Book.SECURITIES, cents, subject),
        Posting(Book.UNSETTLED, -cents, settles_on=MONDAY),
    ]
    with watch.services.database.transaction() as tx:
        ledger.post(tx, watch.services.tenant, f"A-{customer_id}", about("buy", "purchase"), postings)


def swept(watch: Watch, hours: float = 0, **given: Any) -> dict[str, Any]:
    watch("monitoring.refresh", utc(hours), of=1)
    return watch("monitoring.sweep", utc(hours), **{**WHOLE, **given})


def fired(answer: dict[str, Any]) -> list[str]:
    return [one["workflow_id"] for one in answer["fired"]]


def test_one_alert_an_episode(watch: Watch) -> None:
    """It fires, stays silent while it is drifted, and fires anew after it was rearmed and has cooled."""
    client(watch, "C-1", 0.07)
    client(watch, "C-2", 0.01)
    assert fired(swept(watch)) == ["watched:P-C-1:1.1"]
    assert fired(swept(watch, 1)) == []
    for hours, drift, expected in [(2, 0.01, []), (3, 0.07, []), (30, 0.07, ["watched:P-C-1:1.2"])]:
        aim(watch, "P-C-1", drift)
        assert fired(swept(watch, hours)) == expected
    assert watch.started.ids() == ["watched:P-C-1:1.1", "watched:P-C-1:1.2"]


def test_only_those_that_may_change_are_looked_at(watch: Watch) -> None:
    """Whoever is calm, or has fired and not rearmed, costs nothing; nor do metrics that nobody has."""
    client(watch, "C-1", 0.07)
    client(watch, "C-2", 0.01)
    first, again = swept(watch), swept(watch, 1)
    assert (first["portfolios"], first["measured"], first["changing"], again["changing"]) == (2, 2, 1, 0)
    assert first["not_measured"] == ["pod_volatility", "pod_volatility_excess"]


def test_what_cannot_be_measured_is_told_and_stops_nobody(watch: Watch) -> None:
    """An empty portfolio is counted, one without a price has its fault in the log, once."""
    database, tenant = watch.services.database, watch.services.tenant
    client(watch, "C-1", 0.07)
    client(watch, "C-2", 0.07, cash=0)
    client(watch, "C-3", 0.07)
    hold(watch, "C-3", "GOLD", 10, 500_00)
    answer = swept(watch)
    assert (answer["worthless"], answer["unpriced"], answer["unpriced_first"]) == (1, 1, ["P-C-3"])
    assert fired(answer) == ["watched:P-C-1:1.1"]
    assert swept(watch, 1)["changing"] == 0
    with database.reading() as tx:
        faults = [event.data for event in events.read(tx, tenant, name="TriggerFailed")]
    told = [(fault["portfolio_id"], fault["trigger"]) for fault in faults]
    assert told == [("P-C-3", 1)]  # 2: the market's regime has not changed, whatever the drift is


def test_columns_say_what_the_store_says(watch: Watch) -> None:
    """Units and cost base from the ledger, targets beside them, cash, capital, and goals."""
    client(watch, "C-1", 0.3)
    hold(watch, "C-1", "VGS", 4, 400_00)
    refreshed = watch("monitoring.refresh", of=1)
    assert (refreshed["partitions"], refreshed["portfolios"]) == ([0], 1)
    partition = Partitions(watch.services.partitions, watch.services.tenant, 1).load(0)
    found = partition.portfolios
    lines = {
        partition.tickers[etf]: (int(units), int(cost), float(target))
        for etf, units, cost, target in zip(found.etf, found.units, found.cost, found.target, strict=True)
    }
    assert lines == {"VGS": (4, 400_00, 0.0), "VAS": (0, 0, 0.6)}
    assert (list(partition.ids), list(found.cash), list(found.capital)) == ([b"P-C-1"], [600_00], [1000_00])
    assert partition.refreshed_at == NOON


def test_partitions_are_in_the_order_of_bytes(watch: Watch) -> None:
    """Whatever order the database sorts text in; each line stays with its portfolio."""
    for place, name in enumerate(("b", "B", "a", "_", "Z", "é")):
        client(watch, name, 0.01 * place)
        hold(watch, name, "VGS", place + 1, 1_00)
    watch("monitoring.refresh", of=1)
    partition = Partitions(watch.services.partitions, watch.services.tenant, 1).load(0)
    assert [each.decode() for each in partition.ids] == ["P-B", "P-Z", "P-_", "P-a", "P-b", "P-é"]
    held = partition.portfolios.units[partition.portfolios.units > 0]
    assert held.tolist() == [2, 5, 4, 3, 1, 6]


def test_a_moment_has_to_say_its_offset(watch: Watch) -> None:
    """Before anything is read: which moment it is nobody could know."""
    with pytest.raises(ActivityFault) as caught:
        watch("monitoring.sweep", partition=0, of=1, at="2025-11-17T12:00:00")
    assert (caught.value.type, caught.value.path) == ("InvalidInput", "at")


@pytest.mark.parametrize(
    ("given", "error"),
    [({"partition": 4, "of": 4}, "UnknownPartition"), ({"partition": 1, "of": 4}, "NoPartition")],
)
def test_a_partition_that_is_not_there_is_refused(watch: Watch, given: Any, error: str) -> None:
    """By its name, with where it was asked for."""
    with pytest.raises(ActivityFault) as caught:
        watch("monitoring.sweep", **given)
    assert (caught.value.type, caught.value.path) == (error, "partition")


def planted(count: int, drifted: range) -> Partition:
    """Thousands of portfolios at their target, and some that are six points away."""
    weight = np.zeros(count)
    weight[drifted.start : drifted.stop] = 0.12
    zeros = np.zeros(count, dtype=np.int64)
    columns = Portfolios(
        offsets=np.arange(count + 1),
        etf=zeros + TICKERS.index("VAS"),
        units=zeros,
        cost=zeros,
        target=weight + 1e-12,
        pod=np.zeros((count, 0), dtype=np.float32),
        cash=zeros + 1_000_00,
        capital=zeros,
        marginal_rate=np.full(count, 0.3),
        goal_offsets=np.zeros(count + 1, dtype=np.int64),
        goal_day=np.array([], dtype=np.int64),
    )
    ids = np.array([f"P-C-{number:04}".encode() for number in range(count)])
    return Partition(ids, TICKERS, columns, NOON)


def test_a_sweep_that_is_killed_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three thousand exactly the planted twelve fire, once, however often the sweep dies."""
    url, tenant, drifted = sqlite_url(tmp_path), new_tenant(), range(700, 712)
    database = Database(url, master_key=MASTER_KEY)
    database.upgrade()
    Watch(database, tenant, tmp_path).open()
    for number in drifted:
        open_portfolio(database, tenant, f"C-{number:04}", 1_000_00)
    database.close()
    Partitions(tmp_path / "partitions", tenant, 1).save(0, planted(3000, drifted))
    monkeypatch.setattr(watching, "BATCH", 5)

    def sweep() -> dict[str, Any]:
        own = Database(url, master_key=MASTER_KEY)
        answer = Watch(own, tenant, tmp_path)("monitoring.sweep", at=NOON.isoformat(), **WHOLE)
        own.close()
        return answer

    assert run_until_killed(sweep, "monitoring.after_batch:kill")
    assert run_until_killed(sweep, "monitoring.after_batch:kill@2")
    expected = [f"watched:P-C-{number:04}:1.1" for number in drifted]
    assert fired(sweep()) == expected
    assert fired(sweep()) == expected
    assert sorted(Watch(database, tenant, tmp_path).started.ids()) == expected


def test_a_damaged_file_is_refused(watch: Watch) -> None:
    """A partition of which a byte changed is not swept."""
    client(watch, "C-1", 0.07)
    watch("monitoring.refresh", of=1)
    [file] = watch.services.partitions.rglob("0.npz")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(ActivityFault, match="refresh it"):
        watch("monitoring.sweep", **WHOLE)


def test_partitions_are_the_same_for_ever() -> None:
    """By a hash that no process changes, evenly."""
    assert [partition_of(f"P-C-{number}", 16) for number in range(6)] == [13, 3, 3, 4, 5, 4]
    counts = np.bincount([partition_of(f"P-{number}", 16) for number in range(16_000)], minlength=16)
    assert counts.min() > 850
    assert counts.max() < 1150


def test_what_fired_stands_with_its_metrics(watch: Watch) -> None:
    """As for a threshold that was judged by itself."""
    client(watch, "C-1", 0.07)
    swept(watch)
    with watch.services.database.reading() as tx:
        row = threshold_states.of_portfolios(tx, watch.services.tenant, ["P-C-1"])["watched", 1, "P-C-1"]
    assert row.state == "fired"
    assert float(row.metrics["portfolio_drift"]) == pytest.approx(0.07)
    assert date(2025, 11, 17) == row.measured_at.date()
