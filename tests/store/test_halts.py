"""Trading halts: in force until lifted, told by the log."""

from datetime import timedelta

import pytest

from store import events, halts
from store.database import Database
from tests.support.databases import NOON


def test_a_halt_is_in_force_until_it_is_lifted(database: Database, tenant: str) -> None:
    """Who, why and since when are kept; lifting tells whether there was one."""
    with database.transaction() as tx:
        halts.halt(tx, tenant, "etf:VAS", by="kim", reason="split", now=NOON)
    with database.reading() as tx:
        assert halts.current(tx, tenant) == [halts.Halt("etf:VAS", "split", NOON, "kim")]
    with database.transaction() as tx:
        assert halts.resume(tx, tenant, "etf:VAS", by="lee", reason="done", now=NOON)
        assert not halts.resume(tx, tenant, "etf:VAS", by="lee", reason="done", now=NOON)
        assert halts.current(tx, tenant) == []


def test_a_second_halt_changes_nothing(database: Database, tenant: str) -> None:
    """The first one's time and reason stand, and the log has one event."""
    with database.transaction() as tx:
        first = halts.halt(tx, tenant, "all", by="kim", reason="fire", now=NOON)
        later = NOON + timedelta(hours=1)
        assert halts.halt(tx, tenant, "all", by="lee", reason="flood", now=later) == first
        assert len(events.read(tx, tenant, name="TradingHalted")) == 1


def test_the_widest_halt_is_told(database: Database, tenant: str) -> None:
    """All before broker before ETF; other ETFs and brokers are free."""
    with database.transaction() as tx:
        for scope in ("etf:VAS", "broker:simulated"):
            halts.halt(tx, tenant, scope, by="kim", reason="", now=NOON)
        found = halts.against(tx, tenant, etf="VAS", broker="simulated")
        assert found is not None
        assert found.scope == "broker:simulated"
        assert halts.against(tx, tenant, etf="VGS", broker="other") is None
        halts.halt(tx, tenant, "all", by="kim", reason="", now=NOON)
        everything = halts.against(tx, tenant, etf="VGS", broker="other")
        assert everything is not None
        assert everything.scope == "all"


def test_tenants_do_not_halt_each_other(database: Database, tenant: str) -> None:
    """A halt is of one tenant."""
    with database.transaction() as tx:
        halts.halt(tx, tenant, "all", by="kim", reason="", now=NOON)
        assert halts.current(tx, f"{tenant}-other") == []


def test_both_are_audit_events(database: Database, tenant: str) -> None:
    """The log says who halted and who resumed."""
    with database.transaction() as tx:
        halts.halt(tx, tenant, "all", by="kim", reason="fire", now=NOON)
        halts.resume(tx, tenant, "all", by="lee", reason="out", now=NOON)
        told = events.read(tx, tenant, stream=halts.STREAM)
    assert [(event.name, event.kind, event.actor) for event in told] == [
        ("TradingHalted", "audit", "kim"),
        ("TradingResumed", "audit", "lee"),
    ]


@pytest.mark.parametrize("scope", ["", "everything", "all:VAS", "etf:", "broker", "etf"])
def test_a_scope_that_means_nothing_is_refused(database: Database, tenant: str, scope: str) -> None:
    """A misspelt halt must not look as if it worked."""
    with database.transaction() as tx, pytest.raises(halts.UnknownScope, match="etf:CODE"):
        halts.halt(tx, tenant, scope, by="kim", reason="", now=NOON)
