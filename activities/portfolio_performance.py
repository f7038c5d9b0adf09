"""What a portfolio returned against its benchmark, from the ledger and the newest closing prices."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from activities.benchmarks import Mix, chosen_benchmark, class_returns
from activities.context import Context
from activities.reference_prices import NoSnapshot
from activities.registry import implements
from activities.snapshots import newest_stored
from adapters.market.snapshot import Snapshot
from engines.account_days import COSTS, Booked, Closings, Days, account_days
from engines.brinson import Attribution, Classes, attribute, benchmark_return, compound
from engines.errors import EngineError
from engines.estimates import Floats
from engines.performance import DAYS_OF_YEAR, Valuation, money_weighted_return
from payloads.base import cents
from payloads.files.universe import UniverseFile
from payloads.portfolio_performance import (
    AskPerformance,
    BenchmarkUsed,
    ClassEffects,
    Effects,
    Period,
    PortfolioPerformance,
    Span,
)
from store import portfolios
from store.movements import Movement, movements

SPANS: dict[Span, int] = {"1 month": 1, "3 months": 3, "6 months": 6, "1 year": 12, "3 years": 36}
OTHER = "other"


@implements("portfolio.measure_performance")
def measure_performance(ask: AskPerformance, context: Context) -> PortfolioPerformance:
    """Everything since the first money, at the newest closing prices, however old they are."""
    snapshot = newest_stored(context)
    tenant = context.call.tenant
    with context.services.database.reading() as tx:
        row = portfolios.portfolio(tx, tenant, ask.portfolio_id)
        moved = movements(tx, tenant, row.account_id)
    if snapshot is None:
        raise NoSnapshot("no market data are stored, so nothing can be measured", "portfolio_id")
    mix = chosen_benchmark(row, ask.benchmark, context)
    classes = _classes(moved, mix, context)
    days = account_days(
        [_booked(each) for each in moved],
        Closings(snapshot.sessions, snapshot.tickers, snapshot.prices(snapshot.tickers), classes),
    )
    return _performance(ask.portfolio_id, days, mix, snapshot, classes)


def _performance(
    portfolio_id: str, days: Days, mix: Mix, snapshot: Snapshot, classes: Mapping[str, str]
) -> PortfolioPerformance:
    held = _held(days, mix, snapshot, classes)
    found = attribute(held)
    return PortfolioPerformance(
        portfolio_id=portfolio_id,
        begins=days.opened,
        ends=days.sessions[-1],
        snapshot=snapshot.digest,
        simulated=snapshot.simulated,
        value=cents(Decimal(repr(float(days.values[-1])))),
        benchmark=BenchmarkUsed(
            name=mix.name,
            text=mix.text,
            weights=dict(mix.weights),
            distributions=snapshot.distributed is not None,
        ),
        periods=list(_periods(days, benchmark_return(held))),
        effects=_effects(
            *(float(each.sum()) for each in (found.allocation, found.selection, found.interaction))
        ),
        by_class=list(_by_class(days, held, found)),
    )


def _booked(each: Movement) -> Booked:
    spent = {etf: amount / 100 for etf, amount in each.spent.items()}
    return Booked(
        day=each.day,
        money=each.money / 100,
        paid_in=each.paid_in / 100,
        spent=spent | ({COSTS: each.costs / 100} if each.costs else {}),
        units={etf: units for etf, units in each.units.items() if units},
        restates=each.recounts,
    )


def _classes(moved: list[Movement], mix: Mix, context: Context) -> dict[str, str]:
    """The asset class of every ETF that was ever held, or is in the benchmark."""
    funds = context.catalogue.read("universe", UniverseFile).by_etf()
    etfs = sorted({etf for each in moved for etf in each.spent} | set(mix.weights))
    return {etf: funds[etf].asset_class if etf in funds else OTHER for etf in etfs}


def _held(days: Days, mix: Mix, snapshot: Snapshot, of_class: Mapping[str, str]) -> Classes:
    """Shares of what was at work, and what they brought, beside the benchmark's."""
    weights, returns = class_returns(mix, snapshot, len(days.sessions), of_class, days.classes)
    bases = days.bases
    # While nothing was at work there was neither a return nor anything to compare it with.
    idle = bases <= 0
    bases[idle], returns[idle] = 1.0, 0.0
    return Classes(days.at_work / bases[:, None], days.profit / bases[:, None], weights, returns)


def _periods(days: Days, benchmark: Floats) -> Iterator[Period]:
    for name, months in SPANS.items():
        part = days.last_months(months)
        if part is not None:
            yield _period(name, part, benchmark)
    yield _period("since start", days, benchmark)


def _period(name: Span, days: Days, benchmark: Floats) -> Period:
    length = (days.sessions[-1] - days.opened).days
    own, theirs = days.time_weighted_return(), compound(benchmark[-len(days.sessions) :])
    yearly = _money_weighted(days)
    long = length >= DAYS_OF_YEAR
    return Period(
        period=name,
        begins=days.opened,
        days=length,
        time_weighted_return=own,
        money_weighted_return=None if yearly is None else (1 + yearly) ** (length / DAYS_OF_YEAR) - 1,
        time_weighted_yearly=(1 + own) ** (DAYS_OF_YEAR / length) - 1 if long else None,
        money_weighted_yearly=yearly if long else None,
        benchmark_return=theirs,
        active_return=own - theirs,
    )


def _money_weighted(days: Days) -> float | None:
    if days.sessions[-1] == days.opened:
        return None  # all within a day
    ends = [Valuation(days.opened, days.opening), Valuation(days.sessions[-1], float(days.values[-1]))]
    try:
        # Some payments in and out no rate explains.
        return money_weighted_return(ends, days.paid_in)
    except EngineError:
        return None


def _by_class(days: Days, held: Classes, found: Attribution) -> Iterator[ClassEffects]:
    """Classes that either held, in the order of the benchmark's weights."""
    benchmark, weights = held.benchmark_weights[-1], held.weights.mean(axis=0)
    for place in sorted(range(len(days.classes)), key=lambda place: (-benchmark[place], -weights[place])):
        effects = [float(each[place]) for each in (found.allocation, found.selection, found.interaction)]
        if any(effects) or benchmark[place] or held.contributions[:, place].any():
            yield ClassEffects(
                asset_class=days.classes[place],
                weight=float(weights[place]),
                benchmark_weight=float(benchmark[place]),
                **_effects(*effects).model_dump(),
            )


def _effects(allocation: float, selection: float, interaction: float) -> Effects:
    return Effects(
        allocation=allocation,
        selection=selection,
        interaction=interaction,
        total=allocation + selection + interaction,
    )
