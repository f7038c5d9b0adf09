"""What the pods aim for: each objective scores many allocations at once.

`value` is the objective itself; `bound` is never below it and cheap, so that a search need not
measure every allocation. Rows of `weights` are allocations, columns the ETFs of the pod.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engines.estimates import Estimates, max_drawdown, volatility

Floats = NDArray[np.float64]


class PodObjective(Protocol):
    """A number to make as large as possible."""

    @property
    def name(self) -> str:
        """What the number is called in answers."""

    def bound(self, weights: Floats, estimates: Estimates) -> Floats:
        """A number not below `value`, for each allocation."""

    def value(self, weights: Floats, estimates: Estimates) -> Floats:
        """The objective of each allocation."""


@dataclass(frozen=True, slots=True)
class PreservedReturn:
    """w'μ - ½·variance_penalty·w'Σw - drawdown_penalty·(largest fall in the history)."""

    variance_penalty: float
    drawdown_penalty: float
    name: str = "preserved_return"

    def bound(self, weights: Floats, estimates: Estimates) -> Floats:
        """The value as if nothing had ever fallen."""
        return _return_less_variance(
            weights, estimates.expected_return, estimates.covariance, self.variance_penalty
        )

    def value(self, weights: Floats, estimates: Estimates) -> Floats:
        """The objective of each allocation."""
        fall = max_drawdown(weights, estimates.returns)
        return self.bound(weights, estimates) - self.drawdown_penalty * fall


@dataclass(frozen=True, slots=True)
class AfterTaxIncome:
    """w'a - ½·variance_penalty·w'Σw, where `income` a is each ETF's income a year after tax."""

    income: Floats
    variance_penalty: float
    name: str = "after_tax_income"

    def bound(self, weights: Floats, estimates: Estimates) -> Floats:
        """The value: it is cheap already."""
        return self.value(weights, estimates)

    def value(self, weights: Floats, estimates: Estimates) -> Floats:
        """The objective of each allocation."""
        return _return_less_variance(weights, self.income, estimates.covariance, self.variance_penalty)


@dataclass(frozen=True, slots=True)
class SharpeRatio:
    """(w'μ - cash_rate) / √(w'Σw), what differential Sharpe learning climbs; without risk, -∞."""

    cash_rate: float
    name: str = "sharpe_ratio"

    def bound(self, weights: Floats, estimates: Estimates) -> Floats:
        """The value: it is cheap already."""
        return self.value(weights, estimates)

    def value(self, weights: Floats, estimates: Estimates) -> Floats:
        """The objective of each allocation."""
        risk = volatility(weights, estimates.covariance)
        excess = weights @ estimates.expected_return - self.cash_rate
        ratio: Floats = np.divide(excess, risk, out=np.full(risk.shape, -np.inf), where=risk > 0)
        return ratio


@dataclass(frozen=True, slots=True)
class ExcessReturn:
    """w'μ less the benchmark's expected return."""

    benchmark_return: float
    name: str = "excess_return"

    def bound(self, weights: Floats, estimates: Estimates) -> Floats:
        """The value: it is cheap already."""
        return self.value(weights, estimates)

    def value(self, weights: Floats, estimates: Estimates) -> Floats:
        """The objective of each allocation."""
        excess: Floats = weights @ estimates.expected_return - self.benchmark_return
        return excess


def after_tax_income(
    yields: Floats, franking: Floats, *, marginal_rate: float, company_rate: float
) -> Floats:
    """Income a year that a taxpayer keeps: distributions and their franking credits, less tax on both.

    A franked dollar carries a credit of company_rate / (1 - company_rate); a credit above the tax due
    is refunded, as it is to Australian individuals and super funds.
    """
    credits = franking_credits(yields, franking, company_rate)
    kept: Floats = (yields + credits) * (1 - marginal_rate)
    return kept


def franking_credits(yields: Floats, franking: Floats, company_rate: float) -> Floats:
    """Credits a year of each ETF, as a share of its price."""
    credits: Floats = yields * franking * company_rate / (1 - company_rate)
    return credits


def _return_less_variance(weights: Floats, reward: Floats, covariance: Floats, penalty: float) -> Floats:
    score: Floats = weights @ reward - penalty / 2 * volatility(weights, covariance) ** 2
    return score
