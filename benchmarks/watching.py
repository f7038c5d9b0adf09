"""Watching portfolios: a thousand to a million of twelve holdings, measured and judged by every trigger.

Each count is written in partitions of up to 15,625 portfolios and swept as `monitoring.sweep` does:
files read and their digests checked, every metric measured, every threshold judged, what was measured
written. Two processes share the partitions. Writing the files stands apart, and so does making up what is
in them. Starting runs is no part of it: portfolios at rest are the work of a sweep.
"""

import os
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from sqlalchemy import insert, text
from sqlmodel import Session, SQLModel

from activities.crossings import crossing
from dsl import plan as p
from dsl.expressions import compile_expression, compile_template
from engines import watching
from engines.watching import Market, Portfolios
from store.database import Database
from store.holdings_columns import divided
from store.partitions import Partition, Partitions, Swept
from store.tables import (
    Account,
    Book,
    Customer,
    LedgerEntry,
    LedgerPosting,
    Parcel,
    Portfolio,
    Position,
)
from store.threshold_states import Unrested

COUNTS = (1_000, 10_000, 100_000, 1_000_000)
HOLDINGS, ETFS, PODS = 12, 137, 4
MOST = 15_625
PROCESSES = 2
AT = datetime(2025, 11, 17, 6, 30, tzinfo=UTC)
THRESHOLDS = (
    ("portfolio_drift > 5%", "portfolio_drift < 3%", "1d"),
    ("pod_volatility > 40%", "pod_volatility < 30%", "1d"),
    ("pod_volatility_excess > 12%", "pod_volatility_excess < 10%", "20d"),
    ("regime_changed and portfolio_drift > 2%", None, "20d"),
    ("position_loss > 20% and portfolio_drift > 1%", "position_loss < 10%", "5d"),
    ("market_volatility > 30%", None, "1d"),
    ("var_95 > 3%", None, "1d"),
    ("drawdown > 15%", "drawdown < 10%", "1d"),
    ("cash_share > 10%", "cash_share < 5%", "1d"),
    ("default(days_to_goal, 9999) < 30", None, "30d"),
    ("harvest_benefit > 2000", "harvest_benefit < 1000", "7d"),
)
TARGET = {f"E{place}": 1 / HOLDINGS for place in range(HOLDINGS)}
CUSTOMER = {"tax_residency": "AU", "personal": b"", "created_at": AT, "actor": "bench"}
ASKED = {
    f"E{place}": {f"POD{place % PODS + 1}": 0.75, f"POD{(place + 1) % PODS + 1}": 0.25} for place in range(12)
}
PORTFOLIO = {
    "state": "managed",
    "mandate": "advised",
    "pods": {},
    "target": TARGET,
    "pods_by_etf": ASKED,
    "opened_at": AT,
}
PARCEL = {"acquired": AT.date(), "units_bought": 100, "units": 100, "cost_base_cents": 100_000}
ENTRY = {
    "reference": "D-1",
    "kind": "deposit",
    "effective": AT.date(),
    "currency": "AUD",
    "booked_at": AT,
    "effect_root": "bench",
    "actor": "bench",
}
FIRED = [
    Unrested("watched", 1, f"P-CUST_{place % 64:03}_{place // 64:06}", "fired", AT - timedelta(days=2), False)
    for place in range(5_000)
]


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a threshold of a definition is, without the rest of the definition."""

    workflow: str
    rule: p.ThresholdTrigger


def measure() -> None:
    """Print for each count how long the sweep took, what it found, and the memory of a process."""
    print(f"\nWatching {HOLDINGS} holdings a portfolio, {len(THRESHOLDS)} thresholds, {PROCESSES} processes")
    print(f"load before: {os.getloadavg()[0]:.1f}")
    for count in COUNTS:
        with tempfile.TemporaryDirectory(prefix="kronos-watching-") as folder:
            _one(Path(folder), count)
    for count in COUNTS:
        _refresh(count)


def _refresh(count: int) -> None:
    """Print how long the columns of so many portfolios take that stand in an SQLite database.

    Processor time, of a process of its own, so that its memory is its own.
    """
    with tempfile.TemporaryDirectory(prefix="kronos-watching-") as folder:
        database = Database(f"sqlite:///{folder}/kronos.db", master_key=bytes(32))
        database.upgrade()
        with database.transaction() as tx:
            _fill(tx, count)
        database.close()
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            taken, memory = pool.submit(_refreshed, Path(folder), max(PROCESSES, -(-count // MOST))).result()
    print(
        f"refreshed apart: {count:>9,} portfolios from SQLite in {taken:>6.2f} s of a core, {memory:,.0f} MB"
    )


def _refreshed(folder: Path, of: int) -> tuple[float, float]:
    """Seconds of a core, and the most memory in MB."""
    database = Database(f"sqlite:///{folder}/kronos.db", master_key=bytes(32))
    begin = time.process_time()
    with database.reading() as tx:
        files = Partitions(folder, "main", of)
        for number, partition in enumerate(divided(tx, "main", of, AT)):
            files.save(number, partition)
    taken = time.process_time() - begin
    database.close()
    return taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _fill(tx: Session, count: int) -> None:
    """One portfolio, and copies of its rows under other ids: a million ledgers would take long to make."""
    names = {"tenant": "main", **_names(0)}
    held = [{**names, "etf": etf} for etf in TARGET]
    entry = {**names, "sequence": 1}
    parcels = [{**each, **PARCEL, "parcel_id": f"{each['portfolio_id']}-{each['etf']}"} for each in held]
    paid = [(1, Book.CASH, 5_000_00), (2, Book.CAPITAL, -5_000_00)]
    postings = [{**entry, "line": line, "book": book, "amount_cents": cents} for line, book, cents in paid]
    tables: list[tuple[type[SQLModel], list[dict[str, object]]]] = [
        (Customer, [{**names, **CUSTOMER}]),
        (Account, [{**names, "currency": "AUD", "opened_at": AT}]),
        (Portfolio, [{**names, **PORTFOLIO}]),
        (Position, [{**each, "units": 100} for each in held]),
        (Parcel, parcels),
        (LedgerEntry, [{**entry, **ENTRY}]),
        (LedgerPosting, postings),
    ]
    for table, rows in tables:
        tx.execute(insert(table), rows)
        _copy(tx, table, count - 1)


def _copy(tx: Session, table: type[SQLModel], times: int) -> None:
    names = list(table.__table__.columns.keys())  # type: ignore[attr-defined]
    copied = [f"replace({name}, '0000000', printf('%07d', n))" for name in names if name.endswith("_id")]
    others = [name for name in names if not name.endswith("_id")]
    ids = [name for name in names if name.endswith("_id")]
    into = str(table.__tablename__)
    series = "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < :times)"
    picked = f"SELECT {', '.join([*copied, *others])} FROM series CROSS JOIN {into}"
    tx.execute(text(f"{series} INSERT INTO {into} ({', '.join([*ids, *others])}) {picked}"), {"times": times})


def _names(place: int) -> dict[str, str]:
    return {name: f"{name[0].upper()}-{place:07}" for name in ("customer_id", "account_id", "portfolio_id")}


def _partitions(count: int) -> int:
    return max(PROCESSES, -(-count // MOST))


def _one(folder: Path, count: int) -> None:
    of = _partitions(count)
    written = sum(_write(folder, number, of, count // of + (number < count % of)) for number in range(of))
    size = sum(file.stat().st_size for file in folder.rglob("*.npz"))
    with ProcessPoolExecutor(PROCESSES) as pool:
        list(pool.map(abs, range(PROCESSES)))  # started before the clock
        times = []
        for _ in range(2):
            begin = time.perf_counter()
            found = list(pool.map(_sweep, [folder] * of, range(of), [of] * of))
            times.append(time.perf_counter() - begin)
    swept, crossed, taken = (sum(each[place] for each in found) for place in range(3))
    memory = max(each[3] for each in found)
    print(
        f"{swept:>9,} portfolios in {of:>3} partitions: first sweep {times[0]:>6.2f} s, next "
        f"{times[1]:>6.2f} s, {taken:>6.2f} s of a core; crossing {crossed:,}; "
        f"{memory / 1024:,.0f} MB a process; written apart in {written:.2f} s, {size / 2**20:,.0f} MB"
    )


def _write(folder: Path, number: int, of: int, count: int) -> float:
    rng = np.random.Generator(np.random.PCG64(number))
    partition = _invented(rng, number, count)
    begin = time.perf_counter()
    Partitions(folder, "main", of).save(number, partition)
    return time.perf_counter() - begin


def _invented(rng: np.random.Generator, number: int, count: int) -> Partition:
    """Portfolios near their targets; about one in a thousand is far from them."""
    lines = count * HOLDINGS
    etf = np.sort(rng.permuted(np.tile(np.arange(ETFS), (count, 1)), axis=1)[:, :HOLDINGS], axis=1)
    target = rng.dirichlet(np.full(HOLDINGS, 20.0), count) * 0.97
    worth = target * rng.normal(1, 0.02, target.shape)
    worth[rng.random(count) < 0.001, 0] *= 3
    units = np.maximum(1, (worth * 200_000 / _prices()[etf]).astype(np.int64))
    cost = units * _prices()[etf] * 100 * rng.uniform(0.9, 1.02, units.shape)
    columns = Portfolios(
        offsets=np.arange(0, lines + 1, HOLDINGS),
        etf=etf.ravel(),
        units=units.ravel(),
        cost=cost.astype(np.int64).ravel(),
        target=target.ravel(),
        pod=rng.dirichlet(np.full(PODS, 0.3), lines).astype(np.float32),
        cash=rng.integers(4_000_00, 8_000_00, count),
        capital=np.full(count, 200_000_00),
        marginal_rate=rng.choice([0.18, 0.32, 0.39, 0.47], count),
        goal_offsets=np.arange(0, 2 * count + 1, 2),
        goal_day=rng.integers(AT.toordinal() - 100, AT.toordinal() + 10_000, 2 * count),
    )
    ids = np.array([f"P-CUST_{number:03}_{place:06}".encode() for place in range(count)])
    pods = tuple(f"POD{place}" for place in range(1, PODS + 1))
    return Partition(ids, tuple(f"E{place}" for place in range(ETFS)), columns, AT, pods)


def _prices() -> np.ndarray:
    return np.random.Generator(np.random.PCG64(7)).uniform(5, 150, ETFS)


def _market() -> Market:
    rng = np.random.Generator(np.random.PCG64(8))
    returns = rng.normal(0, 0.006, (63, 1)) + rng.normal(0, 0.006, (63, ETFS))
    return Market(_prices(), np.cov(returns, rowvar=False), 252, 0.14, 10.0, (0.08, 0.12, 0.2, 0.3), 1.0)


def _rules() -> list[_Rule]:
    common = {"each": True, "where": None, "input": compile_template({})}
    return [
        _Rule(
            "watched",
            p.ThresholdTrigger(
                **common,
                place=place,
                threshold=compile_expression(threshold),
                rearm=None if rearm is None else compile_expression(rearm),
                cooldown=cooldown,
            ),
        )
        for place, (threshold, rearm, cooldown) in enumerate(THRESHOLDS, start=1)
    ]


def _sweep(folder: Path, number: int, of: int) -> tuple[int, int, float, float]:
    """One partition: how many portfolios, how many may change, seconds of a core, most memory so far."""
    begin = time.process_time()
    files = Partitions(folder, "main", of)
    partition = files.load(number)
    kept = files.kept(number, partition.ids, AT)
    measured = watching.measure(partition.portfolios, _market(), kept, AT.toordinal())
    swept = Swept(partition.ids, AT, measured, kept.regime)
    found = np.zeros(len(swept.ids), dtype=np.bool_)
    for rule in _rules():
        found |= crossing(rule, swept, FIRED)
    files.save_swept(number, swept)
    memory = float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return len(swept.ids), int(found.sum()), time.process_time() - begin, memory


if __name__ == "__main__":
    measure()
