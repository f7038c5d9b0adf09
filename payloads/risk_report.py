"""The risk of one portfolio as it stands, and what would bring it back within its limits."""

from pydantic import Field

from payloads.base import Etf, Flag, Fraction, Identifier, IsoDate, Payload, Ratio, Real, Whole
from payloads.bounds import Share, Weight
from payloads.entry import DeclaredError, Effect, Entry
from payloads.portfolios import PortfolioId
from payloads.risk_limits import LimitBreach, Name
from payloads.risk_measures import VarVerdict
from payloads.storage import READ_ERRORS, UNKNOWN_PORTFOLIO


class BacktestedTail(Payload):
    """VaR and CVaR of one day, and the test of that VaR day by day on the days before it."""

    var: Real
    cvar: Real
    observations: Whole
    exceptions: Whole
    backtest: VarVerdict


class Tails(Payload):
    """Tail losses by three methods."""

    historical: BacktestedTail
    normal: BacktestedTail
    cornish_fisher: BacktestedTail


class Concentration(Payload):
    """How much sits in few ETFs: Herfindahl's index, its inverse, and the heaviest ETF."""

    herfindahl: Fraction
    effective_holdings: Real = Field(description="so many equal holdings would be as concentrated")
    largest: Etf
    largest_weight: Weight


class Correlations(Payload):
    """How alike the ETFs moved; null where fewer than two of them moved."""

    mean: Real | None = Field(description="of all pairs, by the product of their weights")
    highest: Real | None
    pair: list[Etf]
    diversification: Real | None = Field(description="weighted mean volatility over the portfolio's")


class Liquidity(Payload):
    """By the universe's figures: 1 sells at once. Cash counts as 1."""

    weighted: Fraction
    lowest: Fraction
    least_liquid: Etf


class LosingPosition(Payload):
    """A position worth less than it cost, by more than the stop-loss allows."""

    etf: Etf
    loss: Ratio = Field(description="share of the cost base")


class RiskReport(Payload):
    """What was measured at the newest snapshot as if the weights of today had been held all along.

    Losses are positive. Volatility is of a year, VaR and CVaR of one day. `recent_drawdown` is of the
    last window, `limits` and `measures` are what `risk.check_limits` takes.
    """

    portfolio_id: str
    snapshot: str
    as_of: IsoDate
    simulated: bool
    days: Whole = Field(description="returns that were looked at")
    weights: dict[Etf, Weight] = Field(description="of the whole, cash included")
    volatility: Real
    tails: Tails
    max_drawdown: Fraction
    recent_drawdown: Fraction
    concentration: Concentration
    correlation: Correlations
    liquidity: Liquidity
    stop_losses: list[LosingPosition] = Field(description="the largest loss first")
    limits: dict[Name, Share] = Field(description="of the house")
    measures: dict[Name, Real]


class ProposeHedge(Payload):
    """The portfolio, and positions that it is to leave whatever its limits say."""

    portfolio_id: Identifier
    exits: list[Etf] = Field([], max_length=1000)


class ProposedHedge(Payload):
    """Weights to aim at that add up to 1, and how they were come by.

    `moved` is the share that goes into the sleeve; where `within` is false even the most that a hedge
    may move leaves the breaches listed.
    """

    hedge: str
    moved: Weight
    weights: dict[Etf, Weight]
    exits: list[Etf]
    within: Flag
    breaches: list[LimitBreach]
    measures: dict[Name, Real]
    snapshot: str


_ERRORS = (
    DeclaredError("NothingHeld", "the portfolio holds no units"),
    DeclaredError("NoSnapshot", "there is no snapshot to take returns from"),
    DeclaredError("StaleSnapshot", "the newest snapshot is too old"),
    DeclaredError("UnknownEtf", "the snapshot has no prices of an ETF"),
    DeclaredError("InvalidValue", "the snapshot has too few sessions to hold a VaR against"),
    UNKNOWN_PORTFOLIO,
    *READ_ERRORS,
)

ENTRIES = (
    Entry(
        "risk.report",
        "Report a portfolio's risk: tail losses with their backtest, drawdown, concentration, liquidity",
        PortfolioId,
        RiskReport,
        Effect.READS,
        errors=_ERRORS,
        files=("market", "risk", "trading", "universe"),
    ),
    Entry(
        "risk.propose_hedge",
        "Find the least to move into a defensive sleeve for every limit of risk to hold again",
        ProposeHedge,
        ProposedHedge,
        Effect.READS,
        errors=(
            DeclaredError("NotHeld", "a position to leave is not held"),
            DeclaredError("NotMeasured", "the house has a limit on something that is not measured"),
            *_ERRORS,
        ),
        files=("fees", "limits", "market", "risk", "trading", "universe"),
    ),
)
