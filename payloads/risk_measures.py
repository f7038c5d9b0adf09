"""Measures of risk of a series of returns, and the test of a VaR."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from payloads.base import Fraction, Payload, Real, Whole
from payloads.entry import DeclaredError, Entry

Confidence = Annotated[Real, Field(gt=0, lt=1, description="0.95: exceeded in one period of twenty")]
Return = Annotated[Real, Field(ge=-1, le=1000)]
"""A simple return of one period: -0.02 is a loss of two percent."""


class MeasureRisk(Payload):
    """Simple returns a period, oldest first, and how to read them."""

    returns: list[Return] = Field(min_length=2, max_length=200_000)
    confidence: Confidence = 0.95
    method: Literal["historical", "normal", "cornish_fisher"] = Field(
        "historical", description="of VaR and CVaR"
    )
    periods_per_year: Annotated[Real, Field(gt=0, le=10_000)] = 252.0
    risk_free: Annotated[Real, Field(gt=-1, lt=10, description="a year's")] = 0.0


class RiskMeasures(Payload):
    """Losses are positive. Volatility and ratios are of a year; VaR, CVaR and drawdown are not.

    Deviations are of the sample (n-1), Sortino divides by the root mean square of shortfalls over all
    n, Calmar is compound yearly return over maximum drawdown; skewness and kurtosis are moments of the
    population.
    """

    volatility: Real
    var: Real = Field(description="of one period; negative where even the tail gains")
    cvar: Real = Field(description="mean loss beyond the VaR")
    max_drawdown: Fraction
    sharpe_ratio: Real | None = Field(description="null where all returns are the same")
    sortino_ratio: Real | None = Field(description="null without a return below the risk-free rate")
    calmar_ratio: Real | None = Field(description="null without a drawdown")
    skewness: Real | None = Field(description="null where all returns are the same")
    excess_kurtosis: Real | None = Field(description="null where all returns are the same")


class BacktestVar(Payload):
    """How many periods were observed, and in how many of them the loss was above its VaR."""

    observations: Whole = Field(ge=1, le=10**9)
    exceptions: Whole = Field(ge=0, le=10**9)
    confidence: Confidence
    significance: Annotated[Real, Field(gt=0, lt=1, description="of a right VaR, rejected by chance")] = 0.05

    @field_validator("exceptions")
    @classmethod
    def _of_the_observations(cls, exceptions: int, info: ValidationInfo) -> int:
        observations = info.data.get("observations", exceptions)
        if exceptions > observations:
            raise ValueError(f"{exceptions} of {observations} observations; there are at most as many")
        return exceptions


class VarVerdict(Payload):
    """Kupiec's test of unconditional coverage: too many exceptions, or too few."""

    likelihood_ratio: Annotated[Real, Field(ge=0)]
    p_value: Fraction = Field(description="how likely so large a ratio is of a right VaR")
    rejected: bool


ENTRIES = (
    Entry(
        "risk.measure",
        "Measure volatility, tail losses, drawdown and return for risk of a series of returns",
        MeasureRisk,
        RiskMeasures,
        errors=(DeclaredError("InvalidValue", "these returns cannot be measured; says which"),),
    ),
    Entry(
        "risk.backtest_var",
        "Test whether a VaR was exceeded as often as its confidence says (Kupiec)",
        BacktestVar,
        VarVerdict,
        errors=(DeclaredError("InvalidValue", "more exceptions than observations"),),
    ),
)
