"""When to sell and to buy around a distribution."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from engines.tax.dividends import Announced, Rules, timing
from tests.support.gains import parcel

TODAY = date(2026, 3, 2)
RULES = Rules(days_at_risk=45, company_rate=Decimal("0.30"), days_before=7)


def announced(ex_date: date, franking: object = 1) -> Announced:
    """Seventy cents a unit."""
    return Announced("AAA", ex_date, Decimal("0.70"), Decimal(str(franking)))


@pytest.mark.parametrize(
    ("days_ago", "until"),
    [
        (46, None),  # 45 days lie between the days of purchase and sale
        (45, date(2026, 3, 3)),
        (1, date(2026, 4, 16)),
        (0, None),  # bought on its ex-date or after, units have no credit to lose
    ],
)
def test_a_credit_is_kept_by_45_days_between_purchase_and_sale(days_ago: int, until: date | None) -> None:
    """The law leaves both days out; the credit of 100 units is 30, by 70 · 30/70."""
    held = [parcel("a", 100, f"{TODAY - timedelta(days=days_ago)}", 1000)]
    found = timing(held, {}, [announced(TODAY - timedelta(days=max(0, days_ago - 1)))], RULES, TODAY)
    assert [(one.code, one.until, one.amount) for one in found] == (
        [("keep_for_franking", until, 30)] if until else []
    )


def test_a_credit_that_the_fund_told_is_the_one_to_lose() -> None:
    """12.5 cents a unit, though nothing is franked by its share."""
    told = Announced("AAA", TODAY, Decimal("0.70"), Decimal(0), Decimal("0.125"))
    held = [parcel("a", 100, f"{TODAY - timedelta(days=1)}", 1000)]
    found = timing(held, {}, [told], RULES, TODAY)
    assert [(one.code, one.amount) for one in found] == [("keep_for_franking", Decimal("12.50"))]


@pytest.mark.parametrize("franking", [0, "0.0001"])
def test_a_credit_below_a_cent_is_no_reason_to_wait(franking: object) -> None:
    """Nor is one of nothing."""
    held = [parcel("a", 1, "2026-02-20", 10)]
    assert timing(held, {}, [announced(date(2026, 2, 24), franking)], RULES, TODAY) == []


def test_a_distribution_still_to_come_is_none_to_keep_by_selling_before_it() -> None:
    """Who sells before the ex-date has no credit; there is nothing to be lost."""
    held = [parcel("a", 100, "2026-02-20", 1000)]
    assert timing(held, {}, [announced(date(2026, 3, 10))], RULES, TODAY) == []


@pytest.mark.parametrize(("days", "advised"), [(0, False), (1, True), (7, True), (8, False)])
def test_purchases_wait_for_an_ex_date_that_is_near(days: int, advised: bool) -> None:
    """On the ex-date itself units come without it; the income is that of the units meant."""
    found = timing([], {"AAA": 50, "BBB": 9}, [announced(TODAY + timedelta(days=days))], RULES, TODAY)
    assert [(one.code, one.until, one.amount) for one in found] == (
        [("buy_after_ex_date", TODAY + timedelta(days=days), 35)] if advised else []
    )
