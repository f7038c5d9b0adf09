"""The file `catalogue/market.yaml`: how market data is read, estimated from and simulated."""

from collections.abc import Iterable, Mapping
from math import isclose
from typing import Annotated

from pydantic import Field, model_validator

from payloads.base import Etf, Fraction, Identifier, IsoDate, Real
from payloads.files.written import Written

Volatility = Annotated[Real, Field(ge=0, le=5)]


class CashRate(Written):
    """What money earns without risk, a year."""

    value: Annotated[Real, Field(gt=-0.1, lt=1)]
    unit: str
    source: str


class Estimates(Written):
    """How yearly figures come from daily prices; `prior_years` weighs the class's expected return."""

    sessions_per_year: int = Field(ge=1, le=366)
    prior_years: Annotated[Real, Field(ge=0)]
    least_sessions: int = Field(20, ge=2, description="prices that a fund must have to be kept in a snapshot")


class Regime(Written):
    """A state of the market: where it moves to from one day to the next, and how it shakes prices."""

    next: dict[Identifier, Fraction]
    volatility: Annotated[Real, Field(gt=0, le=100)]
    drift: dict[Identifier, Real]


class Simulation(Written):
    """The simulated market; every path starts at `first_session`."""

    seed: int = Field(ge=0, lt=2**63)
    first_session: IsoDate
    history_sessions: int = Field(ge=20, le=20_000)
    tail_degrees: Annotated[Real, Field(gt=2, le=1000)]
    factors: list[Identifier] = Field(min_length=1)
    regimes: dict[Identifier, Regime] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> "Simulation":
        check_chain({name: regime.next for name, regime in self.regimes.items()}, "regimes")
        for name, regime in self.regimes.items():
            _refuse_unknown(regime.drift, self.factors, f"regimes.{name}.drift")
        return self


class AssetClass(Written):
    """What is expected of a class before fees, and where its volatility comes from."""

    expected_return: Annotated[Real, Field(gt=-1, lt=10)]
    loadings: dict[Identifier, Volatility]
    group: Volatility = Field(description="shared by funds of one exposure group")
    own: Volatility
    ex_months: list[Annotated[int, Field(ge=1, le=12)]] = Field(
        [], description="months on whose first session units go ex; none: the yield leaves the price unseen"
    )


class RegimeState(Written):
    """One regime of the market watched: a year's volatility and return in it, and where a day leads."""

    volatility: Annotated[Real, Field(gt=0, le=5)]
    return_: Annotated[Real, Field(alias="return", gt=-5, lt=5)]
    next: dict[Identifier, Fraction]


class RegimeWatch(Written):
    """Which portfolio's returns tell the regime, and what each regime looks like, the calmest first."""

    source: str
    as_of: IsoDate
    portfolio: dict[Etf, Fraction] = Field(min_length=1)
    tail_degrees: Annotated[Real, Field(gt=2, le=1000)]
    states: dict[Identifier, RegimeState] = Field(min_length=2, max_length=6)

    @model_validator(mode="after")
    def _whole(self) -> "RegimeWatch":
        check_sum(self.portfolio.values(), "portfolio")
        check_chain({name: state.next for name, state in self.states.items()}, "states")
        calmest = [state.volatility for state in self.states.values()]
        if calmest != sorted(calmest):
            raise ValueError("states must rise in volatility, the calmest first")
        return self


class MarketPortfolio(Written):
    """What all investors together are taken to hold, and what it earns above cash a year."""

    source: str
    as_of: IsoDate
    premium: Annotated[Real, Field(gt=0, lt=1)]
    weights: dict[Etf, Fraction] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> "MarketPortfolio":
        check_sum(self.weights.values(), "weights")
        return self


class VolatilityWatch(Written):
    """When the market's volatility over its last sessions has risen sharply above its usual one."""

    since: IsoDate
    source: str
    recent_sessions: int = Field(ge=5, le=1000)
    usual_sessions: int = Field(ge=10, le=20_000)
    spike: Annotated[Real, Field(gt=1, le=100, description="as many times the usual one")]

    @model_validator(mode="after")
    def _apart(self) -> "VolatilityWatch":
        if self.usual_sessions <= self.recent_sessions:
            raise ValueError("usual_sessions must be more than recent_sessions")
        return self


class MarketFile(Written):
    """Market data, estimates and the simulated market."""

    description: str
    source: str
    as_of: IsoDate
    cash_rate: CashRate
    calendar: str = Field(min_length=1)
    max_age_sessions: int = Field(ge=0, le=1000)
    default_as_of: IsoDate
    estimates: Estimates
    simulation: Simulation
    classes: dict[Identifier, AssetClass] = Field(min_length=1)
    regimes: RegimeWatch | None = None
    market_portfolio: MarketPortfolio | None = None
    volatility_watch: VolatilityWatch | None = None

    @model_validator(mode="after")
    def _known_factors(self) -> "MarketFile":
        for name, asset_class in self.classes.items():
            _refuse_unknown(asset_class.loadings, self.simulation.factors, f"classes.{name}.loadings")
        return self


def check_chain(chain: Mapping[str, Mapping[str, float]], where: str) -> None:
    """ValueError unless each state's next states are all states, with chances that sum to 1."""
    for name, following in chain.items():
        if set(following) != set(chain):
            raise ValueError(f"{where}.{name}.next must name each of {', '.join(chain)}")
        check_sum(following.values(), f"{where}.{name}.next")


def check_sum(shares: Iterable[float], where: str) -> None:
    """ValueError unless the shares sum to 1."""
    if not isclose(sum(shares), 1, abs_tol=1e-9):
        raise ValueError(f"{where} must sum to 1")


def _refuse_unknown(named: dict[str, float], factors: list[str], where: str) -> None:
    for name in named:
        if name not in factors:
            raise ValueError(f"{where}: {name} is not one of the factors {', '.join(factors)}")
