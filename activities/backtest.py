"""Backtests on given prices or on those of a snapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activities.australian_tax import gains_rule, tax_file, year_of
from activities.context import Context
from activities.registry import implements
from activities.snapshots import UnknownEtf, chosen_snapshot
from adapters.market.snapshot import Snapshot
from dsl.near import nearest
from engines import drift
from engines.backtest.attribution import contributions
from engines.backtest.history import Distribution, Flow, History, check_dates, history
from engines.backtest.metrics import Metrics, drawdowns, measure, period_returns
from engines.backtest.rules import Bands, Periodic, Rule, Static, period_starts
from engines.backtest.run import Run, check_weights, run
from engines.backtest.taxes import TaxTerms, TaxYear, taxes
from engines.backtest.trades import NO_TRADE, Costs
from engines.tax.errors import NotCovered
from engines.tax.portfolio import GainsRule
from payloads.backtest import (
    BacktestMetrics,
    BacktestResult,
    BacktestRules,
    ContributionOfEtf,
    FallAndRecovery,
    RunBacktest,
    TaxesOfOwner,
    TaxOfYear,
    TradeDone,
)

Floats = NDArray[np.float64]
LAST_MONTH = 6
"""Australian tax years end with June."""


@dataclass(frozen=True, slots=True, eq=False)
class _Prices:
    """Where prices come from, before they are checked, and what the ETFs paid meanwhile."""

    dates: Sequence[date]
    columns: Mapping[str, Sequence[float]]
    simulated: bool
    paid: Sequence[Distribution]


@implements("backtest.run")
def run_backtest(ask: RunBacktest, context: Context) -> BacktestResult:
    """Carry the portfolio through the prices and measure its course."""
    # What is beyond numbers comes out infinite or undefined, which no answer can state.
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        course, simulated = carried(ask, context)
        return answer(ask, course, simulated, context)


def carried(ask: RunBacktest, context: Context) -> tuple[Run, bool]:
    """The course of the portfolio, and whether its prices are simulated."""
    target = np.array([float(weight) for weight in ask.weights.values()])
    check_weights(target)
    prices = _prices(ask, context)
    # A snapshot is what was stored as past, whenever this process believes today is.
    today = context.now().date() if ask.prices is not None else prices.dates[-1]
    past = _history(ask, prices, today)
    course = run(
        past,
        target,
        rule_of(ask, past.dates),
        initial=float(ask.initial),
        costs=Costs(float(ask.costs.brokerage), float(ask.costs.rate)),
        reinvest=ask.reinvest,
    )
    return course, prices.simulated


def rule_of(ask: BacktestRules, dates: Sequence[date]) -> Rule:
    """The rule that the mode, the cadence and the band make."""
    due = [] if ask.cadence is None else period_starts(dates, ask.cadence)
    if ask.mode == "static":
        return Static()
    if ask.mode == "periodic":
        return Periodic(due)
    assert ask.band is not None
    band = drift.Band(ask.band.absolute, ask.band.relative, ask.band.floor)
    looks = None
    if ask.cadence is not None:
        looks = np.zeros(len(dates), dtype=np.bool_)
        looks[due] = True
    weights = list(ask.weights.values())
    return Bands(
        target=np.array([float(weight) for weight in weights]),
        allowed=np.array([float(band.around(weight)) for weight in weights]),
        looks=looks,
    )


def metrics_of(ask: BacktestRules, course: Run) -> tuple[Metrics, Floats]:
    """The figures of a course, and the returns that they rest on."""
    returns = period_returns(course.value, course.flows)
    found = measure(
        course.dates,
        returns,
        opening_return=float(course.value[0]) / course.initial - 1,
        risk_free=ask.risk_free,
        periods_per_year=ask.periods_per_year,
    )
    return found, returns


def answer(ask: BacktestRules, course: Run, simulated: bool, context: Context) -> BacktestResult:
    """What the activity says of a course."""
    found, returns = metrics_of(ask, course)
    return BacktestResult(
        value=course.value.tolist(),
        dates=list(course.dates),
        metrics=BacktestMetrics(
            **_fields(found),
            turnover_a_year=course.turnover / found.years,
            costs=_money(course.costs.sum()),
        ),
        turnover=course.turnover,
        trades=_trades(course),
        rebalances=course.rebalances,
        drawdowns=[FallAndRecovery(**_fields(fall)) for fall in drawdowns(course.dates, returns)],
        contributions={
            etf: ContributionOfEtf(profit=_money(share.profit), contribution=share.contribution)
            for etf, share in contributions(course).items()
        },
        weights_end=dict(zip(course.assets, course.weights()[-1].tolist(), strict=True)),
        taxes=None if ask.tax is None else _taxes(course, ask.tax.marginal_rate, context),
        simulated=simulated,
    )


def _taxes(course: Run, marginal_rate: float, context: Context) -> TaxesOfOwner:
    file = tax_file(context.catalogue)

    def rule(day: date) -> GainsRule:
        try:
            return gains_rule(file, day)
        except LookupError:
            raise NotCovered(f"tax_au.yaml has no rule on capital gains of {day}", "tax") from None

    found = taxes(course, TaxTerms(marginal_rate, LAST_MONTH, rule))
    return TaxesOfOwner(
        years=[_tax_of(year) for year in found.years],
        total=_money(found.total),
        unrealised_gain=_money(found.unrealised_gain),
    )


def _tax_of(year: TaxYear) -> TaxOfYear:
    amounts = {name: _money(amount) for name, amount in _fields(year).items() if name != "ends_in"}
    return TaxOfYear(year=year_of(date(year.ends_in, LAST_MONTH, 1)), **amounts)


def _prices(ask: RunBacktest, context: Context) -> _Prices:
    if ask.prices is not None:
        _refuse_unpriced(ask.weights, ask.prices.columns)
        return _Prices(ask.prices.dates, ask.prices.columns, False, _given(ask))
    snapshot = chosen_snapshot(context, ask.snapshot)
    _refuse_unpriced(ask.weights, snapshot.tickers)
    table = snapshot.prices(list(ask.weights))
    columns: Any = {etf: table[:, place] for place, etf in enumerate(ask.weights)}
    return _Prices(snapshot.sessions, columns, snapshot.simulated, _given(ask) or _paid(snapshot, ask))


def _given(ask: RunBacktest) -> list[Distribution]:
    return [Distribution(paid.date, paid.etf, float(paid.amount)) for paid in ask.distributions]


def _paid(snapshot: Snapshot, ask: RunBacktest) -> list[Distribution]:
    """What the snapshot knows of distributions within the days asked for, but for the first of them."""
    etfs, days = list(ask.weights), snapshot.sessions
    table = snapshot.distributions(etfs)
    if table is None:
        return []
    first = next((day for day in days if ask.start is None or day >= ask.start), days[-1])
    rows, places = np.nonzero(table)
    return [
        Distribution(days[row], etfs[place], float(table[row, place]))
        for row, place in zip(rows.tolist(), places.tolist(), strict=True)
        if days[row] > first and (ask.end is None or days[row] <= ask.end)
    ]


def _refuse_unpriced(weights: Mapping[str, Decimal], priced: Any) -> None:
    for etf in weights:
        if etf not in priced:
            near = nearest(etf, list(priced))
            hint = f"did you mean {near}?" if near else "give its prices or leave it out"
            raise UnknownEtf(f"there are no prices of {etf}; {hint}", f"weights.{etf}")


def _history(ask: RunBacktest, prices: _Prices, today: date) -> History:
    """The chosen days of the prices. All dates are checked, also those that are left out."""
    check_dates(prices.dates, today)
    kept = [
        row
        for row, day in enumerate(prices.dates)
        if (ask.start is None or day >= ask.start) and (ask.end is None or day <= ask.end)
    ]
    whole = len(kept) == len(prices.dates)
    return history(
        prices.dates if whole else [prices.dates[row] for row in kept],
        {etf: column if whole else _rows(column, kept) for etf, column in prices.columns.items()},
        list(ask.weights),
        today,
        distributions=prices.paid,
        flows=[Flow(flow.date, float(flow.amount)) for flow in ask.flows],
    )


def _rows(column: Sequence[float], kept: Sequence[int]) -> Any:
    # A column of another length stays as it is: the engine refuses it by its own count.
    return column[kept[0] : kept[-1] + 1] if kept else []


def _trades(course: Run) -> list[TradeDone]:
    prices = course.closes[course.starts]
    whole = course.value[course.starts]
    rows, places = np.nonzero(np.abs(course.trades) > NO_TRADE * whole[:, None])
    return [
        TradeDone(
            date=course.dates[course.starts[row]],
            etf=course.assets[place],
            side="buy" if course.trades[row, place] > 0 else "sell",
            units=abs(float(course.trades[row, place] / prices[row, place])),
            value=_money(abs(course.trades[row, place])),
            cost=_money(course.costs[row, place]),
        )
        for row, place in zip(rows.tolist(), places.tolist(), strict=True)
    ]


def _money(amount: float) -> Decimal:
    return Decimal(repr(float(amount)))


def _fields(values: Any) -> dict[str, Any]:
    return {field.name: getattr(values, field.name) for field in fields(values)}
