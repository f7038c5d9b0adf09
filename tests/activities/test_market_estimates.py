"""Estimates and regimes by reference to a snapshot, without a database."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from activities.market_estimates import _model
from activities.runner import ActivityFault, run
from activities.snapshots import default_snapshot
from engines.estimates import total_returns
from engines.regimes import fit
from payloads.files.market import MarketFile
from tests.support.contexts import catalogue_files, pure_context
from tests.support.real_prices import wide_closes

ETFS = ["VAS", "VGS", "VAF", "GOLD"]


def estimated(**ask: Any) -> dict[str, Any]:
    """Estimates of four ETFs from the default snapshot."""
    return run("market.estimate", {"etfs": ETFS, **ask}, pure_context(), strict=True)


def returns() -> np.ndarray:
    """Their daily total returns."""
    snapshot = default_snapshot(pure_context().catalogue)
    return total_returns(snapshot.prices(ETFS), distributions=snapshot.distributions(ETFS))


def test_the_sample_is_the_snapshots() -> None:
    """Covariance and volatilities of a year, in the order asked, from total returns."""
    found = estimated(covariance_method="sample", return_method="historical")
    expected = np.cov(returns(), rowvar=False) * 252
    assert found["assets"] == ETFS
    assert np.array(found["covariance"]) == pytest.approx(expected)
    assert found["volatilities"] == pytest.approx(np.sqrt(np.diag(expected)))
    assert found["expected_returns"] == pytest.approx((1 + returns().mean(axis=0)) ** 252 - 1)
    assert (found["covariance_intensity"], found["return_intensity"]) == (0, None)
    assert found["observations"] == 1259


def test_shrinking_keeps_variances_and_draws_correlations_together() -> None:
    """Constant correlation, the default, leaves each fund its volatility but for the divisor."""
    plain, shrunk = estimated(covariance_method="sample"), estimated()
    assert shrunk["covariance_method"] == "constant_correlation"
    assert 0 < shrunk["covariance_intensity"] < 0.5
    assert shrunk["volatilities"] == pytest.approx(plain["volatilities"], rel=1e-3)
    assert shrunk["covariance"][0][1] < plain["covariance"][0][1]


def test_the_house_method_is_what_a_quote_says() -> None:
    """One expectation of an ETF everywhere."""
    quote = run("market.quote", {"snapshot": estimated()["snapshot"], "etfs": ETFS}, pure_context())
    assert estimated()["expected_returns"] == pytest.approx(
        [quote["assets"][etf]["expected_return"] for etf in ETFS]
    )


def test_the_market_portfolio_earns_its_premium_in_equilibrium() -> None:
    """Weighted by the market, equilibrium returns are the cash rate and the catalogue's premium."""
    weights = {"VAS": 0.5, "VGS": 0.3, "VAF": 0.2, "GOLD": 0}
    found = estimated(return_method="equilibrium", market_portfolio=weights)
    market = pure_context().catalogue.read("market", MarketFile)
    earned = sum(weights[etf] * r for etf, r in zip(ETFS, found["expected_returns"], strict=True))
    assert market.market_portfolio is not None
    assert earned == pytest.approx(market.cash_rate.value + market.market_portfolio.premium)


def test_shrunk_means_say_how_far() -> None:
    """The share of the target stands beside them."""
    found = estimated(return_method="shrunk")
    assert 0 < found["return_intensity"] < 1
    past = estimated(return_method="historical")["expected_returns"]
    assert np.ptp(found["expected_returns"]) < np.ptp(past)


def test_one_asset_can_be_estimated() -> None:
    """Its own variance by every method."""
    for method in ("sample", "ledoit_wolf", "oracle_approximating", "constant_correlation"):
        (row,) = run(
            "market.estimate", {"etfs": ["VAS"], "covariance_method": method}, pure_context(), strict=True
        )["covariance"]
        assert row == pytest.approx([returns()[:, 0].var(ddof=1) * 252], rel=1e-3)


