"""What a portfolio is compared with: a benchmark of the catalogue, or its own target.

ActivityError
└── UnknownBenchmark   the catalogue has no such benchmark
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from activities.context import Context
from activities.errors import ActivityError
from activities.valuation import NoTarget
from adapters.market.snapshot import Snapshot
from engines.account_days import CASH, NoPrice
from engines.estimates import Floats, total_returns
from payloads.files.benchmarks import BenchmarksFile
from store.tables import Portfolio

TARGET = "target"


class UnknownBenchmark(ActivityError):
    """The catalogue has no such benchmark."""


@dataclass(frozen=True, slots=True)
class Mix:
    """ETFs and their weights, brought back to every day; what is left is cash without return."""

    name: str
    text: str
    weights: Mapping[str, float]


def chosen_benchmark(row: Portfolio, asked: str | None, context: Context) -> Mix:
    """The one asked for, else the portfolio's own, else that of its risk category, else its target."""
    written = context.catalogue.read("benchmarks", BenchmarksFile).benchmarks
    by_category = row.risk_category if row.risk_category in written else TARGET
    name = asked or row.benchmark_id or by_category
    if name == TARGET:
        if not row.target:
            raise NoTarget(f"portfolio {row.portfolio_id} has no target to be compared with", "portfolio_id")
        return Mix(TARGET, "The portfolio's own target", {etf: float(w) for etf, w in row.target.items()})
    if name not in written:
        raise UnknownBenchmark(
            f"there is no benchmark {name}; there are {', '.join((*written, TARGET))}", "benchmark"
        )
    found = written[name]
    return Mix(name, found.text, {etf: float(weight) for etf, weight in found.weights.items()})


def class_returns(
    mix: Mix, snapshot: Snapshot, days: int, of_class: Mapping[str, str], classes: Sequence[str]
) -> tuple[Floats, Floats]:
    """Weights and returns of the mix on the snapshot's last `days` sessions, days by classes.

    nan is the return of a class that the mix does not hold. NoPrice where the data lack one of its ETFs.
    """
    etfs = list(mix.weights)
    for etf in etfs:
        if etf not in snapshot.tickers:
            raise NoPrice(
                f"the benchmark {mix.name} holds {etf}, of which the market data have no price", etf
            )
    paid = snapshot.distributions(etfs)
    returns = total_returns(
        snapshot.prices(etfs)[-days - 1 :], distributions=None if paid is None else paid[-days - 1 :]
    )
    shares = np.array([mix.weights[etf] for etf in etfs])
    weights, earned = np.zeros(len(classes)), np.zeros((days, len(classes)))
    for place, etf in enumerate(etfs):
        column = list(classes).index(of_class[etf])
        weights[column] += shares[place]
        earned[:, column] += shares[place] * returns[:, place]
    weights[list(classes).index(CASH)] += 1 - shares.sum()
    held = np.where(weights > 0, weights, np.nan)
    return np.tile(weights, (days, 1)), earned / held
