"""From what the pods ask for to the one portfolio that is traded."""

from math import fsum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from payloads.base import Amount, Etf, Fraction, Identifier, Money, Payload, Real, Whole
from payloads.bounds import AimWeight
from payloads.consolidation import WEIGHTS_TOLERANCE, PodHoldings
from payloads.entry import DeclaredError, Effect, Entry, Role
from payloads.group_limits import GroupLimit
from payloads.market import (
    DAMAGED_SNAPSHOT,
    UNKNOWN_ETF,
    UNKNOWN_SNAPSHOT,
    AssetFigures,
    SnapshotDigest,
)


def _at_most_one(held: dict[str, float]) -> dict[str, float]:
    total = fsum(held.values())
    if total > 1 + WEIGHTS_TOLERANCE + 1e-12:
        raise ValueError(f"the weights sum to {total:.6f}; they may sum to 1 at most")
    return held


CurrentWeights = Annotated[dict[Etf, Fraction], AfterValidator(_at_most_one)]
"""Weights held now: they sum to 1 at most, within 0.000001; the rest is cash."""

PositiveOrZero = Annotated[Real, Field(ge=0)]


class PodAsk(PodHoldings):
    """What a pod asked for, and what must stay true of it. Floors and ceiling are of a year."""

    min_return: Annotated[Real, Field(gt=-1, lt=10)] | None = None
    max_volatility: Annotated[Real, Field(gt=0, le=5)] | None = None
    min_yield: Fraction | None = None
    min_liquidity: Fraction | None = None


class Covariance(Payload):
    """Yearly covariance of returns: rows and columns in the order of `assets`."""

    assets: list[Etf] = Field(min_length=1, max_length=500)
    matrix: list[list[Real]] = Field(min_length=1, max_length=500)

    @model_validator(mode="after")
    def _square(self) -> "Covariance":
        size = len(self.assets)
        if len(set(self.assets)) != size:
            raise ValueError("an ETF stands twice in assets")
        if len(self.matrix) != size or any(len(row) != size for row in self.matrix):
            raise ValueError(f"the matrix must have {size} rows of {size} numbers, one for each of assets")
        return self


class HoldingLimits(Payload):
    """Limits of the whole portfolio; what is left out is as the catalogue has it.

    Weights keep them to a millionth. Where the money is so little that whole cents leave no room for
    that, a holding may be beyond its limit by a cent for each pod.
    """

    max_etfs: Annotated[Whole, Field(ge=1, le=500)] | None = None
    max_weight: Annotated[Fraction, Field(gt=0)] | None = None
    min_weight: Fraction | None = Field(None, description="of an ETF that is held at all")


class Emphasis(Payload):
    """How much each aim counts; what is left out is as the catalogue has it."""

    pods: AimWeight | None = None
    duplication: AimWeight | None = None
    costs: AimWeight | None = None
    tax: AimWeight | None = None


class TradingCosts(Payload):
    """An order costs `brokerage` and half the `spread` on its value."""

    brokerage: Annotated[Money, Field(ge=0)] | None = None
    spread: Annotated[Fraction, Field(lt=1)] | None = None


class OptimizePortfolio(Payload):
    """The pods, the figures of their ETFs, and the limits of the whole.

    Without `assets`, and without `covariance` where a pod has a volatility ceiling, figures come
    from the catalogue's universe and the snapshot (the newest stored one if none is named).
    `current` are weights held now over the same total, of ETFs that have figures: what stays the
    same is not traded.
    """

    pods: dict[Identifier, PodAsk] = Field(min_length=1)
    assets: dict[Etf, AssetFigures] | None = None
    covariance: Covariance | None = None
    current: CurrentWeights = Field(default_factory=dict)
    limits: HoldingLimits = Field(default_factory=HoldingLimits)
    groups: list[GroupLimit] = Field(
        default_factory=list, max_length=100, description="of the whole portfolio, such as its sectors"
    )
    substitutes: dict[Identifier, Annotated[list[Etf], Field(max_length=500)]] = Field(
        default_factory=dict,
        description="what a pod may hold besides where no portfolio of what was asked for keeps the limits; "
        "where these do not suffice either, every pod may hold those of all",
    )
    emphasis: Emphasis = Field(default_factory=Emphasis)
    costs: TradingCosts = Field(default_factory=TradingCosts)
    snapshot: SnapshotDigest | None = None

    @field_validator("substitutes")
    @classmethod
    def _of_pods(cls, substitutes: dict[str, list[str]], info: ValidationInfo) -> dict[str, list[str]]:
        if strangers := sorted(substitutes.keys() - info.data.get("pods", substitutes).keys()):
            raise ValueError(f"{strangers[0]} is none of the pods")
        return substitutes


class MasterHolding(Payload):
    """One ETF of the master portfolio; `consolidated` if more than one pod asked for it."""

    weight: Fraction
    value: Amount
    pods: list[Identifier] = Field(description="that hold it")
    consolidated: bool


class OptimizationMetrics(Payload):
    """How good the answer is, and how sure: `objective` is at most `gap` above the best possible.

    `bound` is proven: no portfolio within the limits has a lower objective. `gap` is their
    difference; what remains of it after a proof is the rounding of amounts to cents.
    """

    pod_objectives_preserved: bool
    duplication_eliminated: int
    transaction_cost: Amount
    tax_efficiency_score: Fraction
    objective: Real
    bound: Real
    gap: PositiveOrZero
    seconds: PositiveOrZero


class MasterFinding(Payload):
    """What limits kept from the pods.

    group_limit: they asked for more, or less, of a group together than it may weigh; not_asked_for: a pod
    holds an ETF in the place of what it asked for.
    """

    code: Literal["group_limit", "not_asked_for"]
    text: str


class MasterPortfolio(Payload):
    """What to hold. `by_pod` are amounts: each pod's sum is its capital, each ETF's its value.

    `weights` and `values` say the same as `master_portfolio`, in the form that later steps take.
    """

    master_portfolio: dict[Etf, MasterHolding]
    weights: dict[Etf, Fraction]
    values: dict[Etf, Amount]
    by_pod: dict[Identifier, dict[Etf, Amount]]
    total_etfs: int
    total_value: Amount
    optimization_metrics: OptimizationMetrics
    findings: list[MasterFinding]


ENTRIES = (
    Entry(
        "portfolio.optimize",
        "Find the portfolio nearest to what the pods asked for with few, cheap and tax-efficient ETFs",
        OptimizePortfolio,
        MasterPortfolio,
        Effect.READS,
        Role.COMPUTE,
        errors=(
            DeclaredError("Infeasible", "no portfolio keeps all limits; says which clash"),
            DeclaredError("NothingToInvest", "the pods have no capital"),
            DeclaredError("InvalidCovariance", "the covariance lacks an ETF or is not positive semidefinite"),
            DeclaredError("NoProof", "no answer was found in the time allowed", retryable=True),
            UNKNOWN_ETF,
            UNKNOWN_SNAPSHOT,
            DAMAGED_SNAPSHOT,
        ),
        files=("fees", "limits", "market", "pods", "universe"),
    ),
)
