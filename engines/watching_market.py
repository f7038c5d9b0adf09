"""The market as the sweeps see it, from the closing prices of some sessions."""

from collections.abc import Mapping, Sequence

import numpy as np

from engines.estimates import Floats, total_returns
from engines.watching import Market


def market_of(
    wanted: Sequence[str],
    tickers: Sequence[str],
    prices: Floats,
    distributions: Floats | None,
    market: Mapping[str, float],
    *,
    sessions_per_year: int,
    brokerage: float,
    ceilings: tuple[float, ...] = (),
    regime: float = float("nan"),
) -> Market:
    """The market in the order of the ETFs `wanted`, from prices of `tickers`, sessions by ETFs.

    An ETF that has no prices has NaN for its price and its covariances; `market` has the weights of the
    portfolio whose volatility is the market's, which is NaN when one of its ETFs has no prices.
    """
    covariance = np.atleast_2d(np.cov(total_returns(prices, distributions=distributions), rowvar=False))
    place = {ticker: column for column, ticker in enumerate(tickers)}
    columns = np.array([place.get(etf, -1) for etf in wanted], dtype=np.int64)
    missing = columns < 0
    chosen, last = covariance[np.ix_(columns, columns)], prices[-1][columns]
    chosen[missing] = chosen[:, missing] = last[missing] = np.nan
    return Market(
        last,
        chosen,
        sessions_per_year,
        _volatility(market, place, covariance, sessions_per_year),
        brokerage,
        ceilings,
        regime,
    )


def _volatility(
    weights: Mapping[str, float], place: Mapping[str, int], covariance: Floats, sessions_per_year: int
) -> float:
    if not weights or any(etf not in place for etf in weights):
        return float("nan")
    columns = [place[etf] for etf in weights]
    shares = np.array(list(weights.values()), dtype=np.float64)
    variance = shares @ covariance[np.ix_(columns, columns)] @ shares
    return float(np.sqrt(variance * sessions_per_year))
