"""goals.simulate as the contract says: fields, requirements that hold when tried, refusals."""

from decimal import Decimal
from typing import Any

import pytest

from activities.runner import ActivityFault, run
from payloads.catalogue import catalogue
from tests.support.contexts import pure_context

PLAN: dict[str, Any] = {
    "initial": 100000, "years": 10, "expected_return": 0.07, "volatility": 0.15, "target": 200000,
    "paths": 2000, "seed": 5,
}  # fmt: skip


def answer(**changed: Any) -> dict[str, Any]:
    """The output for PLAN with changes, None takes a field away."""
    given = {name: value for name, value in (PLAN | changed).items() if value is not None}
    return run("goals.simulate", given, pure_context(), strict=True)


def test_it_is_pure_and_runs_on_the_compute_role() -> None:
    """It draws from its own seed and reaches for nothing."""
    entry = catalogue()["goals.simulate"]
    assert (entry.effect, entry.role) == ("pure", "compute")


def test_the_same_seed_gives_the_same_answer() -> None:
    """To the last cent; another seed another one."""
    assert answer() == answer()
    assert answer() != answer(seed=6)


def test_the_fan_ends_in_the_percentiles() -> None:
    """One row a month, percentiles in order."""
    found = answer()
    assert [row["month"] for row in found["fan"]] == list(range(1, 121))
    assert {name: found["fan"][-1][name] for name in found["percentiles"]} == found["percentiles"]
    assert list(found["percentiles"].values()) == sorted(found["percentiles"].values())


def test_the_required_contribution_holds_when_it_is_paid() -> None:
    """Put back into the plan it gives the success that was wanted; a cent of a tenth less does not."""
    least = answer(success_target=0.9)["required_contribution"]
    assert answer(monthly_contribution=least)["success_probability"] >= 0.9
    assert answer(monthly_contribution=least - Decimal("1"))["success_probability"] < 0.9


def test_the_required_initial_amount_holds_when_it_is_there() -> None:
    """Put into the plan it gives the success that was wanted, a thousandth less does not."""
    for asked in ({}, {"withdrawal": {"amount": 5000, "every": "year"}, "monthly_contribution": 300}):
        least = answer(success_target=0.9, **asked)["required_initial"]
        assert answer(initial=least, **asked)["success_probability"] >= 0.9
        assert answer(initial=round(least * Decimal("0.999"), 2), **asked)["success_probability"] < 0.9
    assert answer(target=None)["required_initial"] is None


def test_a_glide_path_changes_what_is_expected() -> None:
    """Certain growth of 10% for two years, then 1% for eight; the mean of paths with risk is the same."""
    steps = [{"from_year": 2, "expected_return": 0.01, "volatility": 0}]
    calm = answer(expected_return=0.1, volatility=0, glide_path=steps)
    assert float(calm["mean"]) == pytest.approx(100000 * 1.1**2 * 1.01**8, abs=0.01)
    risky = answer(expected_return=0.1, glide_path=steps, paths=20000)
    deviation = 100000 * 1.1**2 * 1.01**8 * 0.15 * 2**0.5
    assert float(risky["mean"]) == pytest.approx(float(calm["mean"]), abs=4 * deviation / 20000**0.5)
    assert risky["fan"][:24] == answer(expected_return=0.1, paths=20000)["fan"][:24]


def test_guardrails_follow_how_the_money_goes() -> None:
    """They are cut on bad paths and raised on good ones, and run out less often than without."""
    drawn = {"rate": 0.055, "every": "year", "indexed": True}
    asked: dict[str, Any] = {"target": None, "years": 30, "inflation": 0.025}
    plain = answer(withdrawal=drawn, **asked)
    guarded = answer(withdrawal=drawn | {"guardrails": {}}, **asked)
    assert guarded["success_probability"] > plain["success_probability"] + 0.1
    assert plain["guarded"] is None
    found = guarded["guarded"]
    assert 0 < found["cut_probability"] < 1
    assert 0 < found["raise_probability"] < 1
    assert found["last"]["p5"] < Decimal(5500) * Decimal("1.025") ** 29 < found["last"]["p95"]


def test_the_required_contribution_holds_with_guardrails() -> None:
    """Searched for on the same paths, because withdrawals depend on it."""
    drawn = {"rate": 0.01, "every": "month", "guardrails": {"no_cuts_in_last_years": 0}}
    asked: dict[str, Any] = {"target": 50000, "years": 8, "paths": 500, "withdrawal": drawn}
    least = answer(**asked)["required_contribution"]
    assert answer(monthly_contribution=least, **asked)["success_probability"] >= 0.8
    assert answer(monthly_contribution=least - Decimal("0.5"), **asked)["success_probability"] < 0.8


