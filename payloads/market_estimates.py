"""What a snapshot says of the future: expected returns, covariances, and the market's regime."""

from math import isclose
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from payloads.base import Etf, Flag, Fraction, Identifier, IsoDate, Payload, Real, repeated
from payloads.entry import DeclaredError, Effect, Entry, Role
from payloads.market import DAMAGED_SNAPSHOT, UNKNOWN_ETF, UNKNOWN_SNAPSHOT, SnapshotDigest, YearlyReturn

Volatility = Annotated[Real, Field(ge=0)]


def _sum_to_one(weights: dict[str, float]) -> dict[str, float]:
    if not isclose(sum(weights.values()), 1, abs_tol=1e-6):
        raise ValueError(f"the weights must add up to 1; they add up to {sum(weights.values()):g}")
    return weights


Portfolio = Annotated[dict[Etf, Fraction], Field(min_length=1, max_length=60), AfterValidator(_sum_to_one)]


class AskEstimates(Payload):
    """ETFs whose expected returns and covariance are wanted, and by which methods."""

    etfs: list[Etf] = Field(min_length=1, max_length=60)
    snapshot: SnapshotDigest | None = Field(None, description="the newest when left out")
    return_method: Literal["house", "historical", "shrunk", "equilibrium"] = Field(
        "house",
        description="house: history against the class's expectation; historical: the mean of the past; "
        "shrunk: Bayes-Stein; equilibrium: by beta to the market portfolio",
    )
    covariance_method: Literal["sample", "ledoit_wolf", "oracle_approximating", "constant_correlation"] = (
        Field("constant_correlation", description="what the sample covariance is shrunk to")
    )
    market_portfolio: Portfolio | None = Field(
        None, description="weights that equilibrium returns are read from; the catalogue's when left out"
    )

    @field_validator("etfs")
    @classmethod
    def _each_once(cls, etfs: list[str]) -> list[str]:
        if (twice := repeated(etfs)) is not None:
            raise ValueError(f"{twice} stands twice")
        return etfs


class MarketEstimates(Payload):
    """Figures of a year in the order of `assets`, as `portfolio.construct` takes them."""

    assets: list[Etf]
    expected_returns: list[YearlyReturn]
    volatilities: list[Volatility]
    covariance: list[list[Real]]
    return_method: str
    covariance_method: str
    covariance_intensity: Fraction = Field(description="share of the target in the covariance")
    return_intensity: Fraction | None = Field(description="share of the target in shrunk means; else null")
    observations: int = Field(description="daily returns that they rest on")
    snapshot: SnapshotDigest
    as_of: IsoDate
    simulated: Flag


class AskRegime(Payload):
    """Whose returns the regime is read from, and by which model."""

    snapshot: SnapshotDigest | None = Field(None, description="the newest when left out")
    portfolio: Portfolio | None = Field(None, description="weights; the catalogue's when left out")
    method: Literal["house", "fitted"] = Field(
        "house", description="house: the catalogue's regimes; fitted: those most likely in this snapshot"
    )


class RegimeFigures(Payload):
    """What a regime looks like: volatility and return of a year, and the share of days spent in it."""

    volatility: Volatility
    return_: Real = Field(alias="return")
    share: Fraction


class Spell(Payload):
    """Sessions in one regime without a break, told with hindsight."""

    regime: Identifier
    first: IsoDate
    last: IsoDate
    sessions: int


class MarketRegime(Payload):
    """The likeliest regime on the snapshot's day, from what was known then, and how it came there.

    `since` is when the last spell began; `history` has the latest spells, the newest last.
    """

    regime: Identifier
    probabilities: dict[Identifier, Fraction]
    since: IsoDate
    sessions: int
    volatility: Volatility = Field(description="of a year, over the regimes by their probability")
    regimes: dict[Identifier, RegimeFigures]
    history: list[Spell]
    method: str
    snapshot: SnapshotDigest
    as_of: IsoDate
    simulated: Flag


_BAD_RETURNS = DeclaredError("BadReturns", "too few rows, or assets that copy each other or never move")
_NOT_CONFIGURED = DeclaredError("NotConfigured", "the release's market.yaml does not have what is asked for")

ENTRIES = (
    Entry(
        "market.estimate",
        "Expected returns and covariance of some ETFs, by named methods",
        AskEstimates,
        MarketEstimates,
        Effect.READS,
        Role.COMPUTE,
        errors=(
            UNKNOWN_ETF,
            UNKNOWN_SNAPSHOT,
            DAMAGED_SNAPSHOT,
            _BAD_RETURNS,
            _NOT_CONFIGURED,
            DeclaredError("InvalidValue", "the market portfolio does not move"),
        ),
        files=("market", "universe"),
    ),
    Entry(
        "market.detect_regime",
        "Tell which regime the market is in: calm, volatile or crisis",
        AskRegime,
        MarketRegime,
        Effect.READS,
        Role.COMPUTE,
        errors=(UNKNOWN_ETF, UNKNOWN_SNAPSHOT, DAMAGED_SNAPSHOT, _BAD_RETURNS, _NOT_CONFIGURED),
        files=("market", "universe"),
    ),
)
