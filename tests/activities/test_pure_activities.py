"""The pure activities through the door that workers use: JSON in, JSON out, errors by name."""

import subprocess
import sys
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from activities.runner import ActivityFault, run
from payloads.catalogue import catalogue
from tests.support.contexts import catalogue_files, pure_context

PURE = (
    "risk.score_questionnaire", "goals.map_to_pods", "pods.allocate", "pods.split",
    "portfolio.investment_limits", "customers.check_application", "tax.assess_income",
    "tax.analyze_portfolio", "rebalancing.check", "rebalancing.plan_trades",
    "calendar.settlement_date", "calendar.next_session",
)  # fmt: skip

ANSWERS = {
    "q1": "30_45", "q2": "5_10y", "q3": "hold", "q4": "balanced_growth", "q5": "intermediate",
    "q6": "20pct", "q7": "stable", "q8": "unlikely", "q9": "neutral", "q10": "7_10pct",
}  # fmt: skip
GOAL = {
    "goal_id": "G1", "goal_name": "House", "target_amount": 150000, "target_date": "2029-11-15",
    "priority": "high", "flexibility": "rigid",
}  # fmt: skip
APPLICATION = {
    "customer": {
        "name": "Sarah Johnson", "date_of_birth": "1990-03-04", "email": "sarah@example.org",
        "income": 120000, "net_worth": 250000, "experience": "intermediate",
    },
    "capital": 100000, "goals": [GOAL], "as_of": "2025-11-15",
}  # fmt: skip


def answer(name: str, given: dict[str, Any], **files: Any) -> dict[str, Any]:
    """The activity's output, unknown fields refused."""
    return run(name, given, pure_context(changed_files=files or None), strict=True)


def refusal(name: str, given: dict[str, Any]) -> ActivityFault:
    """Why the activity gives no output."""
    with pytest.raises(ActivityFault) as refused:
        answer(name, given)
    return refused.value


def application(**changed: Any) -> dict[str, Any]:
    """An application; keys of the customer are changed in the customer."""
    given = deepcopy(APPLICATION)
    for key, value in changed.items():
        spot: Any = given["customer"] if key not in given and key != "currency" else given
        if value is None:
            del spot[key]
        else:
            spot[key] = value
    return given


@pytest.mark.parametrize("name", PURE)
def test_the_catalogue_says_pure_and_light(name: str) -> None:
    """They run inside the workflow's task, so they reach for nothing."""
    entry = catalogue()[name]
    assert (entry.effect, entry.role) == ("pure", "light")


@pytest.mark.parametrize(("method", "tax"), [("fifo", "47.00"), ("lifo", "0.00"), ("lowest_tax", "0.00")])
def test_a_sale_is_weighed_with_the_parcels_that_it_will_take(method: str, tax: str) -> None:
    """The old parcel gained 200, half of it taxed at 47%; the new one lost."""
    parcels = [
        {"id": "old", "etf": "A", "units": 100, "acquired": "2020-01-01", "cost_base": 800},
        {"id": "new", "etf": "A", "units": 100, "acquired": "2026-06-01", "cost_base": 1200},
    ]
    given = {"positions": {"A": 200}, "prices": {"A": 10}, "cash": 0, "target": {"A": 0.5}}
    taxed = {"parcels": parcels, "marginal_rate": 0.47, "as_of": "2026-11-21", "method": method}
    found = answer("rebalancing.plan_trades", {**given, "tax": taxed})
    assert (found["tax"], found["decisions"][0]["reason"]) == (Decimal(tax), "beyond_limit")


def test_adding_a_question_and_changing_points_needs_no_code() -> None:
    """An eleventh question of 0 to 45 points makes the range 40 to 240."""
    file = deepcopy(catalogue_files()["questionnaire"])
    file["questions"].append(
        {
            "id": "q11",
            "text": "Have you ever sold in a fall?",
            "options": [
                {"option": "ever", "text": "Yes", "points": 0},
                {"option": "never", "text": "No", "points": 45},
            ],
        }
    )
    profile = answer("risk.score_questionnaire", {"answers": {**ANSWERS, "q11": "never"}}, questionnaire=file)
    assert profile["points"] == 190
    assert profile["by_question"]["q11"] == 45
    assert profile["risk_score"] == 75  # 100·150/200


def test_a_score_above_a_hundred_is_refused_where_it_stands() -> None:
    """And so is one below zero."""
    given = {"risk_score": 150, "age": 35, "goals": [], "total_capital": 1000, "as_of": "2025-11-15"}
    assert refusal("pods.allocate", given).path == "risk_score"
    assert refusal("pods.allocate", {**given, "risk_score": -1}).path == "risk_score"


