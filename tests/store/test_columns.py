"""Values come back as they were stored, the same on both databases."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import StatementError

from store.cents import from_cents, to_cents
from store.database import Database
from store.tables import EffectRow, Portfolio, TradingHalt
from tests.support.databases import NOON, new_tenant
from tests.support.people import take_on


@settings(max_examples=25, deadline=None)
@given(rate=st.decimals(min_value=-(10**12), max_value=10**12, places=8))
def test_exact_numbers_keep_every_place(database: Database, rate: Decimal) -> None:
    """Eight decimal places survive, and no zeros are hidden in an exponent."""
    tenant = new_tenant()
    with database.transaction() as tx:
        take_on(tx, tenant)
        tx.get_one(Portfolio, (tenant, "P-C-1")).marginal_rate = rate
    with database.reading() as tx:
        stored = tx.get_one(Portfolio, (tenant, "P-C-1")).marginal_rate
    assert stored == rate
    assert stored.as_tuple().exponent <= 0  # 100 is 100, not 1E+2


def test_a_ninth_place_is_refused(database: Database, tenant: str) -> None:
    """Rounding is the writer's decision, never the database's."""
    with database.transaction() as tx:
        take_on(tx, tenant)
        row = tx.get_one(Portfolio, (tenant, "P-C-1"))
    row.marginal_rate = Decimal("0.123456789")  # after the commit
    with pytest.raises(StatementError, match="more than 8 decimal places"), database.transaction() as tx:
        tx.add(row)


def test_moments_come_back_in_utc(database: Database, tenant: str) -> None:
    """The same moment, whatever zone it was written in."""
    sydney = NOON.astimezone(timezone(timedelta(hours=11)))
    with database.transaction() as tx:
        tx.add(TradingHalt(tenant=tenant, scope="all", subject="", since=sydney, actor="tests"))
    with database.reading() as tx:
        since = tx.get_one(TradingHalt, (tenant, "all", "")).since
    assert since == NOON
    assert since.tzinfo is UTC


def test_a_moment_without_zone_is_refused(database: Database, tenant: str) -> None:
    """Nobody knows when it was."""
    naive = datetime(2025, 11, 17)  # noqa: DTZ001  that is what must be refused
    with pytest.raises(StatementError, match="has no time zone"), database.transaction() as tx:
        tx.add(TradingHalt(tenant=tenant, scope="all", subject="", since=naive, actor="tests"))


def test_numbers_in_documents_stay_exact(database: Database, tenant: str) -> None:
    """A number with a point comes back as the decimal it was."""
    fields = {"amount": Decimal("70000.10"), "units": 3, "note": "naïve ☂", "nothing": None}
    with database.transaction() as tx:
        tx.add(EffectRow(tenant=tenant, key="k", content_digest="", content_fields=fields))
    with database.reading() as tx:
        assert tx.get_one(EffectRow, (tenant, "k")).content_fields == fields


@given(cents=st.integers(min_value=-(10**15), max_value=10**15))
def test_money_goes_to_cents_and_back(cents: int) -> None:
    """Not a cent is lost on the way."""
    assert to_cents(from_cents(cents)) == cents


def test_fractions_of_a_cent_are_refused() -> None:
    """They must have been rounded, or refused, before."""
    with pytest.raises(ValueError, match="fractions of a cent"):
        to_cents(Decimal("0.005"))
