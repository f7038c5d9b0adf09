"""Measures of risk, and the test of a VaR."""

import numpy as np

from activities.context import Context
from activities.registry import implements
from engines import risk_measures
from engines.var_backtest import kupiec
from payloads.risk_measures import BacktestVar, MeasureRisk, RiskMeasures, VarVerdict


@implements("risk.measure")
def measure(ask: MeasureRisk, context: Context) -> RiskMeasures:
    """Measure one series of returns."""
    found = risk_measures.measure(
        np.array(ask.returns),
        confidence=ask.confidence,
        method=ask.method,
        periods_per_year=ask.periods_per_year,
        risk_free=ask.risk_free,
    )
    return RiskMeasures(
        volatility=found.volatility,
        var=found.tail.var,
        cvar=found.tail.cvar,
        max_drawdown=found.max_drawdown,
        sharpe_ratio=found.sharpe_ratio,
        sortino_ratio=found.sortino_ratio,
        calmar_ratio=found.calmar_ratio,
        skewness=found.skewness,
        excess_kurtosis=found.excess_kurtosis,
    )


@implements("risk.backtest_var")
def backtest_var(ask: BacktestVar, context: Context) -> VarVerdict:
    """Hold the exceptions of a VaR against its confidence."""
    found = kupiec(ask.observations, ask.exceptions, ask.confidence, significance=ask.significance)
    return VarVerdict(likelihood_ratio=found.likelihood_ratio, p_value=found.p_value, rejected=found.rejected)
