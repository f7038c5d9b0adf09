"""Backtests: a portfolio carried through prices that were, held, or brought back to its weights."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from payloads.base import Amount, Etf, Fraction, IsoDate, Payload, Ratio, Real
from payloads.bounds import AmountFromZero, PositivePrice, Weight
from payloads.entry import DeclaredError, Effect, Entry, Role
from payloads.market import DAMAGED_SNAPSHOT, UNKNOWN_ETF, UNKNOWN_SNAPSHOT, SnapshotDigest
from payloads.rebalancing import NumberOrBand

MOST_DAYS, MOST_ETFS = 40_000, 500

Mode = Literal["static", "periodic", "band"]
# How people say them otherwise.
_SAME = {
    "day": "daily",
    "week": "weekly",
    "month": "monthly",
    "quarter": "quarterly",
    "year": "yearly",
    "annual": "yearly",
    "annually": "yearly",
}
Cadence = Annotated[
    Literal["daily", "weekly", "monthly", "quarterly", "half_yearly", "yearly"],
    BeforeValidator(lambda said: _SAME.get(said, said) if isinstance(said, str) else said),
]
OrderRate = Annotated[Ratio, Field(ge=0, le=0.5)]


class PriceTable(Payload):
    """Closing prices: one row a date, oldest first, and one column an ETF."""

    dates: list[IsoDate] = Field(max_length=MOST_DAYS)
    columns: dict[Etf, Annotated[list[Real], Field(max_length=MOST_DAYS)]] = Field(
        min_length=1, max_length=MOST_ETFS
    )


class OrderCosts(Payload):
    """What one order costs: an amount, and a share of its value."""

    brokerage: AmountFromZero = Field(default=0, validate_default=True)
    rate: OrderRate = Field(default=0, validate_default=True)


class DistributionPaid(Payload):
    """Money per unit to who held the ETF at the close before `date`."""

    date: IsoDate
    etf: Etf
    amount: PositivePrice


class MoneyFlow(Payload):
    """Money paid in (positive) or taken out (negative) at the close of a day."""

    date: IsoDate
    amount: Amount


class OwnersTax(Payload):
    """An individual in Australia: what tax the course would have brought them, paid from elsewhere."""

    marginal_rate: Annotated[Fraction, Field(lt=1)] = Field(description="on the next dollar, levy included")


class BacktestRules(Payload):
    """What is held and when it is brought back to its weights, whatever the prices are."""

    weights: dict[Etf, Weight] = Field(min_length=1, max_length=MOST_ETFS, description="add up to 1")
    mode: Mode
    cadence: Cadence | None = Field(
        None,
        validate_default=True,
        description="mode periodic rebalances on the first session of each; mode band looks at its bands "
        "then, without a cadence every day",
    )
    band: NumberOrBand | None = Field(
        None, validate_default=True, description="of mode band; as in rebalancing.check"
    )
    initial: Annotated[Amount, Field(gt=0)] = Field(default=10_000, validate_default=True)
    costs: OrderCosts = Field(default_factory=OrderCosts)
    distributions: list[DistributionPaid] = Field(default_factory=list, max_length=MOST_DAYS)
    reinvest: bool = Field(True, description="distributions buy more of their ETF, else they lie in cash")
    flows: list[MoneyFlow] = Field(default_factory=list, max_length=MOST_DAYS)
    tax: OwnersTax | None = Field(None, description="count the tax on distributions and sales by year")
    risk_free: Annotated[Real, Field(gt=-1, lt=1)] = Field(0.0, description="a year's, for the ratios")
    periods_per_year: Annotated[Real, Field(gt=0, le=366)] = Field(252.0, description="rows of prices a year")

    @field_validator("cadence", "band")
    @classmethod
    def _what_the_mode_needs(cls, given: Any, info: ValidationInfo) -> Any:
        needs = {"periodic": ("cadence", "monthly"), "band": ("band", "0.05 or {relative: 0.25}")}
        field, such_as = needs.get(info.data.get("mode", ""), ("", ""))
        if given is None and field == info.field_name:
            raise ValueError(f"is needed by mode {info.data['mode']}, such as {such_as}")
        return given


class RunBacktest(BacktestRules):
    """Weights, a rule to keep them, and prices: given, or those of a snapshot."""

    snapshot: SnapshotDigest | None = Field(
        None, description="where no prices are given; its distributions count unless some are given"
    )
    prices: PriceTable | None = Field(None, validate_default=True)
    start: IsoDate | None = Field(None, description="leave out what was before")
    end: IsoDate | None = Field(None, description="leave out what came after")

    @field_validator("prices", mode="before")
    @classmethod
    def _one_source_of_prices(cls, given: Any, info: ValidationInfo) -> Any:
        if "snapshot" in info.data and (given is None) == (info.data["snapshot"] is None):
            raise ValueError("give either `prices` or `snapshot`")
        return given


class BacktestMetrics(Payload):
    """The course in figures; docs/backtests.md has each definition."""

    total_return: Real
    cagr: Real | None = Field(description="calendar days, 365 a year; null for a history too short")
    volatility: Real
    sharpe_ratio: Real | None
    sortino_ratio: Real | None
    calmar_ratio: Real | None
    max_drawdown: Real
    best_period: Real
    worst_period: Real
    years: Real
    turnover_a_year: Real
    costs: Amount


class TradeDone(Payload):
    """What was bought or sold of one ETF at the close of a day; units may be fractions."""

    date: IsoDate
    etf: Etf
    side: Literal["buy", "sell"]
    units: Real
    value: Amount
    cost: Amount


class FallAndRecovery(Payload):
    """A drawdown: the share lost between a high and the day it was reached again."""

    peak: IsoDate
    trough: IsoDate
    recovered: date | None
    depth: Real
    days: int


class ContributionOfEtf(Payload):
    """An ETF's profit after the cost of its trades, also as a share of the money put in."""

    profit: Amount
    contribution: Real


