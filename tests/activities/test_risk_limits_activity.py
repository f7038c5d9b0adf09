"""Stress and limits of risk: what would be lost and to what, and what is above what is allowed."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.runner import ActivityFault, run
from tests.support.contexts import catalogue_files, pure_context

WEIGHTS = {"VAS": 0.4, "VGS": 0.4, "VGAD": 0.1, "VAF": 0.1}
BETAS = {"VAS": {"shares": 1}, "VGS": {"shares": 0.9, "currency": 1}}


def stressed(**given: Any) -> dict[str, Any]:
    return run("risk.stress", given, pure_context(), strict=True)


def checked(**given: Any) -> dict[str, Any]:
    return run("risk.check_limits", given, pure_context(), strict=True)


def refusal(name: str, given: dict[str, Any]) -> ActivityFault:
    with pytest.raises(ActivityFault) as refused:
        run(name, given, pure_context(), strict=True)
    return refused.value


def test_losses_are_weight_by_exposure_by_shock() -> None:
    """VAS 0.6 · 40%, VGS 0.4 · (0.9 · 40% less the 10% that currencies bring)."""
    found = stressed(
        weights={"VAS": 0.6, "VGS": 0.4},
        exposures=BETAS,
        scenarios=[{"name": "crash", "shocks": {"shares": -0.4, "currency": 0.1}}],
    )
    (crash,) = found["scenarios"]
    assert crash["by_asset"] == pytest.approx({"VAS": 0.24, "VGS": 0.104})
    assert crash["loss"] == pytest.approx(0.344)
    assert found["worst"] == "crash"


def test_an_etf_can_be_shocked_by_its_own_name() -> None:
    """Also one that the universe does not have; a gain is a negative loss."""
    found = stressed(
        weights={"ONE": 0.5, "TWO": 0.5},
        scenarios=[{"name": "apart", "shocks": {"ONE": -0.3, "TWO": 0.1}}],
    )
    (apart,) = found["scenarios"]
    assert apart["by_asset"] == pytest.approx({"ONE": 0.15, "TWO": -0.05})


def test_without_scenarios_those_of_the_catalogue_are_told() -> None:
    """An unhedged fund feels its class and currencies, a hedged one its class alone."""
    written = {each["name"]: each["shocks"] for each in catalogue_files()["risk"]["scenarios"]}
    found = stressed(weights=WEIGHTS)
    assert [each["name"] for each in found["scenarios"]] == list(written)
    losses = {each["name"]: each["by_asset"] for each in found["scenarios"]}
    for name, shocks in written.items():
        share = float(shocks.get("global_shares", 0))
        assert losses[name]["VGAD"] == pytest.approx(-0.1 * share)
        assert losses[name]["VGS"] == pytest.approx(-0.4 * (share + float(shocks["currency"])))
    assert found["worst"] == "crisis_2008"


def test_scenarios_of_the_catalogue_can_be_named() -> None:
    """By name alone, beside one's own."""
    own = {"name": "Gold falls", "shocks": {"gold": -0.2}}
    found = stressed(weights=WEIGHTS, scenarios=["rates_2022", own, {"name": "crisis_2008"}])
    all_of_them = {each["name"]: each for each in stressed(weights=WEIGHTS)["scenarios"]}
    assert [each["name"] for each in found["scenarios"]] == ["rates_2022", "Gold falls", "crisis_2008"]
    assert found["scenarios"][0] == all_of_them["rates_2022"]
    assert found["scenarios"][2] == all_of_them["crisis_2008"]


def test_every_scenario_of_2008_2020_and_2022_speaks_of_every_asset_class() -> None:
    """No class rides through a crisis because somebody forgot it."""
    files = catalogue_files()
    classes = {fund["asset_class"] for fund in files["universe"]["etfs"]}
    for scenario in files["risk"]["scenarios"]:
        if scenario["name"] != "aud_up_20":
            assert classes <= set(scenario["shocks"])


