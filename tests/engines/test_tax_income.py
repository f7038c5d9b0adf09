"""Australian assessments: scales, levy, offsets, franking, refund."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.australian_tax import year_of, year_rules
from engines.errors import InvalidValue
from engines.tax.errors import MissingExDate, NotCovered, UnknownTaxYear
from engines.tax.holding_period import Trade
from engines.tax.income import Assessment, assess
from engines.tax.rules import YearRules
from engines.tax.taxpayer import Distribution, Income
from payloads.files.tax_au import TaxAuFile
from tests.support.contexts import catalogue_files

FILE = TaxAuFile.model_validate(catalogue_files()["tax_au"])
YEARS = FILE.years
NOTHING = Decimal(0)
PLAIN = Income("individual", True, NOTHING, (), NOTHING)

amounts = st.integers(0, 50_000_000).map(lambda cents: Decimal(cents) / 100)
distributions = st.lists(
    st.builds(
        Distribution,
        etf=st.sampled_from(["VAS", "VHY"]),
        cash=amounts,
        franking=st.sampled_from([Decimal(0), Decimal("0.7"), Decimal(1)]),
        days_held=st.sampled_from([None, 10, 45]),
    ),
    max_size=4,
)
incomes = st.builds(
    Income,
    kind=st.sampled_from(["individual", "company", "super"]),
    resident=st.just(True),
    other_income=amounts,
    distributions=distributions,
    net_capital_gain=amounts,
)


def assessed(year: str, income: str, **changed: object) -> Assessment:
    """The assessment of other income, the rest as given."""
    return assess(replace(PLAIN, other_income=Decimal(income), **changed), year_rules(FILE, year, "year"))


def franked(cash: str, **more: object) -> Distribution:
    """A fully franked distribution of VAS."""
    return replace(Distribution("VAS", Decimal(cash), Decimal(1)), **more)


# Base amounts as the tax office prints them beside each bracket.
RESIDENT = {
    ("2019-20",): {18200: 0, 37000: 3572, 90000: 20797, 180000: 54097, 200000: 63097},
    ("2020-21", "2021-22", "2022-23", "2023-24"): {
        18200: 0,
        45000: 5092,
        120000: 29467,
        180000: 51667,
        200000: 60667,
    },
    ("2024-25", "2025-26"): {18200: 0, 45000: 4288, 135000: 31288, 190000: 51638, 200000: 56138},
    ("2026-27",): {18200: 0, 45000: 4020, 135000: 31020, 190000: 51370},
    ("2027-28",): {18200: 0, 45000: 3752, 135000: 30752, 190000: 51102},
}
NON_RESIDENT = {
    ("2019-20",): {90000: 29250, 180000: 62550},
    ("2020-21", "2021-22", "2022-23", "2023-24"): {120000: 39000, 180000: 61200},
    ("2024-25", "2025-26", "2026-27", "2027-28"): {135000: 40500, 190000: 60850},
}


@pytest.mark.parametrize(
    ("year", "income", "tax", "resident"),
    [
        (year, income, tax, resident)
        for table, resident in ((RESIDENT, True), (NON_RESIDENT, False))
        for years, rows in table.items()
        for year in years
        for income, tax in rows.items()
    ],
)
def test_tax_at_each_bracket_is_the_printed_base_amount(
    year: str, income: int, tax: int, resident: bool
) -> None:
    """Every bracket of every year, residents and foreign residents."""
    assert assessed(year, str(income), resident=resident).tax_before_offsets == tax


@pytest.mark.parametrize(
    ("year", "threshold"),
    [("2019-20", 22801), ("2020-21", 23226), ("2021-22", 23365), ("2022-23", 24276), ("2023-24", 26000),
     ("2024-25", 27222), ("2025-26", 28011)],
)  # fmt: skip
def test_the_levy_shades_in_at_a_tenth_above_its_threshold(year: str, threshold: int) -> None:
    """Nothing at it, 100 at 1,000 above, 2% of all from a quarter above."""
    assert assessed(year, str(threshold)).medicare_levy == 0
    assert assessed(year, str(threshold + 1000)).medicare_levy == 100
    assert assessed(year, str(threshold * 2)).medicare_levy == Decimal(threshold * 2) / 50


@pytest.mark.parametrize(
    ("year", "income", "offset"),
    [("2019-20", 37000, "445"), ("2019-20", 50000, "250"), ("2019-20", 66667, "0"),
     ("2020-21", 37500, "700"), ("2020-21", 45000, "325"), ("2025-26", 60000, "100"), ("2025-26", 66667, "0")],
)  # fmt: skip
def test_the_low_income_offset_shrinks_with_income(year: str, income: int, offset: str) -> None:
    """445 less 1.5%; 700 less 5%, then 1.5%, gone at 66,667."""
    assert assessed(year, str(income)).low_income_used == Decimal(offset)


def test_the_low_income_offset_never_pays_the_levy() -> None:
    """It stops at the tax: 342 of 445 in 2019-20; with a levy from the first dollar the levy stays due."""
    assert assessed("2019-20", "20000").low_income_used == Decimal("342")
    low = assess(replace(PLAIN, other_income=Decimal(20000)), _levy_from_the_first_dollar())
    assert low.low_income_used == Decimal("288.00")
    assert low.income_tax == low.medicare_levy == Decimal("400.00")


def _levy_from_the_first_dollar() -> YearRules:
    """The rules of 2024-25 with a levy that has no threshold."""
    rules = year_rules(FILE, "2024-25", "year")
    return replace(rules, levy=replace(rules.levy, threshold=NOTHING))


def test_franking_pays_the_levy_and_the_rest_is_refunded() -> None:
    """4,000 of income, 7,000 fully franked, levy from the first dollar: 3,000 of credits against 280."""
    found = assess(
        replace(PLAIN, other_income=Decimal(4000), distributions=[franked("7000")]),
        _levy_from_the_first_dollar(),
    )
    assert found.taxable_income == Decimal(14000)
    assert (found.income_tax, found.franking_used, found.refund) == (0, Decimal("280.00"), Decimal("2720.00"))


def test_a_non_resident_pays_no_levy_and_has_no_offset() -> None:
    """30% from the first dollar."""
    found = assessed("2025-26", "20000", resident=False)
    assert (found.income_tax, found.medicare_levy, found.low_income_used) == (6000, 0, 0)


@pytest.mark.parametrize(
    ("kind", "changed", "tax", "franking", "refund"),
    [
        ("super", {}, "165.00", "165.00", "135.00"),
        ("company", {}, "330.00", "300.00", "0"),
        ("company", {"base_rate_entity": True}, "275.00", "275.00", "0"),
    ],
)
def test_funds_and_companies_pay_one_rate(
    kind: str, changed: dict[str, bool], tax: str, franking: str, refund: str
) -> None:
    """15%, 30% and 25% of 1,100; only a company's excess credits are not paid out."""
    found = assessed("2025-26", "100", kind=kind, distributions=[franked("700")], **changed)
    assert found.tax_before_offsets == Decimal(tax)
    assert found.franking_used == Decimal(franking)
    assert found.refund == Decimal(refund)
    assert any("company gets a tax loss" in text for text in found.assumptions) == (franking == "275.00")