def test_money_may_be_text_and_weights_may_not() -> None:
    """Money as decimal text means the same as the number; a weight as text is refused where it stands."""
    weights = {"POD1": Decimal("0.3"), "POD2": Decimal("0.7")}
    as_numbers = answer("pods.split", {"weights": weights, "total_capital": 1000})
    assert answer("pods.split", {"weights": weights, "total_capital": "1000.00"}) == as_numbers
    refused = refusal("pods.split", {"weights": {**weights, "POD1": "0.3"}, "total_capital": 1000})
    assert refused.path == "weights.POD1"


def test_limits_of_a_hundred_thousand() -> None:
    """Everything the definition of investment passes on."""
    found = answer("portfolio.investment_limits", {"cash": 100000})
    groups = {group["name"]: group for group in found.pop("groups")}
    assert {group["max"] for group in groups.values()} == {0.23}
    assert "NDQ" in groups["technology"]["assets"]
    assert not any("VAS" in group["assets"] for group in groups.values())
    assert found == {
        "min_weight": 0.02,
        "max_weight": 0.3,
        "max_etfs": 12,
        "brokerage": Decimal("10.00"),
        "min_first_holding": Decimal("500.00"),
        "tradeable_cash": Decimal("100000.00"),
    }


@pytest.mark.parametrize(
    ("changed", "rate"),
    [
        ({}, 0.30),
        ({"income": 18200}, 0.16),
        ({"income": 18199}, 0.0),
        ({"income": 190001}, 0.45),
        ({"income": 20000, "tax_residency": "NZ"}, 0.30),
        ({"marginal_rate": Decimal("0.39"), "income": None}, 0.39),
        ({"as_of": "2026-07-01", "income": 30000}, 0.15),
    ],
)
def test_the_marginal_rate_is_the_one_given_or_that_of_the_next_dollar(
    changed: dict[str, Any], rate: float
) -> None:
    """By the scale of the tax year of as_of, without the levy."""
    assert answer("customers.check_application", application(**changed))["marginal_rate"] == rate


@pytest.mark.parametrize(
    ("changed", "type", "path"),
    [
        ({"date_of_birth": "2010-01-01"}, "UnderAge", "customer.date_of_birth"),
        ({"date_of_birth": "1810-01-01"}, "ImplausibleBirthDate", "customer.date_of_birth"),
        ({"capital": Decimal("2039.99")}, "CapitalTooSmall", "capital"),
        ({"capital": 0}, "InvalidInput", "capital"),
        ({"capital": Decimal("100000.001")}, "InvalidInput", "capital"),
        ({"currency": "USD"}, "UnsupportedCurrency", "currency"),
        ({"goals": [{**GOAL, "target_date": "2025-11-14"}]}, "GoalInPast", "goals[0].target_date"),
        ({"goals": [GOAL, GOAL]}, "DuplicateGoal", "goals[1].goal_id"),
        ({"income": None}, "MarginalRateUnknown", "customer.income"),
        ({"as_of": "2029-07-01", "goals": []}, "UnknownTaxYear", "as_of"),
        ({"email": "nowhere"}, "InvalidInput", "customer.email"),
    ],
)
def test_an_application_that_cannot_be_taken_is_refused_by_name_and_place(
    changed: dict[str, Any], type: str, path: str
) -> None:
    """Each refusal says what to look at."""
    fault = refusal("customers.check_application", application(**changed))
    assert (fault.type, fault.path) == (type, path)


AUSTRALIAN = {"jurisdiction": "AU", "year": "2024-25"}
PAID = {"etf": "VAS", "cash": 100, "franking": 0.5}
TRADE = {"id": "T-1", "date": "2024-08-01", "etf": "VAS", "side": "buy", "units": 10}


