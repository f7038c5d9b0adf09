"""The simulated market source: a regime-switching factor model of the catalogue, from its seed."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from adapters.market import MarketDataMissing
from adapters.market.snapshot import PLACES, Snapshot
from engines.market_model import FundModel, Regimes, simulate_log_returns
from payloads.files.market import AssetClass, MarketFile, Simulation
from payloads.files.universe import Fund, UniverseFile

UNITS_A_CENT = 10 ** (PLACES - 2)
CURRENCY = "currency"


@dataclass(frozen=True, slots=True)
class SimulatedMarket:
    """Made-up prices of real ETFs: labelled simulated wherever they show.

    Every weekday is a session. Paths start at the catalogue's `first_session` and pass through the
    universe's indicative prices on its `as_of`; a later snapshot continues an earlier one.
    """

    name: str = "simulated"
    simulated: bool = True

    def snapshot(self, universe: UniverseFile, market: MarketFile, as_of: date) -> Snapshot:
        """The last `history_sessions` weekdays up to `as_of`; MarketDataMissing on a weekend or too early."""
        settings = market.simulation
        _check_day(settings, as_of)
        last = _day_number(settings, as_of)
        cents = _price_paths(universe, market, days=last + 1)
        kept = np.arange(last + 1 - settings.history_sessions, last + 1)
        days = np.busday_offset(np.datetime64(settings.first_session), kept, roll="forward")
        return Snapshot(
            self.name,
            self.simulated,
            tuple(days.tolist()),
            tuple(fund.etf for fund in universe.etfs),
            cents[kept] * UNITS_A_CENT,
        )


def _check_day(settings: Simulation, as_of: date) -> None:
    if not np.is_busday(as_of):
        raise MarketDataMissing(f"{as_of} is a weekend; the simulated market trades on weekdays", "as_of")
    history = _day_number(settings, as_of) + 1
    if history < settings.history_sessions:
        raise MarketDataMissing(
            f"{as_of} has {max(history, 0)} sessions of history, {settings.history_sessions} are needed; "
            f"the simulated market starts on {settings.first_session}, take a later day",
            "as_of",
        )


def _day_number(settings: Simulation, day: date) -> int:
    """The weekday's place on the path; of a weekend, that of the Friday before."""
    return int(np.busday_count(settings.first_session, np.busday_offset(day, 0, roll="backward")))


def _price_paths(universe: UniverseFile, market: MarketFile, days: int) -> NDArray[np.int64]:
    """Prices in cents from the first session on, at least one cent; they meet the universe's on its day."""
    anchor = _day_number(market.simulation, universe.as_of)
    settings = market.simulation
    returns = simulate_log_returns(
        _regimes(settings),
        _fund_model(universe.etfs, market),
        days=max(days, anchor + 1),
        days_a_year=market.estimates.sessions_per_year,
        tail_degrees=settings.tail_degrees,
        seed=settings.seed,
    )
    growth = np.cumsum(returns, axis=0)
    prices = np.array([float(fund.price) for fund in universe.etfs]) * np.exp(growth - growth[anchor])
    cents: NDArray[np.int64] = np.maximum(np.rint(prices * 100), 1).astype(np.int64)
    return cents


def _regimes(settings: Simulation) -> Regimes:
    regimes = settings.regimes
    return Regimes(
        transition=np.array([[regime.next[to] for to in regimes] for regime in regimes.values()]),
        volatility=np.array([regime.volatility for regime in regimes.values()]),
        drift=np.array([[r.drift.get(factor, 0.0) for factor in settings.factors] for r in regimes.values()]),
    )


def _fund_model(funds: list[Fund], market: MarketFile) -> FundModel:
    classes = [market.classes[fund.asset_class] for fund in funds]
    groups = {name: number for number, name in enumerate(dict.fromkeys(fund.exposure for fund in funds))}
    return FundModel(
        price_return=np.array([_price_return(f, c) for f, c in zip(funds, classes, strict=True)]),
        loadings=np.array(
            [_loadings(f, c, market.simulation.factors) for f, c in zip(funds, classes, strict=True)]
        ),
        group=np.array([groups[fund.exposure] for fund in funds]),
        group_volatility=np.array([asset_class.group for asset_class in classes]),
        own_volatility=np.array([asset_class.own for asset_class in classes]),
    )


def _price_return(fund: Fund, asset_class: AssetClass) -> float:
    """What a year adds to the price: distributions leave it, the fee is taken from it."""
    return (1 + asset_class.expected_return - fund.fee) / (1 + fund.yield_) - 1


def _loadings(fund: Fund, asset_class: AssetClass, factors: list[str]) -> list[float]:
    return [
        0.0 if fund.hedged and factor == CURRENCY else asset_class.loadings.get(factor, 0.0)
        for factor in factors
    ]