@pytest.mark.parametrize(
    ("given", "type_", "path", "says"),
    [
        (
            {"weights": {"VAS": 1}, "scenarios": [{"name": "x", "shocks": {"golld": -0.1}}]},
            "UnknownFactor",
            "scenarios[0].shocks.golld",
            "did you mean gold",
        ),
        (
            {"weights": {"XYZ": 1}, "scenarios": [{"name": "x", "shocks": {"gold": -0.1}}]},
            "NoExposure",
            "exposures.XYZ",
            "how XYZ reacts to x",
        ),
        ({"weights": {"VAS": 1}, "scenarios": []}, "InvalidInput", "scenarios", "at least 1"),
        ({"weights": {"VAS": 1}, "scenarios": [7]}, "InvalidInput", "scenarios[0]", "an object"),
        (
            {"weights": {"VAS": 1}, "scenarios": ["rates_2022", "crisis_1929"]},
            "UnknownScenario",
            "scenarios[1]",
            "there are crisis_2008, pandemic_2020",
        ),
        ({"weights": {"VAS": 1}, "scenarios": [" "]}, "InvalidInput", "scenarios[0].name", "form"),
        ({"weights": {"VAS": 1.2}}, "InvalidInput", "weights.VAS", "at most 1"),
        ({"weights": {"VAS": 1}, "scenarios": ["rates_2022"] * 2}, "InvalidInput", "scenarios", "one name"),
        (
            {"weights": {"X": 1}, "exposures": {"X": {"aussie_shares": 1}}},
            "UnknownFactor",
            "exposures.X.aussie_shares",
            "there are australian_bonds",
        ),
    ],
)
def test_what_cannot_be_stressed_is_named(given: dict[str, Any], type_: str, path: str, says: str) -> None:
    """Where it stands, and what it should be."""
    refused = refusal("risk.stress", given)
    assert (refused.type, refused.path) == (type_, path)
    assert says in str(refused)


def test_each_breach_is_told_with_its_subject() -> None:
    """In the order of the limits, the largest first; a fund that spreads over sectors is none."""
    found = checked(
        weights={"VAS": 0.35, "VGS": 0.31, "BHP": 0.06, "ATEC": 0.28},
        limits={"sector": 0.25, "etf": 0.3, "single_stock": 0.05, "max_drawdown": 0.15},
        measures={"max_drawdown": 0.2},
    )
    told = [(each["limit"], each["subject"], each["value"]) for each in found["breaches"]]
    assert told == [
        ("sector", "technology", Decimal("0.28")),
        ("etf", "VAS", Decimal("0.35")),
        ("etf", "VGS", Decimal("0.31")),
        ("single_stock", "BHP", Decimal("0.06")),
        ("max_drawdown", "portfolio", Decimal("0.2")),
    ]
    assert not found["within"]


def test_sectors_can_be_looked_through() -> None:
    """A fund's shares by sector count as far as it is held: 0.5 · 0.4 + 0.5 · 0.2."""
    given = {"weights": {"VAS": 0.5, "VGS": 0.5}, "limits": {"sector": 0.25}}
    sectors = {"VAS": {"financials": 0.4, "resources": 0.2}, "VGS": {"financials": 0.2}}
    (breach,) = checked(**given, sectors=sectors)["breaches"]
    assert breach == {
        "limit": "sector",
        "value": Decimal("0.3"),
        "allowed": Decimal("0.25"),
        "subject": "financials",
    }


@pytest.mark.parametrize(
    ("weight", "value", "within"),
    [("0.3", 0.15, True), ("0.3000000001", 0.15, False), ("0.3", 0.15 + 1e-10, True), ("0.3", 0.1501, False)],
)
def test_at_its_limit_nothing_is_a_breach(weight: str, value: float, within: bool) -> None:
    """Weights are compared exactly, computed measures to 1e-9."""
    found = checked(
        weights={"VAS": Decimal(weight)},
        limits={"etf": Decimal("0.3"), "max_drawdown": Decimal("0.15")},
        measures={"max_drawdown": value},
    )
    assert found["within"] == within


def test_a_limit_without_its_measure_is_refused() -> None:
    """What was not measured is not within its limit."""
    refused = refusal("risk.check_limits", {"weights": {}, "limits": {"var_95": 0.02}})
    assert (refused.type, refused.path) == ("NotMeasured", "measures.var_95")


@given(
    weights=st.dictionaries(st.sampled_from(["VAS", "VGS", "VAF", "GOLD"]), st.integers(0, 250), min_size=1),
    shock=st.integers(-100, 100),
)
def test_a_loss_is_the_sum_of_its_assets(weights: dict[str, int], shock: int) -> None:
    """And twice the shock is twice the loss."""
    shares = {etf: Decimal(part) / 1000 for etf, part in weights.items()}
    scenarios = [
        {"name": name, "shocks": {"australian_shares": shock * times / 1000, "gold": shock * times / 1000}}
        for name, times in (("once", 1), ("twice", 2))
    ]
    once, twice = stressed(weights=shares, scenarios=scenarios)["scenarios"]
    assert once["loss"] == pytest.approx(sum(once["by_asset"].values()))
    assert twice["loss"] == pytest.approx(2 * once["loss"])
