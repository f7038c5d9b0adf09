"""Losses worth realising."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from engines.errors import EngineError
from engines.tax.errors import MissingPrice, NothingHeld
from engines.tax.harvests import Candidate, Market, Purchase, Terms, find_harvests, worth_together
from engines.tax.parcels import Parcel
from tests.support.gains import parcel

TODAY = date(2026, 3, 2)
TERMS = Terms(
    marginal_rate=Decimal("0.40"),
    taxed_later=Decimal("0.5"),
    years=1,
    yearly_rate=Decimal("0.25"),
    brokerage=Decimal(10),
    cost_rate=Decimal("0.001"),
    threshold=Decimal(0),
    repurchase="wash_sale",
    window=timedelta(days=30),
    least_days=0,
)
MARKET = Market(
    prices={"AAA": Decimal(90), "TWIN": Decimal(90), "BBB": Decimal(50)},
    exposures={"AAA": "a", "TWIN": "a", "BBB": "b", "CCC": "c"},
    replacements={"AAA": ["BBB", "CCC"], "BBB": ["AAA"]},
)
LOSING = parcel("p", 100, "2025-01-06", 10000)


def found(
    *parcels: Parcel, market: Market = MARKET, terms: Terms = TERMS, bought: tuple[Purchase, ...] = ()
) -> list[Candidate]:
    """The candidates of today."""
    return find_harvests(parcels, market, bought, terms, TODAY)


def test_a_harvest_is_worth_its_deferral_less_its_cost() -> None:
    """1,000 at 40% save 400; half of that falls due in a year, worth 160; two orders of 9,000 cost 38."""
    (one,) = found(LOSING)
    assert (one.loss, one.tax_benefit, one.tax_later, one.cost, one.net_benefit) == (1000, 400, 160, 38, 202)
    assert (one.replacement, one.blocked_by) == ("BBB", None)


def test_without_a_replacement_one_order_is_paid() -> None:
    """The sale."""
    (one,) = found(LOSING, market=replace(MARKET, replacements={}))
    assert (one.replacement, one.cost) == (None, 19)


def test_gains_and_losses_too_small_are_no_candidates() -> None:
    """The net benefit must be above the threshold, not at it."""
    assert found(parcel("p", 100, "2025-01-06", 9000)) == []
    assert found(LOSING, terms=replace(TERMS, threshold=Decimal(202))) == []
    assert len(found(LOSING, terms=replace(TERMS, threshold=Decimal("201.99")))) == 1


@pytest.mark.parametrize(
    ("etf", "days", "blocked"),
    [
        ("AAA", 30, "wash_sale"), ("AAA", 31, None), ("AAA", 0, "wash_sale"), ("TWIN", 5, "wash_sale"),
        ("BBB", 5, None), ("UNKNOWN", 5, None), ("AAA", -1, None),
    ],
)  # fmt: skip
def test_buying_the_same_before_blocks_a_sale(etf: str, days: int, blocked: str | None) -> None:
    """So many days ago, by the window of 30; what holds the same is the same."""
    (one,) = found(LOSING, bought=(Purchase(etf, TODAY - timedelta(days=days)),))
    assert one.blocked_by == blocked


def test_another_parcel_bought_lately_blocks_a_sale() -> None:
    """Its own purchase does not: the rest of one purchase replaces nothing."""
    young = parcel("young", 10, "2026-02-20", 900)
    assert found(LOSING, young)[0].blocked_by == "wash_sale"
    assert found(parcel("young", 10, "2026-02-20", 2000))[0].blocked_by is None


def test_a_replacement_that_holds_the_same_blocks_the_sale() -> None:
    """Whoever asks for it is told why."""
    (one,) = found(LOSING, market=replace(MARKET, replacements={"AAA": ["TWIN"]}))
    assert (one.replacement, one.blocked_by) == ("TWIN", "wash_sale")


def test_what_is_sold_at_a_loss_replaces_nothing() -> None:
    """AAA and BBB both lose: they are not exchanged for one another."""
    candidates = found(LOSING, parcel("b", 100, "2025-01-06", 10000, "BBB"))
    assert {one.parcel.etf: one.replacement for one in candidates} == {"AAA": "CCC", "BBB": None}


@pytest.mark.parametrize(("bought", "blocked"), [("2026-01-15", None), ("2026-01-16", "minimum_holding")])
def test_a_parcel_is_held_for_the_least_days_first(bought: str, blocked: str | None) -> None:
    """45 days without those of purchase and sale."""
    (one,) = found(parcel("p", 100, bought, 10000), terms=replace(TERMS, least_days=45))
    assert one.blocked_by == blocked


def test_what_is_blocked_adds_nothing_and_the_most_comes_first() -> None:
    """The total is of the others."""
    small = parcel("small", 10, "2025-01-06", 1200, "TWIN")
    young = parcel("young", 100, "2026-02-27", 12000, "BBB")
    candidates = found(small, LOSING, young, terms=replace(TERMS, least_days=45))
    assert [one.parcel.id for one in candidates] == ["young", "p", "small"]
    assert worth_together(candidates) == candidates[1].net_benefit + candidates[2].net_benefit


@pytest.mark.parametrize(
    ("held", "error", "path"),
    [
        (parcel("p", 1, "2025-01-06", 1, "ZZZ"), MissingPrice, "prices.ZZZ"),
        (parcel("p", 1, "2026-03-03", 1), NothingHeld, "parcels[0].acquired"),
    ],
)
def test_what_cannot_be_looked_at_is_refused(held: Parcel, error: type[EngineError], path: str) -> None:
    """With its place."""
    with pytest.raises(error) as refused:
        found(held)
    assert refused.value.path == path