class TaxOfYear(Payload):
    """A tax year: gains by whether they are discounted, before losses; all amounts positive."""

    year: str
    income: Amount
    discountable_gains: Amount
    other_gains: Amount
    losses: Amount
    net_capital_gain: Amount
    losses_carried_forward: Amount
    tax: Amount


class TaxesOfOwner(Payload):
    """The tax of all years, and the gain not realised at the end; franking credits are not counted."""

    years: list[TaxOfYear]
    total: Amount
    unrealised_gain: Amount


class BacktestResult(Payload):
    """The portfolio's value at each close, after the day's trades, and what it comes to."""

    value: list[Real] = Field(description="at each date, not rounded")
    dates: list[IsoDate]
    metrics: BacktestMetrics
    turnover: Real = Field(
        description="the smaller of bought and sold at each rebalance over the value, added up; "
        "without the first purchase"
    )
    trades: list[TradeDone]
    rebalances: list[IsoDate] = Field(description="days, without the first purchase")
    drawdowns: list[FallAndRecovery] = Field(description="the ten deepest")
    contributions: dict[Etf, ContributionOfEtf]
    weights_end: dict[Etf, Real]
    taxes: TaxesOfOwner | None = Field(description="null when `tax` was not given")
    simulated: bool = Field(description="the prices are those of a simulated market")


ENTRIES = (
    Entry(
        "backtest.run",
        "Carry a portfolio through past prices: held, rebalanced by the calendar, or by bands",
        RunBacktest,
        BacktestResult,
        Effect.PURE,
        Role.COMPUTE,
        errors=(
            DeclaredError("TooFewRows", "less than two days of prices"),
            DeclaredError("DatesOutOfOrder", "a date is not after the one before it"),
            DeclaredError("FutureDate", "a date lies in the future"),
            DeclaredError("PricesDoNotMatch", "a column has not one price for each date"),
            DeclaredError("BadPrice", "a price is zero or negative"),
            DeclaredError("NoSuchDay", "a distribution or flow falls on no day of the prices"),
            DeclaredError("BadDistribution", "a distribution of an ETF that is not held"),
            DeclaredError("WeightsDoNotSum", "the weights do not add up to 1"),
            DeclaredError("CostsExceedValue", "the portfolio cannot pay for its own trades"),
            DeclaredError("WithdrawalTooLarge", "more is taken out than there is"),
            DeclaredError("NotCovered", "the rule on capital gains of a year is not known"),
            UNKNOWN_ETF,
            UNKNOWN_SNAPSHOT,
            DAMAGED_SNAPSHOT,
        ),
        files=("market", "tax_au", "universe"),
    ),
)
