"""Market data as definitions ask for it: the newest snapshot, and quotes from one."""

import statistics
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from activities.context import Context
from activities.runner import ActivityFault, run
from activities.snapshots import default_snapshot
from adapters.market.snapshot import Snapshot
from payloads.call import Call
from store import snapshots
from store.database import Database
from store.tables import Snapshot as Row
from tests.support.contexts import catalogue_files, pure_context

TAKEN = datetime(2026, 6, 30, 8, tzinfo=UTC)


def context_of(database: Database, tenant: str, now: datetime = TAKEN) -> Context:
    """A context of a process that has this database."""
    plain = pure_context()
    call = Call(tenant=tenant, effect_root="R" * 20, step="steps[0]", release="test")
    return Context(
        call=call, catalogue=plain.catalogue, services=SimpleNamespace(database=database), now=lambda: now
    )


def store(database: Database, tenant: str, content: bytes | None = None) -> Snapshot:
    """The default snapshot stored for a tenant; `content` takes the place of its bytes."""
    snapshot = default_snapshot(pure_context().catalogue)
    with database.transaction() as tx:
        snapshots.save(
            tx,
            tenant,
            snapshot.digest,
            source=snapshot.source,
            as_of=snapshot.as_of,
            simulated=snapshot.simulated,
            content=content or snapshot.to_bytes(),
            created_at=TAKEN,
        )
    return snapshot


def test_the_newest_snapshot_is_found(database: Database, tenant: str) -> None:
    """Digest, source, day and label of what is stored."""
    stored = store(database, tenant)
    assert run("market.latest_snapshot", {}, context_of(database, tenant)) == {
        "snapshot": stored.digest,
        "source": "simulated",
        "as_of": date(2026, 6, 30),
        "simulated": True,
    }


def test_another_tenants_snapshot_is_not_found(database: Database, tenant: str) -> None:
    """Market data belongs to who stored it."""
    store(database, tenant)
    with pytest.raises(ActivityFault, match="kronos up") as refused:
        run("market.latest_snapshot", {}, context_of(database, f"{tenant}-other"))
    assert refused.value.type == "NoSnapshot"


@pytest.mark.parametrize(
    ("now", "stale"),
    [
        (datetime(2026, 7, 2, 6, 30, tzinfo=UTC), False),  # two sessions have closed, in Sydney
        (datetime(2026, 7, 3, 5, 0, tzinfo=UTC), False),  # the third has not
        (datetime(2026, 7, 3, 6, 30, tzinfo=UTC), True),  # now it has
    ],
)
def test_a_snapshot_is_stale_after_two_sessions(
    database: Database, tenant: str, now: datetime, stale: bool
) -> None:
    """Sessions are counted, not days; the error says how old, the limit, and what to do."""
    store(database, tenant)
    if not stale:
        assert run("market.latest_snapshot", {}, context_of(database, tenant, now))
        return
    with pytest.raises(
        ActivityFault, match=r"as of 2026-06-30, more than 2 sessions.*take a new one"
    ) as refused:
        run("market.latest_snapshot", {}, context_of(database, tenant, now))
    assert refused.value.type == "StaleSnapshot"


def test_damaged_bytes_are_never_traded_on(database: Database, tenant: str) -> None:
    """Bytes that are not those of the digest are refused by name."""
    store(database, tenant, b"nonsense")
    with pytest.raises(ActivityFault) as refused:
        run("market.latest_snapshot", {}, context_of(database, tenant))
    assert refused.value.type == "SnapshotDamaged"


def test_pods_take_the_newest_snapshot_when_none_is_named(database: Database, tenant: str) -> None:
    """The stored snapshot is used, and named in the answer."""
    stored = store(database, tenant)
    found = run("pods.optimize", {"pod": "POD1", "capital": 1000}, context_of(database, tenant))
    assert found["snapshot"] == stored.digest
    with database.reading() as tx:
        assert tx.get(Row, (tenant, found["snapshot"])) is not None


def quoted(*etfs: str) -> dict[str, Any]:
    """A quote from the default snapshot, without a database."""
    digest = default_snapshot(pure_context().catalogue).digest
    return run("market.quote", {"snapshot": digest, "etfs": list(etfs)}, pure_context(), strict=True)


def test_a_quote_has_exact_prices_and_indicative_figures() -> None:
    """Prices are the snapshot's to the cent; yield, franking and exposure are the universe's."""
    found = quoted("VAS", "GOLD", "VAS")
    assert found["prices"] == {"VAS": Decimal("104.20"), "GOLD": Decimal("58.30")}
    assert found["assets"]["VAS"]["yield"] == 0.037
    assert found["assets"]["VAS"]["exposure"] == "australian_shares_broad"
    assert found["simulated"] is True


def test_expected_returns_are_near_what_the_class_is_expected_to_earn() -> None:
    """Five years of prices move the expectation, twenty years' worth of prior holds it."""
    assert quoted("VAS")["assets"]["VAS"]["expected_return"] == pytest.approx(0.085, abs=0.03)
    assert quoted("BILL")["assets"]["BILL"]["expected_return"] == pytest.approx(0.042, abs=0.002)


@pytest.mark.parametrize(
    ("given", "kind", "path"),
    [
        ({"etfs": ["VAZ"]}, "UnknownEtf", "etfs"),
        ({"etfs": []}, "InvalidInput", "etfs"),
        ({"snapshot": "0" * 64}, "UnknownSnapshot", "snapshot"),
        ({"snapshot": "newest"}, "InvalidInput", "snapshot"),
    ],
)
def test_a_quote_that_cannot_be_given_says_why(given: dict[str, Any], kind: str, path: str) -> None:
    """Unknown ETFs and snapshots are named errors at their place."""
    digest = default_snapshot(pure_context().catalogue).digest
    with pytest.raises(ActivityFault) as refused:
        run("market.quote", {"snapshot": digest, "etfs": ["VAS"], **given}, pure_context())
    assert (refused.value.type, refused.value.path) == (kind, path)


def test_volatility_is_that_of_the_market_portfolio(database: Database, tenant: str) -> None:
    """Its daily returns are weighed day by day here; yields are paid evenly where a fund never goes ex."""
    snapshot = store(database, tenant)
    answer = run("market.volatility", {}, context_of(database, tenant))
    market = catalogue_files()["market"]
    weights = {etf: float(weight) for etf, weight in market["market_portfolio"]["weights"].items()}
    prices = snapshot.prices(list(weights))
    paid = snapshot.distributions(list(weights))
    returns = [
        sum(
            weight * ((prices[day, at] + paid[day, at]) / prices[day - 1, at] - 1)
            for at, weight in enumerate(weights.values())
        )
        for day in range(1, len(prices))
    ]
    for name, sessions in (("volatility", 21), ("usual", 252)):
        assert answer[name] == pytest.approx(statistics.stdev(returns[-sessions:]) * 252**0.5, rel=1e-9)
    assert (answer["snapshot"], answer["simulated"]) == (snapshot.digest, True)


def test_without_a_snapshot_nothing_is_measured(database: Database, tenant: str) -> None:
    """It is said that there is none."""
    with pytest.raises(ActivityFault) as raised:
        run("market.volatility", {}, context_of(database, tenant))
    assert raised.value.type == "NoSnapshot"


def test_a_catalogue_that_watches_nothing_is_said_to() -> None:
    """Before any snapshot is looked for."""
    market = {key: value for key, value in catalogue_files()["market"].items() if key != "volatility_watch"}
    with pytest.raises(ActivityFault) as raised:
        run("market.volatility", {}, pure_context(changed_files={"market": market}))
    assert raised.value.type == "NotWatched"
