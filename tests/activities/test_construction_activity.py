"""portfolio.construct, risk and performance through the door that workers use: JSON in, JSON out."""

from decimal import Decimal
from math import nan
from typing import Any

import pytest

from activities.runner import ActivityFault, run
from payloads.catalogue import catalogue
from tests.support.contexts import pure_context

FOUR: dict[str, Any] = {
    "assets": ["A", "B", "C", "D"],
    "expected_returns": [0.05, 0.06, 0.07, 0.08],
    "covariance": [[0.01, 0, 0, 0], [0, 0.02, 0, 0], [0, 0, 0.03, 0], [0, 0, 0, 0.04]],
    "objective": "min_variance",
}
SCORES = {"A": 5, "B": 6, "C": 7}
VALUES = [{"date": "2024-01-01", "value": 100}, {"date": "2024-12-31", "value": 120}]


def constructed(**changed: Any) -> dict[str, Any]:
    """The answer for four independent assets."""
    return run("portfolio.construct", {**FOUR, **changed}, pure_context(), strict=True)


def refusal(name: str, given: dict[str, Any]) -> ActivityFault:
    """Why there is no answer."""
    with pytest.raises(ActivityFault) as refused:
        run(name, given, pure_context(), strict=True)
    return refused.value


def test_an_answer_has_weights_of_what_is_held_and_proves_itself() -> None:
    """Weights as 1/variance; variance 0.0048; Sharpe over risk_free."""
    found = constructed(risk_free=0.02)
    assert found["weights"] == pytest.approx({"A": 0.48, "B": 0.24, "C": 0.16, "D": 0.12})
    assert found["objective_value"] == pytest.approx(0.0048)
    assert found["bound"] == pytest.approx(0.0048)
    assert (found["status"], found["gap"]) == ("optimal", pytest.approx(0, abs=1e-15))
    assert found["volatility"] == pytest.approx(0.0048**0.5)
    assert found["sharpe_ratio"] == pytest.approx((found["expected_return"] - 0.02) / 0.0048**0.5)
    assert set(constructed(max_assets=2)["weights"]) == {"A", "B"}


def test_sharpe_is_null_without_volatility() -> None:
    """A covariance of zeros is one."""
    found = constructed(covariance=[[0] * 4] * 4)
    assert (found["volatility"], found["sharpe_ratio"], found["status"]) == (0, None, "optimal")


def test_groups_and_exclusions_hold() -> None:
    """A group's assets together, and what is excluded is not held."""
    found = constructed(groups=[{"assets": ["A", "B"], "min": 0.2, "max": 0.5}], exclude=["D"])["weights"]
    assert found["A"] + found["B"] == pytest.approx(0.5)
    assert "D" not in found


def test_a_tilt_limits_the_exposure_and_leaves_assets_out() -> None:
    """Of the portfolio, and of each asset; an asset that is not named has no exposure."""
    tilt = {"factor": "value", "exposures": {"A": -2, "B": 1, "C": 0.2}, "min": 0.3, "assets": {"min": -1}}
    found = constructed(tilts=[tilt])["weights"]
    assert set(found) == {"B", "C", "D"}
    assert found["B"] + 0.2 * found["C"] >= 0.3 - 1e-9
    assert refusal("portfolio.construct", {**FOUR, "tilts": [{**tilt, "min": 1.5}]}).path == "tilts[0].min"


def test_esg_leaves_out_what_is_below_or_has_no_score() -> None:
    """And limits the portfolio's average."""
    assert set(constructed(esg={"scores": SCORES, "min_score": 6})["weights"]) == {"B", "C"}
    kept = constructed(esg={"scores": SCORES, "min_score": 6, "unscored": "keep"})["weights"]
    assert set(kept) == {"B", "C", "D"}
    found = constructed(esg={"scores": SCORES, "min_score": 5, "min_average": 6.5})["weights"]
    assert sum(SCORES[asset] * weight for asset, weight in found.items()) == pytest.approx(6.5)


def test_a_target_return_is_the_least() -> None:
    """It binds, or it does not."""
    assert constructed(target_return=0.07)["expected_return"] == pytest.approx(0.07)
    assert constructed(target_return=0.01) == constructed()


