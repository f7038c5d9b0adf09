"""What a series of returns says of risk: deviation, tail losses, drawdown, and return for each of them.

    EngineError
    └── InvalidValue   the returns cannot be measured

Losses are positive everywhere. Deviations are of the sample (n-1), skewness and kurtosis moments of the
population. VaR, CVaR and drawdown are of one period; volatility and ratios are of a year.
"""

from dataclasses import dataclass
from math import exp, expm1, floor, pi, sqrt
from statistics import NormalDist
from typing import Literal, assert_never

import numpy as np
from numpy.typing import NDArray

from engines.errors import InvalidValue

Floats = NDArray[np.float64]
Method = Literal["historical", "normal", "cornish_fisher"]
LARGEST_LOGARITHM = 690.0
"""e to a little more is beyond what a number can hold."""


@dataclass(frozen=True, slots=True)
class TailLoss:
    """The loss that is exceeded in (1-confidence) of all periods, and the mean of losses beyond."""

    var: float
    cvar: float


@dataclass(frozen=True, slots=True)
class RiskMeasures:
    """Every measure of one series; None where its divisor is zero."""

    volatility: float
    tail: TailLoss
    max_drawdown: float
    sharpe_ratio: float | None
    sortino_ratio: float | None
    calmar_ratio: float | None
    skewness: float | None
    excess_kurtosis: float | None


def measure(
    returns: Floats, *, confidence: float, method: Method, periods_per_year: float, risk_free: float
) -> RiskMeasures:
    """All measures of simple returns a period, oldest first; `risk_free` is a year's.

    Refuses fewer than two returns, what is not finite or loses more than everything, and growth beyond
    what a number can hold.
    """
    _check(returns)
    drawdown = max_drawdown(returns)
    return RiskMeasures(
        volatility=deviation(returns) * sqrt(periods_per_year),
        tail=tail_loss(returns, confidence, method),
        max_drawdown=drawdown,
        sharpe_ratio=sharpe_ratio(returns, periods_per_year, risk_free),
        sortino_ratio=sortino_ratio(returns, periods_per_year, risk_free),
        calmar_ratio=_ratio(yearly_return(returns, periods_per_year), drawdown),
        skewness=skewness(returns),
        excess_kurtosis=excess_kurtosis(returns),
    )


def deviation(returns: Floats) -> float:
    """Standard deviation of the sample, with n-1; exactly 0 where all returns are the same."""
    return float(np.std(returns, ddof=1)) if np.ptp(returns) > 0 else 0.0


def skewness(returns: Floats) -> float | None:
    """Third moment about the mean over the 1.5th power of the second, of the population."""
    return _standardised_moment(returns, 3)


def excess_kurtosis(returns: Floats) -> float | None:
    """Fourth moment about the mean over the square of the second, of the population, less 3."""
    moment = _standardised_moment(returns, 4)
    return None if moment is None else moment - 3


def max_drawdown(returns: Floats) -> float:
    """The largest fall from an earlier high, as a share of it; the value before the first return counts."""
    value = np.concatenate(([1.0], np.cumprod(1 + returns)))
    return float((1 - value / np.maximum.accumulate(value)).max())


def yearly_return(returns: Floats, periods_per_year: float) -> float:
    """The constant return a year that compounds to the same end: Π(1+r)^(periods_per_year/n) - 1."""
    if (returns == -1).any():
        return -1.0
    logarithm = float(np.log1p(returns).mean()) * periods_per_year
    if logarithm > LARGEST_LOGARITHM:
        raise InvalidValue("these returns grow too much in a year to be stated", "returns")
    return expm1(logarithm)


def sharpe_ratio(returns: Floats, periods_per_year: float, risk_free: float) -> float | None:
    """Mean return over the period's share of the risk-free rate, by deviation, times √periods_per_year."""
    ratio = _ratio(_mean_excess(returns, periods_per_year, risk_free), deviation(returns))
    return None if ratio is None else ratio * sqrt(periods_per_year)


