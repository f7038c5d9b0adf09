"""Yearly figures of ETFs from daily prices: what to expect of them, and how they move together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimates:
    """Expected returns and covariance of a year, and the daily total returns they rest on."""

    expected_return: Floats
    covariance: Floats
    returns: Floats  # days by assets


def total_returns(
    prices: Floats, *, distributions: Floats | None = None, daily_yields: Floats | None = None
) -> Floats:
    """Simple daily returns with distributions, days by assets, one row less than prices.

    `distributions` are AUD a unit on ex-days, beside the prices. Where a source does not say them,
    `daily_yields` (a day's share of each asset's yearly yield) takes their place.
    """
    if distributions is not None:
        returns: Floats = (prices[1:] + distributions[1:]) / prices[:-1] - 1
        return returns
    returns = prices[1:] / prices[:-1] - 1
    return returns if daily_yields is None else returns + daily_yields


def estimate(
    prices: Floats,
    yields: Floats,
    prior: Floats,
    *,
    prior_years: float,
    sessions_per_year: int,
    distributions: Floats | None = None,
) -> Estimates:
    """Estimates from closing prices, days by assets, and what was expected before looking at them.

    Without `distributions` a day's share of the yearly yield is added to its return. The mean of the
    past counts by its years against `prior_years` years of the prior, because even a decade of prices
    says little of the mean. Sample covariance (n-1), times sessions a year.
    """
    returns = total_returns(prices, distributions=distributions, daily_yields=yields / sessions_per_year)
    years = len(returns) / sessions_per_year
    past = (1 + returns.mean(axis=0)) ** sessions_per_year - 1
    expected = (years * past + prior_years * prior) / (years + prior_years)
    covariance = np.atleast_2d(np.cov(returns, rowvar=False)) * sessions_per_year
    return Estimates(expected, covariance, returns)


def volatility(weights: Floats, covariance: Floats) -> Floats:
    """Yearly volatility of portfolios, one a row of `weights`."""
    variance = ((weights @ covariance) * weights).sum(axis=-1)
    deviation: Floats = np.sqrt(np.maximum(variance, 0))
    return deviation


def max_drawdown(weights: Floats, returns: Floats) -> Floats:
    """The largest fall from an earlier high of each portfolio (a row of `weights`), positive.

    Weights are held constant from day to day; the value before the first day counts as a high.
    """
    value = np.cumprod(1 + returns @ np.atleast_2d(weights).T, axis=0)
    high = np.maximum.accumulate(value, axis=0)
    np.maximum(high, 1, out=high)
    np.divide(value, high, out=value)
    fall: Floats = 1 - value.min(axis=0)
    return fall


def volatility_of_each(covariance: Floats) -> Floats:
    """Yearly volatility of each asset by itself."""
    deviation: Floats = np.sqrt(np.diag(covariance))
    return deviation