@pytest.mark.parametrize(
    ("changed", "kind", "path"),
    [
        ({"covariance": [[0.01, 0.02, 0, 0], [0.02, 0.02, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]}, "NotPositiveSemidefinite", "covariance"),
        ({"covariance": [[1, 2], [3, 4]]}, "InvalidInput", "covariance"),
        ({"covariance": [[nan, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]}, "InvalidInput", "covariance[0][0]"),
        ({"covariance": [[1, 0, 0, 0], [0, Decimal("NaN"), 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]}, "InvalidInput", "covariance[1][1]"),
        ({"covariance": [[1, 0, 0, 0], [0, 1, "0", 0], [0, 0, 1, 0], [0, 0, 0, 1]]}, "InvalidInput", "covariance[1][2]"),
        ({"covariance": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, True, 1]]}, "InvalidInput", "covariance[3][2]"),
        ({"covariance": [[1, 0, 0, 0], [0, 10**400, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]}, "InvalidInput", "covariance[1][1]"),
        ({"expected_returns": [0.1, 0.2]}, "InvalidInput", "expected_returns"),
        ({"expected_returns": [0.1, 0.2, nan, 0.1]}, "InvalidInput", "expected_returns[2]"),
        ({"assets": ["A", "B", "A", "D"]}, "InvalidInput", "assets"),
        ({"assets": ["A"], "expected_returns": [0.1], "covariance": [[0.1]]}, "InvalidInput", "assets"),
        ({"max_weight": 0.2}, "Infeasible", "max_weight"),
        ({"max_weight": 0.3, "max_assets": 3}, "Infeasible", "max_weight"),
        ({"min_weight": 0.5, "max_weight": 0.4}, "Infeasible", "min_weight"),
        ({"target_return": 0.081}, "Infeasible", "target_return"),
        ({"objective": "max_sharpe", "risk_free": 0.08}, "NoPositiveExcessReturn", "expected_returns"),
        ({"objective": "risk_parity", "max_assets": 2}, "Infeasible", "max_assets"),
        ({"objective": "risk_parity", "groups": [{"assets": ["A"], "max": 0.1}]}, "Infeasible", "groups[0].max"),
        ({"exclude": ["E"]}, "UnknownAsset", "exclude[0]"),
        ({"groups": [{"assets": ["A", "E"]}]}, "UnknownAsset", "groups[0].assets[1]"),
        ({"groups": [{"assets": ["A"], "min": 0.5, "max": 0.4}]}, "InvalidInput", "groups[0]"),
        ({"tilts": [{"factor": "size", "exposures": {"E": 1}}]}, "UnknownAsset", "tilts[0].exposures.E"),
        ({"esg": {"scores": {"E": 1}, "min_score": 0}}, "UnknownAsset", "esg.scores.E"),
        ({"esg": {"scores": SCORES, "min_score": 8}}, "Infeasible", "esg.min_score"),
        ({"objective": "most"}, "InvalidInput", "objective"),
        ({"max_weigth": 0.3}, "InvalidInput", "max_weigth"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_by_type_and_place(changed: dict[str, Any], kind: str, path: str) -> None:
    """Every type that surfaces is in the catalogue."""
    found = refusal("portfolio.construct", {**FOUR, **changed})
    assert (found.type, found.path) == (kind, path)
    declared = {error.name for error in catalogue()["portfolio.construct"].errors}
    assert kind in declared | {"InvalidInput"}


@pytest.mark.parametrize(
    ("name", "given", "kind", "path"),
    [
        ("risk.measure", {"returns": [0.01]}, "InvalidInput", "returns"),
        ("risk.measure", {"returns": [0.01, nan]}, "InvalidInput", "returns[1]"),
        ("risk.measure", {"returns": [0.01, -1.1]}, "InvalidInput", "returns[1]"),
        ("risk.measure", {"returns": [900.0] * 200}, "InvalidValue", "returns"),
        ("risk.measure", {"returns": [0.1, 0.2], "method": "garch"}, "InvalidInput", "method"),
        ("risk.backtest_var", {"observations": 10, "exceptions": 11, "confidence": 0.95}, "InvalidInput", "exceptions"),
        ("risk.backtest_var", {"observations": 0, "exceptions": 0, "confidence": 0.95}, "InvalidInput", "observations"),
        ("risk.backtest_var", {"observations": 10, "exceptions": 1, "confidence": 1}, "InvalidInput", "confidence"),
        ("performance.measure", {"values": VALUES[:1], "flows": []}, "InvalidInput", "values"),
        ("performance.measure", {"values": VALUES[::-1], "flows": []}, "InvalidValue", "values[1].date"),
        ("performance.measure", {"values": [VALUES[0], {"date": "2024-12-31", "value": 0}], "flows": []}, "NoSignChange", "values"),
    ],
)  # fmt: skip
def test_measures_refuse_what_they_cannot_answer(
    name: str, given: dict[str, Any], kind: str, path: str
) -> None:
    """By type and place."""
    found = refusal(name, given)
    assert (found.type, found.path) == (kind, path)


@pytest.mark.parametrize("method", ["historical", "normal", "cornish_fisher"])
def test_risk_is_measured_by_each_method(method: str) -> None:
    """The tail differs, the rest does not."""
    returns = [0.01, -0.02, 0.03, -0.01, 0.002, -0.04, 0.02]
    found = run("risk.measure", {"returns": returns, "method": method}, pure_context(), strict=True)
    plain = run("risk.measure", {"returns": returns}, pure_context(), strict=True)
    assert {**found, "var": 0, "cvar": 0} == {**plain, "var": 0, "cvar": 0}
    assert found["cvar"] >= found["var"] > 0


def test_performance_counts_a_flow_once() -> None:
    """20% of which half was paid in is 10%."""
    flows = [{"date": "2024-12-31", "amount": 10}]
    found = run("performance.measure", {"values": VALUES, "flows": flows}, pure_context(), strict=True)
    assert found == pytest.approx(
        {"time_weighted_return": 0.1, "money_weighted_return": 0.1, "annualised": 0.1}
    )