def test_the_required_return_reaches_the_target_without_risk() -> None:
    """Put back as a certain return the plan just ends at its target."""
    found = answer(annual_fee=0.01, inflation=0.02, monthly_contribution=100)
    again = answer(
        annual_fee=0.01,
        inflation=0.02,
        monthly_contribution=100,
        expected_return=found["required_return"],
        volatility=0,
    )
    assert float(again["mean"]) == pytest.approx(200000 * 1.02**10, abs=0.02)
    assert again["success_probability"] == 1


def test_without_a_question_there_is_no_success() -> None:
    """No target and no withdrawal: null, not one."""
    found = answer(target=None)
    for name in ("success_probability", "standard_error", "required_return", "required_contribution"):
        assert found[name] is None


def test_a_target_of_nothing_is_always_reached() -> None:
    """So with a withdrawal only running out can fail."""
    assert (answer(target=0)["success_probability"], answer(target=0)["required_contribution"]) == (1, 0)
    taken = {"years": 30, "withdrawal": {"rate": 0.05, "every": "year"}}
    found, without = answer(target=0, **taken), answer(target=None, **taken)
    assert 0 < found["success_probability"] == without["success_probability"] < 1


def test_a_rate_takes_a_share_of_what_was_there_at_first() -> None:
    """4% of 100,000 is 4,000."""
    asked = {"target": None, "years": 30}
    by_rate = answer(withdrawal={"rate": 0.04, "every": "year", "indexed": True}, inflation=0.03, **asked)
    by_amount = answer(withdrawal={"amount": 4000, "every": "year", "indexed": True}, inflation=0.03, **asked)
    # No other amount at first can be required where withdrawals are a share of it.
    assert by_rate.pop("required_initial") is None
    assert by_amount.pop("required_initial") > 0
    assert by_rate == by_amount
    assert 0 < by_rate["success_probability"] < 1


def test_historical_walks_every_window() -> None:
    """24 months hold 13 windows of a year."""
    found = answer(method="historical", returns=[0.01] * 24, years=1, expected_return=None, volatility=None)
    assert found["paths"] == 13
    assert float(found["mean"]) == pytest.approx(100000 * 1.01**12, abs=0.01)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"withdrawal": {"rate": 0.1, "every": "year", "guardrails": {}}, "initial": 0},
            ("InvalidInput", "withdrawal"),
        ),
        (
            {"withdrawal": {"rate": 0.1, "every": "year", "guardrails": {"cut_by": 1}}},
            ("InvalidInput", "withdrawal.guardrails.cut_by"),
        ),
        (
            {"glide_path": [{"from_year": 0.01, "expected_return": 0, "volatility": 0}]},
            ("InvalidInput", "glide_path[0].from_year"),
        ),
        (
            {"glide_path": [{"from_year": year, "expected_return": 0, "volatility": 0} for year in (2, 1)]},
            ("InvalidInput", "glide_path"),
        ),
        (
            {
                "method": "historical",
                "returns": [0.01] * 240,
                "glide_path": [{"from_year": 1, "expected_return": 0, "volatility": 0}],
            },
            ("InvalidInput", "glide_path"),
        ),
        ({"target": -1}, ("InvalidInput", "target")),
        ({"years": 0}, ("InvalidInput", "years")),
        ({"years": 1.01}, ("InvalidInput", "years")),
        ({"volatility": -0.1}, ("InvalidInput", "volatility")),
        ({"volatility": None}, ("InvalidInput", "volatility")),
        ({"paths": 0}, ("InvalidInput", "paths")),
        ({"annual_fee": 1}, ("InvalidInput", "annual_fee")),
        ({"method": "bootstrap"}, ("InvalidInput", "returns")),
        ({"method": "historical", "returns": [0.01] * 119}, ("HistoryTooShort", "returns")),
        ({"method": "bootstrap", "returns": [0.01] * 11}, ("HistoryTooShort", "returns")),
        ({"withdrawal": {"every": "year"}}, ("InvalidInput", "withdrawal")),
        ({"withdrawal": {"amount": 5, "rate": 0.1, "every": "year"}}, ("InvalidInput", "withdrawal")),
        (
            {"initial": 0, "target": 9.9e12, "years": 1 / 12, "inflation": 1},
            ("ResultOutOfRange", ""),
        ),
        ({"monthly_contribution": -5}, ("InvalidInput", "monthly_contribution")),
    ],
)
def test_bad_plans_are_refused(changed: dict[str, Any], expected: tuple[str, str]) -> None:
    """By name and place."""
    with pytest.raises(ActivityFault) as refused:
        answer(**changed)
    assert (refused.value.type, refused.value.path) == expected