@pytest.mark.parametrize(
    ("year", "rate"), [("2019-20", "0.275"), ("2020-21", "0.26"), ("2021-22", "0.25"), ("2025-26", "0.25")]
)
def test_the_lower_company_rate_fell_step_by_step(year: str, rate: str) -> None:
    """27.5%, 26%, 25%."""
    assert assessed(year, "1000", kind="company", base_rate_entity=True).income_tax == 1000 * Decimal(rate)


def test_a_statements_credit_wins_over_the_franked_share() -> None:
    """Funds pass on credits in other proportions than 3/7; zero on a statement is zero."""
    assert assessed(
        "2024-25", "0", distributions=[franked("700", credit=Decimal("123.45"))]
    ).franking_credits == Decimal("123.45")
    assert assessed("2024-25", "0", distributions=[franked("700", credit=NOTHING)]).franking_credits == 0


def test_companies_at_a_lower_rate_attach_smaller_credits() -> None:
    """750 franked at 25% carry 250."""
    assert (
        assessed("2024-25", "0", distributions=[franked("750")], franked_at=Decimal("0.25")).franking_credits
        == 250
    )


@pytest.mark.parametrize(("days", "denied"), [(44, "9000.00"), (45, "0.00")])
def test_45_days_at_risk_keep_the_credit(days: int, denied: str) -> None:
    """44 lose it."""
    found = assessed("2024-25", "100000", distributions=[franked("21000", days_held=days)])
    assert found.denied_franking == Decimal(denied)


