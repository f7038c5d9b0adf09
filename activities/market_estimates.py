"""What a snapshot says of the future, translated from the engines.

ActivityError
└── NotConfigured   the release's market.yaml does not have what is asked for
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from activities.context import Context
from activities.errors import ActivityError
from activities.pod_settings import cash_rate
from activities.registry import implements
from activities.snapshots import chosen_snapshot, daily_returns, estimates_for
from adapters.market.snapshot import Snapshot
from engines import covariance, expected_returns, regimes
from engines.market_model import stationary
from payloads.files.market import MarketFile, MarketPortfolio, RegimeWatch
from payloads.market_estimates import (
    AskEstimates,
    AskRegime,
    MarketEstimates,
    MarketRegime,
    RegimeFigures,
    Spell,
)

Floats = NDArray[np.float64]
SPELLS_TOLD = 24


class NotConfigured(ActivityError):
    """The release's market.yaml does not have what is asked for."""


@implements("market.estimate")
def estimate(ask: AskEstimates, context: Context) -> MarketEstimates:
    """Expected returns and covariance of a year from the snapshot's daily total returns."""
    snapshot = chosen_snapshot(context, ask.snapshot)
    year = context.catalogue.read("market", MarketFile).estimates.sessions_per_year
    returns = daily_returns(snapshot, context.catalogue, ask.etfs, "etfs")
    found = covariance.METHODS[ask.covariance_method](returns)
    expected, intensity = _expected(ask, snapshot, returns, context)
    matrix = found.matrix * year
    return MarketEstimates(
        assets=ask.etfs,
        expected_returns=expected.tolist(),
        volatilities=np.sqrt(np.diag(matrix)).tolist(),
        covariance=matrix.tolist(),
        return_method=ask.return_method,
        covariance_method=ask.covariance_method,
        covariance_intensity=found.intensity,
        return_intensity=intensity,
        observations=len(returns),
        snapshot=snapshot.digest,
        as_of=snapshot.as_of,
        simulated=snapshot.simulated,
    )


@implements("market.detect_regime")
def detect_regime(ask: AskRegime, context: Context) -> MarketRegime:
    """The regime on the snapshot's day, and the spells that led to it."""
    snapshot = chosen_snapshot(context, ask.snapshot)
    watch = _watch(context)
    year = context.catalogue.read("market", MarketFile).estimates.sessions_per_year
    series = _watched_returns(snapshot, ask.portfolio or watch.portfolio, context)
    model = _model(watch, year)
    if ask.method == "fitted":
        model = regimes.fit(series, model).model
    names = list(watch.states)
    chances = regimes.filtered(series, model)[-1]
    spells = _spells(regimes.smoothed(series, model), names, snapshot)
    return MarketRegime(
        regime=names[int(chances.argmax())],
        probabilities=dict(zip(names, chances.tolist(), strict=True)),
        since=spells[-1].first,
        sessions=spells[-1].sessions,
        volatility=_mixed_volatility(chances, model, year),
        regimes=_figures(names, model, year),
        history=spells[-SPELLS_TOLD:],
        method=ask.method,
        snapshot=snapshot.digest,
        as_of=snapshot.as_of,
        simulated=snapshot.simulated,
    )


def regime_at_the_end(snapshot: Snapshot, watch: RegimeWatch, context: Context) -> int:
    """The place of the regime that is likeliest on the snapshot's day."""
    year = context.catalogue.read("market", MarketFile).estimates.sessions_per_year
    series = _watched_returns(snapshot, watch.portfolio, context)
    return int(regimes.filtered(series, _model(watch, year))[-1].argmax())


def _watched_returns(snapshot: Snapshot, portfolio: Mapping[str, float], context: Context) -> Floats:
    returns = daily_returns(snapshot, context.catalogue, list(portfolio), "portfolio")
    series: Floats = np.log1p(returns @ np.array(list(portfolio.values())))
    return series


def _expected(
    ask: AskEstimates, snapshot: Snapshot, returns: Floats, context: Context
) -> tuple[Floats, float | None]:
    """Expected returns of a year by the method asked for, and how far they were shrunk."""
    year = context.catalogue.read("market", MarketFile).estimates.sessions_per_year
    match ask.return_method:
        case "house":
            return estimates_for(snapshot, context.catalogue, ask.etfs, "etfs").expected_return, None
        case "historical":
            return expected_returns.historical(returns, periods_per_year=year), None
        case "shrunk":
            found = expected_returns.shrunk(returns, periods_per_year=year)
            return found.expected, found.intensity
        case "equilibrium":
            return _equilibrium(ask, snapshot, returns, context), None


def _equilibrium(ask: AskEstimates, snapshot: Snapshot, returns: Floats, context: Context) -> Floats:
    told = _market_portfolio(context)
    weights = ask.market_portfolio or told.weights
    held = daily_returns(snapshot, context.catalogue, list(weights), "market_portfolio")
    market = held @ np.array(list(weights.values()))
    centred = market - market.mean()
    # The year's length cancels: only the ratio of the two counts.
    return expected_returns.equilibrium(
        centred @ (returns - returns.mean(axis=0)) / (len(returns) - 1),
        market_variance=float(centred @ centred) / (len(returns) - 1),
        risk_free=cash_rate(context),
        market_premium=told.premium,
    )


def _model(watch: RegimeWatch, year: int) -> regimes.RegimeModel:
    states = watch.states
    return regimes.RegimeModel(
        transition=np.array([[state.next[to] for to in states] for state in states.values()]),
        mean=np.array([state.return_ for state in states.values()]) / year,
        deviation=np.array([state.volatility for state in states.values()]) / np.sqrt(year),
        tail_degrees=watch.tail_degrees,
    )


def _mixed_volatility(chances: Floats, model: regimes.RegimeModel, year: int) -> float:
    """Of a year, when each regime holds with its chance: within regimes and between them."""
    mean = chances @ model.mean
    variance = chances @ (model.deviation**2 + (model.mean - mean) ** 2)
    return float(np.sqrt(variance * year))


def _figures(names: list[str], model: regimes.RegimeModel, year: int) -> dict[str, RegimeFigures]:
    shares = stationary(model.transition)
    return {
        name: RegimeFigures(
            volatility=float(deviation * np.sqrt(year)),
            return_=float(mean * year),
            share=float(np.clip(share, 0, 1)),
        )
        for name, deviation, mean, share in zip(names, model.deviation, model.mean, shares, strict=True)
    }


def _spells(chances: Floats, names: list[str], snapshot: Snapshot) -> list[Spell]:
    """A return belongs to the session that ends it."""
    days = snapshot.sessions[1:]
    return [
        Spell(
            regime=names[spell.regime],
            first=days[spell.first],
            last=days[spell.last],
            sessions=spell.last - spell.first + 1,
        )
        for spell in regimes.spells(chances)
    ]


def _watch(context: Context) -> RegimeWatch:
    watch = context.catalogue.read("market", MarketFile).regimes
    if watch is None:
        raise NotConfigured("catalogue/market.yaml of this release has no `regimes`; add them, publish anew")
    return watch


def _market_portfolio(context: Context) -> MarketPortfolio:
    told = context.catalogue.read("market", MarketFile).market_portfolio
    if told is None:
        raise NotConfigured(
            "catalogue/market.yaml of this release has no `market_portfolio`; add it, publish anew"
        )
    return told
