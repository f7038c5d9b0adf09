"""Constructing a portfolio from a universe: the objective, the limits, and how good the answer is."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from payloads.base import Fraction, Identifier, Payload, Real, Whole, repeated
from payloads.entry import DeclaredError, Entry, Role

MOST_ASSETS = 500
LARGEST = 1e4
NUMBERS = frozenset((Decimal, float, int))
Figures = dict[Identifier, Real]


def _at_once(matrix: Any, one_by_one: ValidatorFunctionWrapHandler) -> list[list[float]]:
    """A matrix of plain numbers row by row, a quarter of a million of them without delay.

    Anything else goes to `one_by_one`, which says what is wrong and where.
    """
    if isinstance(matrix, list) and all(_is_plain(row) for row in matrix):
        return [list(map(float, row)) for row in matrix]
    checked: list[list[float]] = one_by_one(matrix)
    return checked


def _is_plain(row: Any) -> bool:
    if not isinstance(row, list) or not NUMBERS.issuperset(map(type, row)):
        return False
    try:
        return all(-LARGEST <= number <= LARGEST for number in row)
    except InvalidOperation:  # A decimal that is not a number compares with none.
        return False


Matrix = Annotated[
    list[list[Annotated[Real, Field(ge=-LARGEST, le=LARGEST)]]],
    Field(min_length=2, max_length=MOST_ASSETS),
    WrapValidator(_at_once),
]


class Span(Payload):
    """From `min` to `max`, both within; a side left out is open."""

    min: Real | None = None
    max: Real | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Span":
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}")
        return self


class Group(Payload):
    """How little and how much some assets may weigh together."""

    assets: list[Identifier] = Field(min_length=1, max_length=MOST_ASSETS)
    min: Fraction = 0.0
    max: Fraction = 1.0

    @model_validator(mode="after")
    def _in_order(self) -> "Group":
        if self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}")
        return self


class Tilt(Span):
    """A factor: `min` and `max` limit the portfolio's weighted exposure, `assets` leaves assets out."""

    factor: Identifier
    exposures: Figures = Field(min_length=1, description="of each asset; one that is not named has 0")
    assets: Span = Field(default_factory=Span, description="assets whose exposure is outside are left out")


class EsgFilter(Payload):
    """Scores of assets, as high as they are good; what is below, or has no score, is left out."""

    scores: Figures
    min_score: Real = Field(description="of each asset")
    min_average: Real | None = Field(None, description="of the portfolio, weighted")
    unscored: Literal["exclude", "keep"] = Field(
        "exclude", description="keep: assets without a score stay, and count as min_score in the average"
    )


class ConstructPortfolio(Payload):
    """A universe, what is best, and the limits.

    Vectors and matrix are in the order of `assets`; returns and covariance are of a year. Weights are 0
    or from `min_weight` to `max_weight`, sum to 1, and at most `max_assets` are not 0. Risk parity holds
    every asset that is not left out: it takes `min_weight` as a floor and `max_weight` as a cap of each,
    and other limits only where its one answer keeps them.
    """

    assets: list[Identifier] = Field(min_length=2, max_length=MOST_ASSETS)
    expected_returns: list[Annotated[Real, Field(ge=-1, le=100)]] = Field(
        min_length=2, max_length=MOST_ASSETS
    )
    covariance: Matrix
    objective: Literal["min_variance", "max_sharpe", "max_utility", "risk_parity"]
    target_return: Annotated[Real, Field(ge=-1, le=100, description="the least expected return")] | None = (
        None
    )
    risk_free: Annotated[Real, Field(gt=-1, lt=10, description="a year's")] = 0.0
    risk_aversion: Annotated[
        Real, Field(gt=0, le=1e6, description="of max_utility: μ'w - ½·risk_aversion·w'Σw")
    ] = 1.0
    min_weight: Fraction = Field(0.0, description="of what is held")
    max_weight: Annotated[Fraction, Field(gt=0, description="of any one asset")] = 1.0
    max_assets: Annotated[Whole, Field(ge=1, le=MOST_ASSETS, description="that are held")] | None = None
    exclude: list[Identifier] = Field(default_factory=list, max_length=MOST_ASSETS)
    groups: list[Group] = Field(default_factory=list, max_length=100)
    tilts: list[Tilt] = Field(default_factory=list, max_length=20)
    esg: EsgFilter | None = None

    @field_validator("assets")
    @classmethod
    def _each_once(cls, assets: list[str]) -> list[str]:
        if (twice := repeated(assets)) is not None:
            raise ValueError(f"{twice} stands twice")
        return assets

    @field_validator("expected_returns")
    @classmethod
    def _one_each(cls, returns: list[float], info: ValidationInfo) -> list[float]:
        size = len(info.data.get("assets", returns))
        if len(returns) != size:
            raise ValueError(f"{len(returns)} numbers for {size} assets; give one for each")
        return returns

    @field_validator("covariance")
    @classmethod
    def _square(cls, matrix: list[list[float]], info: ValidationInfo) -> list[list[float]]:
        size = len(info.data.get("assets", matrix))
        if len(matrix) != size or any(len(row) != size for row in matrix):
            raise ValueError(f"{size} rows of {size} numbers were expected, one for each of assets")
        return matrix


class ConstructedPortfolio(Payload):
    """The best weights found, and how sure it is that they are.

    `objective_value` is the variance, Sharpe ratio or utility reached, for risk parity the largest
    distance of an asset's share of the variance from the common one (of assets between floor and cap).
    `bound` is proven: no portfolio within the limits has a better one; `gap` is what lies between.
    """

    weights: dict[Identifier, Fraction] = Field(description="of what is held; they sum to 1")
    expected_return: Real
    volatility: Annotated[Real, Field(ge=0)]
    sharpe_ratio: Real | None = Field(description="over risk_free; null without volatility")
    objective_value: Real | None = Field(description="null where a Sharpe ratio has no end")
    bound: Real | None = Field(description="in terms of the objective; null where it has none")
    gap: Annotated[Real, Field(ge=0)] | None = Field(description="null where there is a value and no bound")
    status: Literal["optimal", "feasible"] = Field(
        description="optimal: proven, the gap is nothing but rounding; feasible: within gap of the best"
    )


ENTRIES = (
    Entry(
        "portfolio.construct",
        "Choose the weights of a universe's assets that are best for an objective within limits",
        ConstructPortfolio,
        ConstructedPortfolio,
        role=Role.COMPUTE,
        errors=(
            DeclaredError("Infeasible", "no portfolio keeps all limits; names those that clash"),
            DeclaredError("NoPositiveExcessReturn", "max_sharpe where nothing returns more than risk_free"),
            DeclaredError("NotPositiveSemidefinite", "the covariance is none"),
            DeclaredError("UnknownAsset", "a limit names what is not in assets"),
            DeclaredError("InvalidValue", "an asset without risk, asked to share it equally"),
            DeclaredError("NotSolved", "no answer passed the checks against its own limits"),
        ),
    ),
)