def sortino_ratio(returns: Floats, periods_per_year: float, risk_free: float) -> float | None:
    """As the Sharpe ratio, by the root mean square of shortfalls below the risk-free rate over all n."""
    shortfalls = np.minimum(returns - risk_free / periods_per_year, 0)
    downside = sqrt(float(np.mean(shortfalls**2)))
    ratio = _ratio(_mean_excess(returns, periods_per_year, risk_free), downside)
    return None if ratio is None else ratio * sqrt(periods_per_year)


def tail_loss(returns: Floats, confidence: float, method: Method) -> TailLoss:
    """VaR and CVaR of one period at `confidence` (0.95: exceeded in one period of twenty)."""
    match method:
        case "historical":
            return _historical(returns, 1 - confidence)
        case "normal":
            return _cornish_fisher(returns, 1 - confidence, skew=0.0, excess=0.0)
        case "cornish_fisher":
            return _cornish_fisher(
                returns,
                1 - confidence,
                skew=skewness(returns) or 0.0,
                excess=excess_kurtosis(returns) or 0.0,
            )
        case _:
            assert_never(method)


def _historical(returns: Floats, share: float) -> TailLoss:
    """The quantile by linear interpolation, and the mean of the worst share, its last one in part."""
    ordered = np.sort(returns)
    count = share * len(ordered)
    whole = min(floor(count), len(ordered) - 1)
    beyond = (ordered[:whole].sum() + (count - whole) * ordered[whole]) / count
    # `+ 0.0` turns a loss of minus nothing into nothing.
    return TailLoss(-float(np.quantile(ordered, share)) + 0.0, -float(beyond) + 0.0)


def _cornish_fisher(returns: Floats, share: float, *, skew: float, excess: float) -> TailLoss:
    """Quantile of the normal law bent by skewness and kurtosis (Cornish and Fisher 1938); 0 and 0: normal.

    With z the normal quantile of `share`: z + (z²-1)S/6 + (z³-3z)K/24 - (2z³-5z)S²/36. The mean of the
    quantiles up to `share` follows by integrating term by term (Hermite polynomials).
    """
    z = NormalDist().inv_cdf(share)
    density = exp(-z * z / 2) / sqrt(2 * pi)
    quantile = z + (z**2 - 1) * skew / 6 + (z**3 - 3 * z) * excess / 24 - (2 * z**3 - 5 * z) * skew**2 / 36
    bend = 1 + z * skew / 6 + (z**2 - 1) * excess / 24 - (2 * z**2 - 1) * skew**2 / 36
    mean, spread = float(np.mean(returns)), deviation(returns)
    return TailLoss(-mean - spread * quantile, -mean + spread * bend * density / share)


def _mean_excess(returns: Floats, periods_per_year: float, risk_free: float) -> float:
    return float(np.mean(returns)) - risk_free / periods_per_year


def _standardised_moment(returns: Floats, order: int) -> float | None:
    spread = deviation(returns)
    if spread == 0:
        return None
    # In units of the deviation first: powers of tiny returns would underflow.
    from_mean = (returns - np.mean(returns)) / spread
    return float(np.mean(from_mean**order) / np.mean(from_mean**2) ** (order / 2))


def _ratio(gain: float, risk: float) -> float | None:
    return gain / risk if risk > 0 else None


def _check(returns: Floats) -> None:
    if len(returns) < 2:
        raise InvalidValue(f"{len(returns)} returns say nothing of risk; give at least two", "returns")
    for wrong in np.flatnonzero(~np.isfinite(returns) | (returns < -1)):
        raise InvalidValue(
            f"a return of {returns[wrong]:g} cannot be; it is a number from -1 up", f"returns[{wrong}]"
        )
    growing = np.log1p(returns[returns > 0]).sum()
    if growing > LARGEST_LOGARITHM:
        raise InvalidValue("these returns grow beyond what a number can hold", "returns")
