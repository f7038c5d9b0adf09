"""pods.optimize on the project's own pods and simulated market."""

from typing import Any

import pytest

from activities.runner import ActivityFault, run
from payloads.files.pods import PodsFile
from tests.support.contexts import catalogue_files, pure_context

PODS = ("POD1", "POD2", "POD3", "POD4")
OF_ONE_POD = {
    "POD1": {"liquidity_score"},
    "POD2": {"expected_yield", "franking_credits"},
    "POD3": {"diversification_score"},
    "POD4": {"expected_alpha"},
}


def optimized(pod: str, **given: Any) -> dict[str, Any]:
    """The answer of pods.optimize for 10,000 in a pod."""
    return run("pods.optimize", {"pod": pod, "capital": 10_000, **given}, pure_context(), strict=True)


def definition(pod: str) -> Any:
    """The pod as the catalogue defines it."""
    return pure_context().catalogue.read("pods", PodsFile).pods[pod]


@pytest.mark.parametrize("pod", PODS)
@pytest.mark.parametrize("risk_score", [0, 50, 100])
def test_the_answer_keeps_the_pods_limits(pod: str, risk_score: int) -> None:
    """Weights sum to 1, stay in the universe and its ranges, and volatility is under the client's ceiling."""
    found, house = optimized(pod, risk_score=risk_score), definition(pod)
    assert sum(found["allocation"].values()) == pytest.approx(1, abs=1e-12)
    assert set(found["allocation"]) <= set(house.universe)
    assert max(found["allocation"].values()) <= house.max_weight
    for etf, allowed in house.weights.items():
        assert allowed.min <= found["allocation"].get(etf, 0) <= allowed.max
    ceiling = house.max_volatility * (0.7 + 0.3 * risk_score / 100)
    assert found["expected_volatility"] <= ceiling + 1e-9


@pytest.mark.parametrize("pod", PODS)
def test_the_exact_optimum_is_all_of_itself(pod: str) -> None:
    """Until agents are trained the solver answers, says so, and names the snapshot it used."""
    found = optimized(pod, seed=7)
    assert found["algorithm"] == "exact"
    assert found["objective"]["value"] == found["objective"]["exact"]
    assert found["objective"]["ratio"] == 1
    assert (found["agent"], found["agent_confidence"], found["policy_digest"]) == (None, None, None)
    assert (found["seed"], len(found["snapshot"])) == (7, 64)
    assert optimized(pod, seed=7) == found


@pytest.mark.parametrize("pod", PODS)
def test_each_pod_reports_its_own_measures_and_no_others(pod: str) -> None:
    """A measure of another pod is absent, not null."""
    every = set().union(*OF_ONE_POD.values())
    assert every & set(optimized(pod)) == OF_ONE_POD[pod]


def test_measures_agree_with_each_other() -> None:
    """Sharpe is excess over cash by volatility, alpha is the objective of POD4, drawdown is positive."""
    growth, opportunistic = optimized("POD3"), optimized("POD4")
    cash = 0.04
    excess = growth["expected_return"] - cash
    assert growth["sharpe_ratio"] == pytest.approx(excess / growth["expected_volatility"])
    assert growth["objective"]["value"] == pytest.approx(growth["sharpe_ratio"])
    assert opportunistic["expected_alpha"] == pytest.approx(opportunistic["objective"]["value"])
    assert 0 < growth["max_drawdown"] < 1


def test_the_tighter_limit_holds() -> None:
    """A call can narrow a pod; it cannot widen it."""
    found = optimized(
        "POD4", limits={"max_weight": 0.25, "exclude": ["SEMI"], "weights": {"ASIA": {"min": 0.2}}}
    )
    assert max(found["allocation"].values()) <= 0.25
    assert "SEMI" not in found["allocation"]
    assert found["allocation"]["ASIA"] >= 0.2
    assert optimized("POD4", limits={"max_weight": 1.0, "max_volatility": 5}) == optimized("POD4")


def test_a_nearer_goal_makes_preservation_calmer() -> None:
    """With a year to go POD1 takes less risk than with twenty."""
    near, far = (optimized("POD1", horizon_years=years)["expected_volatility"] for years in (1, 20))
    assert near < far


def test_a_lower_risk_score_lowers_the_ceiling() -> None:
    """The same ceiling that binds at score 0 does not at 100."""
    low, high = (optimized("POD4", risk_score=score)["expected_volatility"] for score in (0, 100))
    tight = optimized("POD4", risk_score=0, limits={"max_volatility": 0.18})["expected_volatility"]
    assert tight <= 0.18 + 1e-9
    assert low <= high


def test_tax_lowers_what_income_is_worth() -> None:
    """The objective of POD2 is after tax: higher rates leave less."""
    values = [optimized("POD2", marginal_rate=rate)["objective"]["value"] for rate in (0, 0.3, 0.45)]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 3
    assert optimized("POD2") == optimized("POD2", marginal_rate=0.3)


@pytest.mark.parametrize(
    ("given", "kind", "path", "told"),
    [
        ({"pod": "POD5"}, "UnknownPod", "pod", "did you mean"),
        ({"limits": {"exclude": ["VAZ"]}}, "UnknownEtf", "limits.exclude", "VAS"),
        ({"limits": {"weights": {"VGS": {"min": 0.1}}}}, "UnknownEtf", "limits.weights", "VGS"),
        ({"limits": {"max_weight": 0.1}}, "Infeasible", "limits.max_weight", "at least 0.2 of the pod"),
        ({"pod": "POD4", "limits": {"max_weight": 0.1}}, "Infeasible", "limits.max_weight", "at most 0.6"),
        ({"limits": {"max_volatility": 0.001}}, "Infeasible", "limits.max_volatility", "the least possible"),
        (
            {"limits": {"weights": {"VAS": {"min": 0.5, "max": 0.2}}}},
            "InvalidInput",
            "limits.weights.VAS",
            "above",
        ),
        ({"capital": 10.005}, "InvalidInput", "capital", "fractions of a cent"),
        ({"capital": -1}, "InvalidInput", "capital", "at least 0"),
        ({"marginal_rate": 1.5}, "InvalidInput", "marginal_rate", "at most 1"),
        ({"horizon_years": 0}, "InvalidInput", "horizon_years", "above 0"),
        ({"snapshot": "0" * 64}, "UnknownSnapshot", "snapshot", "market.latest_snapshot"),
        ({"snapshott": "x"}, "InvalidInput", "snapshott", "not a field"),
    ],
)
def test_what_cannot_be_answered_says_why_and_where(
    given: dict[str, Any], kind: str, path: str, told: str
) -> None:
    """Each bad input is a named error with its place and what to do."""
    with pytest.raises(ActivityFault, match=told) as refused:
        run("pods.optimize", {"pod": "POD1", "capital": 1000, **given}, pure_context(), strict=True)
    assert (refused.value.type, refused.value.path) == (kind, path)
    assert not refused.value.retryable


def test_a_grid_too_fine_to_search_is_refused_when_the_file_is_read() -> None:
    """The catalogue's grid must leave few enough allocations to look at every one."""
    with pytest.raises(ValueError, match="allocations"):
        PodsFile.model_validate({**catalogue_files()["pods"], "grid": 0.01})
