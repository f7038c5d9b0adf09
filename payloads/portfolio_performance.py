"""What a portfolio returned, against its benchmark, and why it differed."""

from typing import Annotated, Literal

from pydantic import Field

from payloads.base import Amount, Etf, Identifier, IsoDate, Payload, Real
from payloads.entry import DeclaredError, Effect, Entry
from payloads.storage import READ_ERRORS, UNKNOWN_PORTFOLIO

Span = Literal["1 month", "3 months", "6 months", "1 year", "3 years", "since start"]


class AskPerformance(Payload):
    """A portfolio, and what to compare it with."""

    portfolio_id: Annotated[str, Field(min_length=1, max_length=80)]
    benchmark: Identifier | None = Field(
        None,
        description="of catalogue/benchmarks.yaml, or `target`; by default the portfolio's own, else that of "
        "its risk category, else `target`",
    )


class BenchmarkUsed(Payload):
    """What the portfolio was compared with; `text` says in words what it is."""

    name: str
    text: str
    weights: dict[Etf, Real] = Field(
        description="brought back to every day; what is left is cash without return"
    )
    distributions: bool = Field(description="whether its returns count distributions; the data may have none")


class Period(Payload):
    """Returns over a period, as fractions: 0.08 is eight percent. Yearly ones are null below a year."""

    period: Span
    begins: IsoDate = Field(description="closing prices of this day, or the day of the first money")
    days: int
    time_weighted_return: Real
    money_weighted_return: Real | None = Field(description="over the period; null where no rate explains it")
    time_weighted_yearly: Real | None
    money_weighted_yearly: Real | None
    benchmark_return: Real
    active_return: Real = Field(description="time-weighted less benchmark")


class Effects(Payload):
    """Parts of the active return since the start (Brinson, linked by Cariño)."""

    allocation: Real
    selection: Real
    interaction: Real
    total: Real


class ClassEffects(Effects):
    """What an asset class added; weights are means over all days. `costs` are fees and the like."""

    asset_class: str
    weight: Real
    benchmark_weight: Real


class PortfolioPerformance(Payload):
    """Returns after costs and tax that was kept back.

    Money in counts from the morning of its day, money out until the evening. `effects` are of all classes
    together: their total is the active return since the start.
    """

    portfolio_id: str
    begins: IsoDate
    ends: IsoDate
    snapshot: str
    simulated: bool
    value: Amount
    benchmark: BenchmarkUsed
    periods: list[Period] = Field(description="those that the history covers, the shortest first")
    effects: Effects
    by_class: list[ClassEffects]


ENTRIES = (
    Entry(
        "portfolio.measure_performance",
        "Measure what a portfolio returned, against its benchmark, and what made the difference",
        AskPerformance,
        PortfolioPerformance,
        Effect.READS,
        errors=(
            DeclaredError("TooLittleHistory", "no closing price since the first money"),
            DeclaredError("NoPrice", "something that was held, or the benchmark holds, has no price"),
            DeclaredError("NothingAtWork", "something was earned while nothing was invested"),
            DeclaredError("NoSnapshot", "no market data are stored"),
            DeclaredError("UnknownBenchmark", "the catalogue has no such benchmark"),
            DeclaredError("NoTarget", "the portfolio has no target to be compared with"),
            UNKNOWN_PORTFOLIO,
            *READ_ERRORS,
        ),
        files=("benchmarks", "universe"),
    ),
)
