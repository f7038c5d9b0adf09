"""What a portfolio leaves after tax, and what to do about it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.tax.errors import MissingAsset, NothingHeld
from engines.tax.portfolio import Asset, GainsRule, Holder, Parcel, Portfolio, analyze
from engines.tax.recommendations import recommendations

TODAY = date(2025, 11, 15)
RULE = GainsRule(months_held=12, discount=Fraction(1, 2))
HOLDER = Holder(marginal_rate=Decimal("0.3"), franked_at=Decimal("0.3"), gains=RULE)
ASSETS = {
    "VAS": Asset(Decimal("0.085"), Decimal("0.04"), Decimal("0.7")),
    "VHY": Asset(Decimal("0.08"), Decimal("0.055"), Decimal("0.8")),
    "TECH": Asset(Decimal("0.12"), Decimal("0.003"), Decimal(0)),
}


def portfolio(parcels: tuple[Parcel, ...] = (), **values: int) -> Portfolio:
    """Holdings of the assets above."""
    return Portfolio({etf: Decimal(value) for etf, value in values.items()}, ASSETS, parcels)


def parcel(acquired: date, cost: int, units: int = 100, etf: str = "VAS") -> Parcel:
    """A parcel of a hundred units."""
    return Parcel(etf, units, acquired, Decimal(cost))


def test_income_is_taxed_with_its_credits() -> None:
    """7,000 of VAS pay 280, 196 of it franked with 84: 0.3·364 - 84 = 25.20."""
    found = analyze(portfolio(VAS=7000), HOLDER, TODAY)
    assert found.gross_income == Decimal("280.00")
    assert found.franking_credits == Decimal("84.00")
    assert found.income_tax == Decimal("25.20")
    assert found.after_tax_income == Decimal("254.80")
    assert found.cgt_liability == 0
    assert found.net_after_tax_return == (Decimal(595) - Decimal("25.20")) / 7000


def test_credits_above_the_tax_come_back() -> None:
    """At a rate of zero the tax is the credits, below zero."""
    assert analyze(
        portfolio(VAS=7000), replace(HOLDER, marginal_rate=Decimal(0)), TODAY
    ).income_tax == Decimal("-84.00")


@pytest.mark.parametrize(
    ("acquired", "liability"),
    [(date(2024, 11, 14), "150.00"), (date(2024, 11, 15), "300.00"), (date(2025, 11, 14), "300.00")],
)
def test_gains_are_discounted_after_more_than_twelve_months(acquired: date, liability: str) -> None:
    """Bought a year ago to the day there is no discount yet."""
    found = analyze(portfolio((parcel(acquired, 6000),), VAS=7000), HOLDER, TODAY)
    assert found.cgt_liability == Decimal(liability)


@pytest.mark.parametrize(
    ("acquired", "sold", "discounted"),
    [(date(2024, 2, 29), date(2025, 2, 28), False), (date(2024, 2, 29), date(2025, 3, 1), True)],
)
def test_a_leap_day_has_its_anniversary_at_the_end_of_february(
    acquired: date, sold: date, discounted: bool
) -> None:
    """Twelve months from 29 February end on the 28th."""
    assert RULE.discountable(acquired, sold) == discounted


def test_an_etfs_value_is_shared_over_its_parcels_by_units() -> None:
    """8,000 over 300 and 100 units: gains of 1,000 and, unlike it, a loss of 500 that is not set off."""
    parcels = (parcel(date(2025, 5, 1), 5000, units=300), parcel(date(2025, 5, 1), 2500, units=100))
    assert analyze(portfolio(parcels, VAS=8000), HOLDER, TODAY).cgt_liability == Decimal("300.00")


def test_efficiency_is_measured_against_the_best_asset() -> None:
    """Half VHY (0.044 franked), half nothing: 0.5; all VHY: 1; nothing franked: 0."""
    assert analyze(portfolio(VHY=100, TECH=100), HOLDER, TODAY).tax_efficiency == Decimal("0.5")
    assert analyze(portfolio(VHY=100), HOLDER, TODAY).tax_efficiency == 1
    plain = Portfolio({"TECH": Decimal(100)}, {"TECH": ASSETS["TECH"]}, ())
    assert analyze(plain, HOLDER, TODAY).tax_efficiency == 0


@pytest.mark.parametrize(
    ("given_portfolio", "error", "path"),
    [
        (portfolio(XYZ=100), MissingAsset, "assets.XYZ"),
        (portfolio(), NothingHeld, "holdings"),
        (portfolio(VAS=0), NothingHeld, "holdings"),
        (portfolio((parcel(TODAY, 1, etf="VHY"),), VAS=100), NothingHeld, "parcels[0].etf"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    given_portfolio: Portfolio, error: type[Exception], path: str
) -> None:
    """With the place where something is missing."""
    with pytest.raises(error) as refused:
        analyze(given_portfolio, HOLDER, TODAY)
    assert refused.value.path == path  # type: ignore[attr-defined]


def test_gains_under_another_rule_count_in_full_and_are_to_be_confirmed() -> None:
    """A gain of 1,000 at 30% is 300 at most, however long it was held; without parcels there is none."""
    indexed = replace(HOLDER, gains=GainsRule(12, None, "indexation"))
    held, later = portfolio((parcel(date(2024, 1, 1), 6000),), VAS=7000), date(2027, 7, 1)
    assert analyze(held, indexed, later).cgt_liability == 300
    [confirm] = [one for one in recommendations(held, indexed, later) if one.code == "confirm_gain"]
    assert (confirm.etf, confirm.amount) == ("VAS", 300)
    assert "indexation" in confirm.text
    assert analyze(portfolio(VAS=100), indexed, later).cgt_liability == 0


def test_recommendations_name_what_waiting_and_harvesting_save() -> None:
    """A young gain of 1,000 saves 150 by waiting, a loss of 500 saves up to 150, VAS is franked best."""
    parcels = (parcel(date(2025, 5, 1), 6000), parcel(date(2024, 1, 1), 3000, units=10, etf="TECH"))
    found = recommendations(portfolio(parcels, VAS=7000, TECH=2500), HOLDER, TODAY)
    assert [(one.code, one.etf, str(one.amount)) for one in found] == [
        ("hold_for_discount", "VAS", "150.00"),
        ("harvest_loss", "TECH", "150.00"),
        ("prefer_franked", "VAS", "84.00"),
    ]
    assert "2026-05-01" in found[0].text


def test_a_new_portfolio_is_told_what_the_discount_will_be_worth() -> None:
    """TECH grows most: 11.7% of 10,000, half of it untaxed at 30%."""
    found = recommendations(portfolio(VAS=1000, TECH=10_000), HOLDER, TODAY)
    assert (found[0].code, found[0].etf, found[0].amount) == ("hold_for_discount", "TECH", Decimal("175.50"))


@given(
    values=st.dictionaries(st.sampled_from(sorted(ASSETS)), st.integers(1, 10**6), min_size=1),
    rate=st.integers(0, 47).map(lambda percent: Decimal(percent) / 100),
)
def test_the_parts_hang_together(values: dict[str, int], rate: Decimal) -> None:
    """income tax = rate·(income + credits) - credits to the cent; efficiency lies between 0 and 1."""
    holder = replace(HOLDER, marginal_rate=rate)
    found = analyze(portfolio(**values), holder, TODAY)
    exact = rate * (found.gross_income + found.franking_credits) - found.franking_credits
    assert abs(found.income_tax - exact) <= Decimal("0.005")
    assert 0 <= found.tax_efficiency <= 1
    assert all(one.amount > 0 for one in recommendations(portfolio(**values), holder, TODAY))
