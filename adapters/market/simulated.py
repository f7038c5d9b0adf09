"""The simulated market source: a regime-switching factor model of the catalogue, from its seed."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from adapters.market import MarketDataMissing
from adapters.market.snapshot import PLACES, Snapshot
from engines.calendars import sessions_between
from engines.market_model import FundModel, Regimes, distributed, simulate_log_returns
from payloads.files.market import AssetClass, MarketFile, Simulation
from payloads.files.universe import Fund, UniverseFile

UNITS_A_CENT = 10 ** (PLACES - 2)
UNITS_OF_PAYMENTS = 10 ** (PLACES - 4)  # funds pay hundredths of a cent a unit
CURRENCY = "currency"


@dataclass(frozen=True, slots=True)
class SimulatedMarket:
    """Made-up prices of real ETFs: labelled simulated wherever they show.

    The sessions are those of the catalogue's exchange. Paths start at its `first_session` and pass through
    the universe's indicative prices on its `as_of`; a later snapshot continues an earlier one. Units go ex
    on the first session of their class's months; until then what they will pay is in the price.
    """

    name: str = "simulated"
    simulated: bool = True

    def snapshot(self, universe: UniverseFile, market: MarketFile, as_of: date) -> Snapshot:
        """The last `history_sessions` up to `as_of`; MarketDataMissing when it is none, or too early."""
        first, last = market.simulation.first_session, max(as_of, universe.as_of)
        sessions = sessions_between(market.calendar, first, last)
        end = _end(sessions, as_of, market)
        # Where the universe's day is no session, its prices are those of the session before.
        paths = _paths(universe, market, sessions, anchor=bisect_right(sessions, universe.as_of) - 1)
        kept = slice(end - market.simulation.history_sessions, end)
        return Snapshot(
            self.name,
            self.simulated,
            sessions[kept],
            tuple(fund.etf for fund in universe.etfs),
            paths.cents[kept] * UNITS_A_CENT,
            distributed=None if paths.paid is None else paths.paid[kept] * UNITS_OF_PAYMENTS,
        )


def _end(sessions: Sequence[date], as_of: date, market: MarketFile) -> int:
    """How many sessions there are up to `as_of`; refuses a day that is none, and too few."""
    end = bisect_right(sessions, as_of)
    settings = market.simulation
    if end < settings.history_sessions:
        raise MarketDataMissing(
            f"{as_of} has {end} sessions of history, {settings.history_sessions} are needed; "
            f"the simulated market starts on {settings.first_session}, take a later day",
            "as_of",
        )
    if sessions[end - 1] != as_of:
        raise MarketDataMissing(
            f"{as_of} is no session of {market.calendar}; the one before is {sessions[end - 1]}", "as_of"
        )
    return end


@dataclass(frozen=True, slots=True)
class _Paths:
    """Prices in cents, at least one, and what a unit paid in hundredths of a cent; sessions by funds."""

    cents: NDArray[np.int64]
    paid: NDArray[np.int64] | None


def _paths(universe: UniverseFile, market: MarketFile, days: Sequence[date], anchor: int) -> _Paths:
    """From the first session on; prices meet the universe's on the session `anchor`."""
    settings = market.simulation
    returns = simulate_log_returns(
        _regimes(settings),
        _fund_model(universe.etfs, market),
        days=len(days),
        days_a_year=market.estimates.sessions_per_year,
        tail_degrees=settings.tail_degrees,
        seed=settings.seed,
    )
    growth = np.cumsum(returns, axis=0)
    listed = np.array([float(fund.price) for fund in universe.etfs])
    bare = listed * np.exp(growth - growth[anchor])
    goes_ex = _ex_days(universe, market, days)
    if not goes_ex.any():
        return _Paths(_in_cents(bare), None)
    # A fund that never goes ex keeps its yield in no price: it has none.
    yields = np.array([fund.yield_ for fund in universe.etfs]) * goes_ex.any(axis=0)
    found = distributed(yields, goes_ex, days_a_year=market.estimates.sessions_per_year)
    bare /= 1 + found.accrued[anchor]
    return _Paths(_in_cents(bare * (1 + found.accrued)), np.rint(bare * found.paid * 10_000).astype(np.int64))


def _in_cents(prices: NDArray[np.float64]) -> NDArray[np.int64]:
    cents: NDArray[np.int64] = np.maximum(np.rint(prices * 100), 1).astype(np.int64)
    return cents


def _ex_days(universe: UniverseFile, market: MarketFile, days: Sequence[date]) -> NDArray[np.bool_]:
    """Whether a fund goes ex on a session: sessions by funds."""
    months = np.array(days, dtype="datetime64[M]").astype(int)
    first_of_month = np.diff(months, prepend=months[:1]) > 0
    return np.column_stack(
        [
            first_of_month & np.isin(months % 12 + 1, market.classes[fund.asset_class].ex_months)
            for fund in universe.etfs
        ]
    )


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
