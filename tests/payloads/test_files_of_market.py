"""The catalogue's universe, market and pods fit together."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from payloads.files.market import MarketFile
from payloads.files.pods import PodsFile
from payloads.files.universe import UniverseFile
from tests.support.contexts import catalogue_files, pure_context

SEED = ["BILL", "VAF", "VAS", "VHY", "VAP", "GOLD", "VGS", "VTS", "NDQ", "TECH", "ROBO", "SEMI", "ASIA"]


def read(name: str, model: type[Any]) -> Any:
    """One file of the project's catalogue."""
    return pure_context().catalogue.read(name, model)


def test_the_universe_has_137_etfs_and_says_its_figures_are_indicative() -> None:
    """Every ETF once, those of the design among them."""
    universe = read("universe", UniverseFile)
    assert len(universe.etfs) == 137
    assert set(SEED) <= set(universe.by_etf())
    assert len({fund.name for fund in universe.etfs}) == 137
    assert universe.indicative


def test_every_fund_has_a_class_of_the_market() -> None:
    """What is simulated and expected of a fund is stated by its class."""
    classes = read("market", MarketFile).classes
    assert {fund.asset_class for fund in read("universe", UniverseFile).etfs} == set(classes)


def test_pods_hold_funds_of_the_universe() -> None:
    """Three to eight ETFs each, benchmark included in the universe, on a grid of five points or finer."""
    pods, universe = read("pods", PodsFile), read("universe", UniverseFile).by_etf()
    assert list(pods.pods) == ["POD1", "POD2", "POD3", "POD4"]
    assert pods.grid <= 0.05
    for pod in pods.pods.values():
        assert 3 <= len(pod.universe) <= 8
        assert set(pod.universe) <= set(universe)
        assert set(getattr(pod.objective, "benchmark", {})) <= set(universe)


@pytest.mark.parametrize(
    ("name", "model", "change", "told"),
    [
        (
            "universe",
            UniverseFile,
            lambda file: {"etfs": [*file["etfs"], file["etfs"][0]]},
            "VAS stands twice",
        ),
        ("universe", UniverseFile, lambda file: {"fees": 1}, "fees"),
        ("market", MarketFile, lambda file: {"max_age_sessions": -1}, "max_age_sessions"),
        (
            "market",
            MarketFile,
            lambda file: {"classes": {"cash": {**file["classes"]["cash"], "loadings": {"moon": 0.1}}}},
            "moon is not one of the factors",
        ),
        (
            "market",
            MarketFile,
            lambda file: {"regimes": {**file["regimes"], "portfolio": {"VAS": 0.4}}},
            "portfolio must sum to 1",
        ),
        (
            "market",
            MarketFile,
            lambda file: {
                "regimes": {
                    **file["regimes"],
                    "states": {**file["regimes"]["states"], "calm": file["regimes"]["states"]["crisis"]},
                }
            },
            "must rise in volatility",
        ),
        (
            "market",
            MarketFile,
            lambda file: {"market_portfolio": {**file["market_portfolio"], "weights": {"VAS": 1.1}}},
            "weights",
        ),
        ("pods", PodsFile, lambda file: {"grid": 0.03}, "does not divide 1"),
        (
            "pods",
            PodsFile,
            lambda file: {"pods": {"POD1": {**file["pods"]["POD1"], "weights": {"NDQ": {"max": 0.1}}}}},
            "NDQ is not in the universe",
        ),
    ],
)
def test_a_faulty_file_is_refused(name: str, model: type[BaseModel], change: Any, told: str) -> None:
    """Unknown keys, unknown names and impossible numbers are refused when the file is read."""
    file = catalogue_files()[name]
    with pytest.raises(ValidationError, match=told):
        model.model_validate({**file, **change(file)})
