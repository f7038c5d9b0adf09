"""Watching every portfolio: columns are written, and swept partition by partition.

ActivityError
└── UnknownPartition   there are not so many partitions
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from activities.context import Context
from activities.crossings import crossing
from activities.errors import ActivityError
from activities.market import latest_snapshot
from activities.market_estimates import regime_at_the_end
from activities.registry import implements
from activities.snapshots import chosen_snapshot
from activities.thresholds import evaluate, run_of
from activities.trigger_book import newest_book
from adapters.failpoints import failpoint
from adapters.market.snapshot import Snapshot
from dsl import plan as p
from engines.watching import Fault, Market, measure
from engines.watching_market import market_of
from payloads.files.fees import FeesFile
from payloads.files.market import MarketFile
from payloads.files.metrics import MetricsFile
from payloads.files.pods import PodsFile
from payloads.files.trading import TradingFile
from payloads.market import LatestSnapshot
from payloads.thresholds import EvaluateThresholds, FiredThreshold, MeasuredPortfolio
from payloads.watching import (
    MOST_NAMED,
    RefreshedPartitions,
    RefreshPartitions,
    SweepPartition,
    SweptPartition,
)
from store import threshold_states
from store.holdings_columns import divided
from store.partitions import Partition, Partitions, Swept

BATCH = 500
"""Portfolios that are judged in one transaction."""


class UnknownPartition(ActivityError):
    """There are not so many partitions."""


@implements("monitoring.refresh")
def refresh(ask: RefreshPartitions, context: Context) -> RefreshedPartitions:
    """Write every partition anew, each replaced whole."""
    files, at = _files(ask.of, context), context.now()
    portfolios, digests = 0, []
    with context.services.database.reading() as tx:
        for number, partition in enumerate(divided(tx, context.services.tenant, ask.of, at)):
            digests.append(files.save(number, partition))
            portfolios += len(partition.ids)
            context.heartbeat(number)
    return RefreshedPartitions(
        partitions=list(range(ask.of)),
        portfolios=portfolios,
        refreshed_at=at,
        digests=digests,
    )


@implements("monitoring.sweep")
def sweep(ask: SweepPartition, context: Context) -> SweptPartition:
    """Measure the partition, and judge one by one those whose thresholds may change their state.

    Each batch is one transaction. Whoever begins again at the same moment finds done what was done.
    """
    if ask.partition >= ask.of:
        raise UnknownPartition(f"there are {ask.of} partitions, counted from 0", "partition")
    files, at = _files(ask.of, context), ask.at or context.now()
    partition = files.load(ask.partition)
    swept = _measure(partition, files, ask.partition, at, context)
    places = _changing(swept, context)
    for start in range(0, len(places), BATCH):
        rows = [_row(swept, place) for place in places[start : start + BATCH]]
        evaluate(EvaluateThresholds(rows=rows, at=at), context)
        context.heartbeat(start)
        failpoint("monitoring.after_batch")
    files.save_swept(ask.partition, swept)
    return _told(ask, swept, len(places), context)


def _files(of: int, context: Context) -> Partitions:
    return Partitions(context.services.partitions, context.services.tenant, of)


def _measure(partition: Partition, files: Partitions, number: int, at: datetime, context: Context) -> Swept:
    market = _market(partition, context)
    zone = ZoneInfo(context.catalogue.read("trading", TradingFile).exchange.timezone)
    kept = files.kept(number, partition.ids, at)
    today = at.astimezone(zone).date().toordinal()
    return Swept(partition.ids, at, measure(partition.portfolios, market, kept, today), kept.regime)


def _market(partition: Partition, context: Context) -> Market:
    snapshot = chosen_snapshot(context, latest_snapshot(LatestSnapshot(), context).snapshot)
    rules = context.catalogue.read("market", MarketFile)
    sessions = context.catalogue.read("metrics", MetricsFile).measuring.sessions + 1
    distributed = snapshot.distributions(snapshot.tickers)
    return market_of(
        partition.tickers,
        snapshot.tickers,
        snapshot.prices(snapshot.tickers)[-sessions:],
        None if distributed is None else distributed[-sessions:],
        rules.market_portfolio.weights if rules.market_portfolio else {},
        sessions_per_year=rules.estimates.sessions_per_year,
        brokerage=float(context.catalogue.read("fees", FeesFile).brokerage.value),
        ceilings=_ceilings(partition.pods, context),
        regime=_regime(snapshot, context),
    )


def _ceilings(pods: tuple[str, ...], context: Context) -> tuple[float, ...]:
    """What the pods' volatilities may be; NaN for a pod that the release no longer has."""
    known = context.catalogue.read("pods", PodsFile).pods
    return tuple(float(known[pod].max_volatility) if pod in known else float("nan") for pod in pods)


def _regime(snapshot: Snapshot, context: Context) -> float:
    """The place of the regime that the market is in at the end of the snapshot.

    NaN where the release tells none apart, or an ETF of the portfolio that is watched has no prices.
    """
    watched = context.catalogue.read("market", MarketFile).regimes
    if watched is None or not set(watched.portfolio) <= set(snapshot.tickers):
        return float("nan")
    return float(regime_at_the_end(snapshot, watched, context))


def _changing(swept: Swept, context: Context) -> NDArray[np.int64]:
    """Places of the portfolios of which some threshold may change its state, or cannot be judged anew."""
    triggers = list(newest_book(context).of_kind(p.ThresholdTrigger))
    with context.services.database.reading() as tx:
        standing = threshold_states.not_at_rest(tx, context.services.tenant)
    found = np.zeros(len(swept.ids), dtype=np.bool_)
    for trigger in triggers:
        found |= crossing(trigger, swept, standing)
    found &= swept.measured.faults != Fault.WORTHLESS
    return np.flatnonzero(found)


def _row(swept: Swept, place: int) -> MeasuredPortfolio:
    return MeasuredPortfolio(portfolio_id=swept.ids[place].decode(), metrics=swept.measured.of(int(place)))


def _told(ask: SweepPartition, swept: Swept, changing: int, context: Context) -> SweptPartition:
    """What the whole sweep found, whichever attempt found it."""
    faults = swept.measured.faults
    unpriced = np.flatnonzero(faults == Fault.UNPRICED)
    named = context.catalogue.read("metrics", MetricsFile).metrics
    with context.services.database.reading() as tx:
        states = threshold_states.fired_at(tx, context.services.tenant, swept.at)
    fired = [
        FiredThreshold(
            workflow=state.workflow,
            trigger=state.trigger,
            portfolio_id=state.portfolio_id,
            workflow_id=run_of(state.workflow, state.portfolio_id, state.trigger, state.firings),
        )
        for state in states
        if swept.place(state.portfolio_id) is not None
    ]
    return SweptPartition(
        partition=ask.partition,
        at=swept.at,
        portfolios=len(swept.ids),
        measured=int((faults == Fault.NONE).sum()),
        worthless=int((faults == Fault.WORTHLESS).sum()),
        unpriced=len(unpriced),
        unpriced_first=[swept.ids[place].decode() for place in unpriced[:MOST_NAMED]],
        not_measured=[name for name in named if name not in swept.measured.metrics],
        changing=changing,
        fired=fired,
    )