@pytest.mark.parametrize(("credit", "denied"), [("4999.99", "0"), ("5000", "5000.00")])
def test_small_holders_are_those_below_5000_of_credits(credit: str, denied: str) -> None:
    """At exactly 5,000 the rule applies."""
    found = assessed(
        "2024-25", "100000", distributions=[franked("11666", credit=Decimal(credit), days_held=1)]
    )
    assert found.denied_franking == Decimal(denied)


def test_a_fund_is_no_small_holder() -> None:
    """The exemption is for individuals."""
    assert (
        assessed("2024-25", "0", kind="super", distributions=[franked("700", days_held=1)]).denied_franking
        == 300
    )


def test_trades_decide_where_no_days_are_given() -> None:
    """4,000 of 14,000 units were sold after thirty days: two sevenths of 9,000 are lost."""
    trades = [
        Trade(date(2024, 1, 2), "VAS", True, 10_000),
        Trade(date(2024, 8, 22), "VAS", True, 4_000),
        Trade(date(2024, 9, 21), "VAS", False, 4_000),
    ]
    paid = franked("21000", ex_date=date(2024, 9, 1))
    found = assessed("2024-25", "100000", distributions=[paid], trades=trades)
    assert (found.franking_credits, found.denied_franking) == (Decimal("6428.57"), Decimal("2571.43"))
    with pytest.raises(MissingExDate) as refused:
        assessed("2024-25", "100000", distributions=[franked("21000")], trades=trades)
    assert refused.value.path == "distributions[0].ex_date"


def test_what_was_taken_for_granted_is_said() -> None:
    """Holding period, company rate, and the offset of those years that is left out."""
    said = " ".join(assessed("2020-21", "100000", distributions=[franked("21000")]).assumptions)
    for part in ("VAS was held at risk", "taxed at 30%", "low and middle income"):
        assert part in said
    later = " ".join(assessed("2026-27", "100000").assumptions)
    assert "28,011 of 2025-26 is used" in later
    assert "low and middle income" not in later


@pytest.mark.parametrize("year", ["2018-19", "2028-29", "2025", "2025-27", "soon"])
def test_a_year_without_rules_is_refused_with_those_there_are(year: str) -> None:
    """Never the nearest year."""
    with pytest.raises(UnknownTaxYear, match=r"2019-20, .*2027-28") as refused:
        year_rules(FILE, year, "year")
    assert refused.value.path == "year"


@pytest.mark.parametrize(
    ("changed", "error", "path"),
    [
        ({"resident": False, "distributions": [franked("700")]}, NotCovered, "distributions"),
        ({"resident": False, "kind": "super"}, NotCovered, "resident"),
        ({"base_rate_entity": True}, InvalidValue, "base_rate_entity"),
    ],
)
def test_what_is_not_covered_is_refused(
    changed: dict[str, object], error: type[Exception], path: str
) -> None:
    """Rather than answered wrongly."""
    with pytest.raises(error) as refused:
        assessed("2024-25", "1000", **changed)
    assert refused.value.path == path  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("day", "year"),
    [(date(2025, 6, 30), "2024-25"), (date(2025, 7, 1), "2025-26"), (date(1999, 12, 31), "1999-00")],
)
def test_tax_years_run_from_july(day: date, year: str) -> None:
    """And are named by both years."""
    assert year_of(day) == year


@given(income=incomes, year=st.sampled_from(YEARS))
def test_every_cent_of_an_assessment_adds_up(income: Income, year: str) -> None:
    """Gross, taxable, tax, franking and refund hang together exactly."""
    found = assess(income, year_rules(FILE, year, "year"))
    cash = sum((paid.cash for paid in income.distributions), NOTHING)
    assert found.gross_income == income.other_income + cash + income.net_capital_gain
    assert found.taxable_income == found.gross_income + found.franking_credits
    due = found.tax_before_offsets + found.medicare_levy - found.low_income_used
    assert found.income_tax == due - found.franking_used >= 0
    if income.kind != "company":
        assert found.franking_used + found.refund == found.franking_credits
    assert found.after_tax_income == found.gross_income - found.income_tax + found.refund


@given(income=incomes, year=st.sampled_from(YEARS), more=amounts)
def test_a_dollar_more_never_leaves_less(income: Income, year: str, more: Decimal) -> None:
    """Levy and offset shade in and out; no step makes earning more cost more than it brings."""
    rules = year_rules(FILE, year, "year")
    richer = assess(replace(income, other_income=income.other_income + more), rules)
    assert richer.after_tax_income >= assess(income, rules).after_tax_income - Decimal("0.02")
