"""Gains, wash sales, harvests and fees by the catalogue's rules, as people call them."""

import json
from decimal import Decimal
from typing import Any

import pytest

from activities.runner import ActivityFault, run
from payloads import plain_json
from tests.support.contexts import catalogue_files, pure_context

PARCEL = {"id": "p", "etf": "VAS", "units": 10, "acquired": "2020-01-06", "cost_base": 1000}
SOLD = {"etf": "VAS", "units": 10, "date": "2025-03-03", "proceeds": 3000}
GAINS = {"jurisdiction": "AU", "year": "2024-25", "method": "fifo", "parcels": [PARCEL], "disposals": [SOLD]}
BUY = {"id": "b", "date": "2024-01-10", "etf": "VAS", "side": "buy", "units": 10, "price": 100}
HARVEST = {
    "jurisdiction": "AU",
    "as_of": "2026-03-02",
    "marginal_rate": 0.39,
    "prices": {"VAS": 80},
    "parcels": [PARCEL],
}
FEES = {"balance": 1000, "tiers": [{"rate": 0.01}]}


def answer(name: str, given: dict[str, Any]) -> dict[str, Any]:
    """The output as it crosses the boundary."""
    found: dict[str, Any] = json.loads(
        plain_json.dumps(run(name, given, pure_context(), strict=True)), parse_float=Decimal
    )
    return found


@pytest.mark.parametrize(
    ("change", "net"),
    [
        ({}, "1000"),
        ({"taxpayer": "super"}, "1333.33"),
        ({"taxpayer": "company"}, "2000"),
        ({"resident": False}, "2000"),
        ({"year": "2019-20", "disposals": [{**SOLD, "date": "2020-06-30"}]}, "2000"),
        ({"jurisdiction": "US", "year": "2025"}, "2000"),
    ],
)
def test_gains_follow_the_rules_of_their_year(change: dict[str, Any], net: str) -> None:
    """A gain of 2,000 by kind of taxpayer, residence, time held and country."""
    assert answer("tax.capital_gains", {**GAINS, **change})["net_capital_gain"] == Decimal(net)


def test_a_year_after_the_change_is_indexed() -> None:
    """1,000 up to 30 June 2027 is halved; 2,000 of value then is indexed by a tenth to 3,000."""
    given = {
        **GAINS,
        "year": "2027-28",
        "parcels": [{**PARCEL, "market_value": 2000}],
        "disposals": [{**SOLD, "date": "2028-01-04"}],
        "price_index": [{"quarter": "2027-04-01", "value": 150}, {"quarter": "2028-01-01", "value": 165}],
    }
    assert answer("tax.capital_gains", given)["net_capital_gain"] == 500 + 800
    company = {**given, "taxpayer": "company", "price_index": []}
    assert answer("tax.capital_gains", company)["net_capital_gain"] == 2000


def test_american_gains_have_a_term() -> None:
    """Long for five years; an Australian one has none."""
    assert (
        answer("tax.capital_gains", {**GAINS, "jurisdiction": "US", "year": "2025"})["lines"][0]["term"]
        == "long"
    )
    assert answer("tax.capital_gains", GAINS)["lines"][0]["term"] is None


def test_the_catalogue_names_a_replacement_of_another_index() -> None:
    """Of the same class, not of the same exposure; and the tax that comes back in five years."""
    (one,) = answer("tax.find_harvests", HARVEST)["candidates"]
    assert (one["loss"], one["tax_benefit"], one["blocked_by"]) == (200, 78, None)
    assert one["tax_later"] == Decimal("30.56")
    files = {fund["etf"]: fund for fund in _universe()}
    ours, other = files["VAS"], files[one["replacement"]]
    assert other["asset_class"] == ours["asset_class"]
    assert other["exposure"] != ours["exposure"]


@pytest.mark.parametrize(
    ("change", "blocked", "later"),
    [
        ({"recent_trades": [{"date": "2026-02-20", "etf": "VAS", "side": "buy", "units": 1}]}, "part_iva", "30.56"),
        ({"recent_trades": [{"date": "2026-02-20", "etf": "VAS", "side": "sell", "units": 1}]}, None, "30.56"),
        ({"parcels": [{**PARCEL, "acquired": "2026-02-20"}]}, "minimum_holding", "30.56"),
        ({"jurisdiction": "US", "replacements": {"VAS": "VAS"}}, None, "33.04"),
        ({"jurisdiction": "US", "replacements": {"VAS": ["A200"]}}, "wash_sale", "33.04"),
    ],
)  # fmt: skip
def test_a_harvest_is_blocked_with_the_reason(
    change: dict[str, Any], blocked: str | None, later: str
) -> None:
    """Part IVA and 45 days in Australia, wash sales in the United States."""
    (one,) = answer("tax.find_harvests", {**HARVEST, **change})["candidates"]
    assert (one["blocked_by"], one["tax_later"]) == (blocked, Decimal(later))