@pytest.mark.parametrize(
    ("name", "given", "type", "path"),
    [
        ("tax.assess_income", {"jurisdiction": "US", "year": "2025"}, "JurisdictionNotCovered", "jurisdiction"),
        ("tax.assess_income", {"jurisdiction": "ATLANTIS", "year": "2024-25"}, "InvalidInput", "jurisdiction"),
        ("tax.assess_income", {"jurisdiction": "AU", "year": "2018-19"}, "UnknownTaxYear", "year"),
        ("tax.assess_income", {"jurisdiction": "AU", "year": "2024-25", "other_income": "-1"}, "InvalidInput", "other_income"),
        ("tax.assess_income", {**AUSTRALIAN, "trades": [TRADE, {**TRADE, "date": "2024-08-02"}]}, "InvalidInput", "trades[1].id"),
        ("tax.assess_income", {**AUSTRALIAN, "distributions": [{**PAID, "ex_date": "2026-01-05"}]}, "InvalidInput", "distributions[0].ex_date"),
        ("tax.assess_income", {**AUSTRALIAN, "distributions": [PAID, {**PAID, "ex_date": "2015-09-01"}]}, "InvalidInput", "distributions[1].ex_date"),
        ("rebalancing.check", {"current": {}, "target": {}, "band": {"floor": 1}}, "InvalidInput", "band"),
        ("rebalancing.check", {"current": {}, "target": {"VAS": "1.5"}, "band": 0}, "InvalidInput", "target.VAS"),
        ("rebalancing.plan_trades", {"positions": {}, "prices": {"VAS": 0}, "cash": 1, "target": {"VAS": 1}}, "InvalidInput", "prices.VAS"),
        ("rebalancing.plan_trades", {"positions": {}, "prices": {"VAS": -5}, "cash": 1, "target": {"VAS": 1}}, "InvalidInput", "prices.VAS"),
        ("rebalancing.plan_trades", {"positions": {"VAS": 3}, "prices": {}, "cash": 1, "target": {}}, "MissingPrice", "prices.VAS"),
        ("calendar.next_session", {"exchange": "XASZ", "after": "2025-01-01"}, "UnknownExchange", "exchange"),
        ("calendar.next_session", {"exchange": "XASX", "after": "2025-02-30"}, "InvalidInput", "after"),
        ("calendar.settlement_date", {"exchange": "XASX", "trade_date": "2025-11-15"}, "NotASession", "trade_date"),
        ("risk.score_questionnaire", {"answers": {**ANSWERS, "q12": "yes"}}, "UnknownQuestion", "answers.q12"),
        ("risk.score_questionnaire", {"answers": {**ANSWERS, "q3": "panic"}}, "UnknownOption", "answers.q3"),
    ],
)  # fmt: skip
def test_bad_input_is_a_named_error_at_its_place(
    name: str, given: dict[str, Any], type: str, path: str
) -> None:
    """Never a traceback; and whatever an engine raises is declared in the catalogue."""
    fault = refusal(name, given)
    assert fault.type == type
    assert fault.path.startswith(path)
    assert fault.type == "InvalidInput" or fault.type in {error.name for error in catalogue()[name].errors}


@pytest.mark.parametrize("ex_date", ["2024-06-20", "2024-07-01", "2025-06-30", "2025-07-01"])
def test_a_distribution_may_go_ex_around_its_year(ex_date: str) -> None:
    """A dividend is income when paid, a fund's when earned: either may go ex next to the year."""
    found = answer("tax.assess_income", {**AUSTRALIAN, "distributions": [{**PAID, "ex_date": ex_date}]})
    assert found["gross_income"] == 100


def test_trades_need_no_ids() -> None:
    """Trades without an id are not repeats of each other."""
    trades = [{key: value for key, value in TRADE.items() if key != "id"}] * 2
    paid = {**PAID, "ex_date": "2024-12-30"}
    found = answer("tax.assess_income", {**AUSTRALIAN, "trades": trades, "distributions": [paid]})
    assert found["denied_franking"] == 0


def test_a_moment_before_the_opening_finds_the_session_of_the_day() -> None:
    """Times come back with their offset."""
    found = answer("calendar.next_session", {"exchange": "XASX", "after": "2025-11-17T08:00:00+11:00"})
    assert found["opens_at"].isoformat() == "2025-11-17T10:00:00+11:00"


def test_an_assessment_of_the_tax_offices_rodney() -> None:
    """700 franked beside 22,825: 300 of credits against 200 of tax, 100 back; all in exact cents."""
    found = answer(
        "tax.assess_income",
        {
            "jurisdiction": "AU",
            "year": "2024-25",
            "other_income": 22825,
            "distributions": [{"etf": "VAS", "cash": 700, "franking": 1}],
        },
    )
    assert (found["income_tax"], found["refund"]) == (Decimal("0.00"), Decimal("100.00"))
    assert found["after_tax_income"] == Decimal("23625.00")


def test_figures_of_a_quote_are_taken_as_they_are() -> None:
    """Liquidity and exposure stand in every quote and play no part in tax."""
    quoted = {
        "expected_return": Decimal("0.085"),
        "yield": Decimal("0.04"),
        "franking": Decimal("0.7"),
        "liquidity": Decimal("0.95"),
        "exposure": "AU",
    }
    found = answer(
        "tax.analyze_portfolio",
        {
            "holdings": {"VAS": 7000},
            "assets": {"VAS": quoted},
            "marginal_rate": Decimal("0.3"),
            "as_of": "2025-11-15",
        },
    )
    assert found["income_tax"] == Decimal("25.20")
    assert found["tax_efficiency_score"] == 1


def test_advice_needs_no_heavy_library() -> None:
    """Commands answer at once because numpy, pandas and calendars stay unread until they are used."""
    modules = "risk goals pods limits applications tax rebalancing calendars"
    modules += " capital_gains wash_sales harvests"
    code = (
        "import sys; from importlib import import_module\n"
        f"for name in '{modules}'.split(): import_module('activities.' + name)\n"
        "print([heavy for heavy in ('numpy', 'pandas', 'scipy', 'exchange_calendars') if heavy in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"