def test_the_regime_is_told_with_its_history() -> None:
    """Probabilities sum to one, spells follow each other, the last one ends on the snapshot's day."""
    found = run("market.detect_regime", {}, pure_context(), strict=True)
    assert list(found["regimes"]) == ["calm", "volatile", "crisis"]
    assert found["regime"] == max(found["probabilities"], key=found["probabilities"].__getitem__)
    assert sum(found["probabilities"].values()) == pytest.approx(1)
    spells = found["history"]
    assert all(a["last"] < b["first"] for a, b in pairwise(spells))
    assert (spells[-1]["last"], spells[-1]["first"]) == (found["as_of"], found["since"])
    assert sum(figures["share"] for figures in found["regimes"].values()) == pytest.approx(1)


def test_fitted_regimes_are_the_portfolios_own() -> None:
    """A bond fund's crisis is calmer than that of shares."""
    shares = run("market.detect_regime", {"method": "fitted"}, pure_context())["regimes"]
    bonds = run("market.detect_regime", {"method": "fitted", "portfolio": {"VAF": 1}}, pure_context())[
        "regimes"
    ]
    assert bonds["crisis"]["volatility"] < shares["crisis"]["volatility"]
    volatilities = [figures["volatility"] for figures in shares.values()]
    assert volatilities == sorted(volatilities)


def test_the_catalogues_regimes_are_those_of_the_real_market() -> None:
    """Fitted to 33 years of the S&P 500, as the catalogue says: volatilities within a point, stays within 0.005."""
    watch = pure_context().catalogue.read("market", MarketFile).regimes
    assert watch is not None
    closes = wide_closes("skfolio_BSD3/sp500_index.csv.gz")[2][:, 0]
    found = fit(np.diff(np.log(closes)), _model(watch, 252), rounds=25).model
    told = _model(watch, 252)
    assert found.deviation * 252**0.5 == pytest.approx(told.deviation * 252**0.5, abs=0.01)
    assert np.diag(found.transition) == pytest.approx(np.diag(told.transition), abs=0.005)


@pytest.mark.parametrize(
    ("activity", "ask", "kind", "path"),
    [
        ("market.estimate", {"etfs": ["VAZ"]}, "UnknownEtf", "etfs"),
        ("market.estimate", {"etfs": ["VAS", "VAS"]}, "InvalidInput", "etfs"),
        ("market.estimate", {"etfs": []}, "InvalidInput", "etfs"),
        ("market.estimate", {"etfs": ["VAS"], "return_method": "guess"}, "InvalidInput", "return_method"),
        (
            "market.estimate",
            {"etfs": ["VAS"], "market_portfolio": {"VAS": 0.5}},
            "InvalidInput",
            "market_portfolio",
        ),
        (
            "market.estimate",
            {"etfs": ["VAS"], "return_method": "equilibrium", "market_portfolio": {"VAZ": 1}},
            "UnknownEtf",
            "market_portfolio",
        ),
        ("market.estimate", {"etfs": ["VAS"], "snapshot": "0" * 64}, "UnknownSnapshot", "snapshot"),
        ("market.detect_regime", {"portfolio": {"VAZ": 1}}, "UnknownEtf", "portfolio"),
        ("market.detect_regime", {"portfolio": {"VAS": 0.4}}, "InvalidInput", "portfolio"),
        ("market.detect_regime", {"method": "tea leaves"}, "InvalidInput", "method"),
    ],
)
def test_what_cannot_be_asked_has_a_name_and_a_place(
    activity: str, ask: dict[str, Any], kind: str, path: str
) -> None:
    """Typed errors, at the field that caused them."""
    with pytest.raises(ActivityFault) as refused:
        run(activity, ask, pure_context(), strict=True)
    assert (refused.value.type, refused.value.path) == (kind, path)


@pytest.mark.parametrize(
    ("activity", "ask", "section"),
    [
        ("market.detect_regime", {}, "regimes"),
        ("market.estimate", {"etfs": ["VAS"], "return_method": "equilibrium"}, "market_portfolio"),
    ],
)
def test_an_older_catalogue_says_what_it_lacks(activity: str, ask: dict[str, Any], section: str) -> None:
    """A release published before there were these sections still answers, by name."""
    market = {name: told for name, told in catalogue_files()["market"].items() if name != section}
    with pytest.raises(ActivityFault, match=section) as refused:
        run(activity, ask, pure_context(changed_files={"market": market}))
    assert refused.value.type == "NotConfigured"