def test_a_deferral_that_earns_nothing_is_no_harvest() -> None:
    """Sold again within twelve months, the whole tax comes back."""
    found = answer("tax.find_harvests", {**HARVEST, "deferral": {"years": 1, "rate": 0}})
    assert found == {"candidates": [], "total_net_benefit": 0}


def test_an_invoice_asks_for_the_fee_and_its_gst() -> None:
    """A quarter of 1% of 1,000 by days, and a tenth of it."""
    found = answer("fees.calculate", {**FEES, "gst": 0.1, "days": 73})
    assert (found["annual"], found["period"], found["gst"], found["total"]) == (
        10,
        2,
        Decimal("0.2"),
        Decimal("2.2"),
    )


@pytest.mark.parametrize(
    ("name", "given", "type", "path"),
    [
        ("tax.capital_gains", {**GAINS, "year": "2018-19"}, "UnknownTaxYear", "year"),
        ("tax.capital_gains", {**GAINS, "jurisdiction": "US"}, "UnknownTaxYear", "year"),
        ("tax.capital_gains", {**GAINS, "jurisdiction": "US", "year": "2025", "taxpayer": "super"}, "NotCovered", "taxpayer"),
        ("tax.capital_gains", {**GAINS, "year": "2027-28", "taxpayer": "super"}, "NotCovered", "taxpayer"),
        ("tax.capital_gains", {**GAINS, "parcels": [PARCEL, PARCEL]}, "InvalidInput", "parcels[1].id"),
        ("tax.capital_gains", {**GAINS, "parcels": [{**PARCEL, "units": "0"}]}, "InvalidInput", "parcels[0].units"),
        ("tax.capital_gains", {**GAINS, "parcels": [{**PARCEL, "units": "0.000000001"}]}, "InvalidInput", "parcels[0].units"),
        ("tax.capital_gains", {**GAINS, "disposals": [{**SOLD, "proceeds": -1}]}, "InvalidInput", "disposals[0].proceeds"),
        ("tax.capital_gains", {**GAINS, "method": "average"}, "InvalidInput", "method"),
        ("tax.capital_gains", {**GAINS, "method": "specific", "disposals": [{**SOLD, "parcel_ids": ["p", "p"]}]}, "InvalidInput", "disposals[0].parcel_ids[1]"),
        ("tax.capital_gains", {**GAINS, "price_index": [{"quarter": "2027-05-01", "value": 1}]}, "InvalidInput", "price_index[0].quarter"),
        ("tax.wash_sales", {"trades": [BUY, BUY]}, "InvalidInput", "trades[1].id"),
        ("tax.wash_sales", {"trades": [{**BUY, "side": "sell"}]}, "OversoldUnits", "trades[0].units"),
        ("tax.wash_sales", {"trades": [{**BUY, "price": 0}]}, "InvalidInput", "trades[0].price"),
        ("tax.wash_sales", {"trades": [], "window_days": -1}, "InvalidInput", "window_days"),
        ("tax.find_harvests", {**HARVEST, "prices": {}}, "MissingPrice", "prices.VAS"),
        ("tax.find_harvests", {**HARVEST, "as_of": "1999-01-01"}, "UnknownTaxYear", "as_of"),
        ("tax.find_harvests", {**HARVEST, "parcels": [PARCEL, PARCEL]}, "InvalidInput", "parcels[1].id"),
        ("fees.calculate", {**FEES, "tiers": []}, "InvalidInput", "tiers"),
        ("fees.calculate", {**FEES, "balance": -1}, "InvalidInput", "balance"),
        ("fees.calculate", {**FEES, "tiers": [{"up_to": 5, "rate": 0.1}]}, "UnfitTiers", "tiers[0].up_to"),
        ("fees.calculate", {**FEES, "discount": 1.1}, "InvalidInput", "discount"),
    ],
)  # fmt: skip
def test_wrong_input_is_refused_with_its_place(
    name: str, given: dict[str, Any], type: str, path: str
) -> None:
    """By the declared error."""
    with pytest.raises(ActivityFault) as refused:
        run(name, given, pure_context(), strict=True)
    assert (refused.value.type, refused.value.path) == (type, path)


def _universe() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = catalogue_files()["universe"]["etfs"]
    return found
