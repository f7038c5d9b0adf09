"""Optimising one pod: which ETFs of its universe to hold for its objective, within its limits."""

from typing import Annotated

from pydantic import Field, model_validator

from payloads.base import Etf, Fraction, Identifier, Money, Payload, Real, Whole
from payloads.entry import DeclaredError, Effect, Entry, Role
from payloads.market import DAMAGED_SNAPSHOT, UNKNOWN_ETF, UNKNOWN_SNAPSHOT, SnapshotDigest


def _is_absent(value: object) -> bool:
    return value is None


class WeightRange(Payload):
    """How little and how much of the pod one ETF may be."""

    min: Fraction = 0.0
    max: Fraction = 1.0

    @model_validator(mode="after")
    def _in_order(self) -> "WeightRange":
        if self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}")
        return self


class PodLimits(Payload):
    """Limits beside the pod's own; of two limits on one thing the tighter holds."""

    max_weight: Annotated[Fraction, Field(gt=0, description="of any one ETF")] | None = None
    max_volatility: Annotated[Real, Field(gt=0, le=5, description="a year")] | None = None
    min_liquidity: Fraction | None = Field(None, description="of the pod, weighted")
    weights: dict[Etf, WeightRange] = Field(default_factory=dict, description="of single ETFs")
    exclude: list[Etf] = Field(default_factory=list, max_length=500, description="ETFs not to hold")


class OptimizePod(Payload):
    """One pod and the client it is for.

    A lower `risk_score` lowers the volatility ceiling, a shorter `horizon_years` raises the
    penalties on risk, `marginal_rate` taxes income; how much is in the catalogue's pods.yaml.
    Without `snapshot` the newest stored one is taken, and the answer names it.
    """

    pod: Identifier
    capital: Annotated[Money, Field(ge=0)]
    horizon_years: Annotated[Real, Field(gt=0, le=100)] | None = None
    risk_score: Annotated[Real, Field(ge=0, le=100)] | None = None
    marginal_rate: Annotated[Fraction, Field(lt=1)] | None = None
    snapshot: SnapshotDigest | None = None
    limits: PodLimits = Field(default_factory=PodLimits)
    seed: Whole = Field(0, ge=0, lt=2**63, description="of an agent's draws; the exact optimum needs none")


class Objective(Payload):
    """The pod's objective at the allocation: `ratio` is its share of `exact`, the true optimum.

    Where the optimum is negative, the ratio is 1 less the shortfall over its size.
    """

    name: str
    value: Real
    exact: Real
    ratio: Real


class OptimizedPod(Payload):
    """What the pod should hold, and what is expected of it.

    `agent`, `algorithm`, `agent_confidence` (share of held-out episodes in which it beats the best simple
    baseline) and `policy_digest` are of the trained policy that chose the allocation; without one trained
    for this snapshot, `algorithm` is exact and the others are null.

    Returns and volatility are of a year; `max_drawdown` is the largest fall of these weights over
    the snapshot's history, positive. Weights are multiples of 0.000001 and sum to 1.
    """

    pod_id: Identifier
    pod_name: str
    agent: str | None
    algorithm: str
    allocation: dict[Etf, Fraction]
    expected_return: Real
    expected_volatility: Real
    sharpe_ratio: Real | None = Field(description="over the catalogue's cash rate; null without volatility")
    max_drawdown: Fraction
    agent_confidence: Fraction | None
    objective: Objective
    snapshot: SnapshotDigest
    seed: int
    universe: list[Etf] = Field(description="what the pod may hold")
    policy_digest: str | None
    liquidity_score: Fraction | None = Field(
        None, exclude_if=_is_absent, description="POD1: liquidity of the ETFs, weighted"
    )
    expected_yield: Real | None = Field(
        None, exclude_if=_is_absent, description="POD2: distributions a year over capital"
    )
    franking_credits: Real | None = Field(
        None, exclude_if=_is_absent, description="POD2: credits a year over capital"
    )
    diversification_score: Fraction | None = Field(
        None, exclude_if=_is_absent, description="POD3: 1 less the sum of squared weights"
    )
    expected_alpha: Real | None = Field(
        None, exclude_if=_is_absent, description="POD4: expected return less the benchmark's"
    )


ENTRIES = (
    Entry(
        "pods.optimize",
        "Choose the ETFs and weights of one pod that are best for its objective within its limits",
        OptimizePod,
        OptimizedPod,
        Effect.READS,
        Role.COMPUTE,
        errors=(
            DeclaredError("UnknownPod", "the catalogue has no such pod"),
            DeclaredError("Infeasible", "no allocation keeps all limits; says which clash"),
            UNKNOWN_ETF,
            UNKNOWN_SNAPSHOT,
            DAMAGED_SNAPSHOT,
        ),
        files=("agents", "market", "pods", "tax_au", "universe"),
    ),
)
