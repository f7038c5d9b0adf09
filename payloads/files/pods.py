"""The file `catalogue/pods.yaml`: what each pod may hold, what it aims for, within which limits."""

from math import comb
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from payloads.base import Etf, Fraction, Identifier, IsoDate, Real
from payloads.bounds import AimWeight
from payloads.files.written import Written
from payloads.pod_optimizer import WeightRange

MOST_ALLOCATIONS = 2_000_000

Penalty = Annotated[Real, Field(ge=0, le=1000)]


class Preservation(Written):
    """Expected return less half of `variance_penalty` times variance, less the drawdown's penalty."""

    kind: Literal["preserved_return"]
    variance_penalty: Penalty
    drawdown_penalty: Penalty


class Income(Written):
    """Distributions and franking credits after tax, less half of `variance_penalty` times variance.

    `marginal_rate` is taken where the client's is not given.
    """

    kind: Literal["after_tax_income"]
    variance_penalty: Penalty
    marginal_rate: Annotated[Fraction, Field(lt=1)]


class Growth(Written):
    """Expected return over the cash rate, divided by volatility."""

    kind: Literal["sharpe_ratio"]


class Opportunity(Written):
    """Expected return over that of the benchmark, a mapping of ETFs to weights."""

    kind: Literal["excess_return"]
    benchmark: dict[Etf, Fraction] = Field(min_length=1)

    @field_validator("benchmark")
    @classmethod
    def _whole(cls, benchmark: dict[str, float]) -> dict[str, float]:
        if abs(sum(benchmark.values()) - 1) > 1e-9:
            raise ValueError("the benchmark's weights must sum to 1")
        return benchmark


class PodDefinition(Written):
    """One pod. `agent` is who learns to run it; `algorithm` is what chooses its weights now.

    `max_weight` holds for every ETF, `weights` narrows it for single ones.
    """

    name: str = Field(min_length=1)
    agent: str = Field(min_length=1)
    algorithm: Literal["exact"]
    universe: list[Etf] = Field(min_length=3, max_length=8)
    max_weight: Annotated[Fraction, Field(gt=0)]
    weights: dict[Etf, WeightRange] = Field(default_factory=dict)
    max_volatility: Annotated[Real, Field(gt=0, le=5)]
    min_liquidity: Fraction = 0.0
    objective: Annotated[Preservation | Income | Growth | Opportunity, Field(discriminator="kind")]

    @model_validator(mode="after")
    def _of_one_universe(self) -> "PodDefinition":
        if len(set(self.universe)) != len(self.universe):
            raise ValueError("an ETF stands twice in the universe of the pod")
        for etf in self.weights:
            if etf not in self.universe:
                raise ValueError(f"weights: {etf} is not in the universe of the pod")
        return self


class RiskTolerance(Written):
    """The share of a pod's volatility ceiling that a client of risk score 0 has; at 100 it is whole."""

    ceiling_at_zero: Annotated[Fraction, Field(gt=0)]


class Horizon(Written):
    """Penalties are multiplied by `reference_years` over the client's horizon, within these bounds."""

    reference_years: Annotated[Real, Field(gt=0)]
    least: Annotated[Real, Field(gt=0)]
    most: Annotated[Real, Field(gt=0)]


class MasterEmphasis(Written):
    """How much each aim of the master portfolio counts."""

    pods: AimWeight
    duplication: AimWeight
    costs: AimWeight
    tax: AimWeight


class MasterSettings(Written):
    """What the master portfolio is optimised with where a call says nothing else."""

    emphasis: MasterEmphasis
    spread: Annotated[Fraction, Field(lt=1)]
    seconds_allowed: Annotated[Real, Field(gt=0, le=3600)]


class PodsFile(Written):
    """The pods and the master portfolio over them. Weights are multiples of `grid`."""

    description: str
    source: str
    as_of: IsoDate
    grid: Annotated[Real, Field(gt=0, le=0.05)]
    risk_tolerance: RiskTolerance
    horizon: Horizon
    pods: dict[Identifier, PodDefinition] = Field(min_length=1)
    master: MasterSettings

    @model_validator(mode="after")
    def _grid_can_be_searched(self) -> "PodsFile":
        steps = round(1 / self.grid)
        if abs(steps * self.grid - 1) > 1e-9:
            raise ValueError(f"grid {self.grid:g} does not divide 1")
        for name, pod in self.pods.items():
            allocations = comb(steps + len(pod.universe) - 1, steps)
            if allocations > MOST_ALLOCATIONS:
                raise ValueError(
                    f"pods.{name}: a grid of {self.grid:g} over {len(pod.universe)} ETFs has {allocations} "
                    f"allocations, at most {MOST_ALLOCATIONS} are searched; take a coarser grid or fewer ETFs"
                )
        return self
