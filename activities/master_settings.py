"""What a call and the catalogue say of the master portfolio, in the terms of the engine.

ActivityError
└── InvalidCovariance   the covariance lacks an ETF, or is none
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from activities.context import Context
from activities.errors import ActivityError
from activities.snapshots import check_etfs, chosen_snapshot, estimates_for, figures_for
from engines.estimates import Estimates
from engines.master_problem import Asset, Costs, Emphasis, Floats, Limits, PodDemand
from payloads.files.fees import FeesFile
from payloads.files.limits import LimitsFile
from payloads.files.pods import PodsFile
from payloads.files.universe import UniverseFile
from payloads.market import AssetFigures
from payloads.master_portfolio import (
    Covariance,
    HoldingLimits,
    OptimizePortfolio,
    TradingCosts,
)
from payloads.master_portfolio import Emphasis as GivenEmphasis

ROUNDING = 1e-8
"""A covariance typed in with few digits may miss positive semidefiniteness by so much of its size."""


class InvalidCovariance(ActivityError):
    """The covariance lacks an ETF, or is none."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Assets by ETF, and the covariance of those asked for, in the order of asking, then of substitutes."""

    assets: Mapping[str, Asset]
    covariance: Floats | None


def figures_from(ask: OptimizePortfolio, pods: Sequence[PodDemand], context: Context) -> Figures:
    """Figures as given; what is not given is read from the snapshot, the newest unless one is named.

    A covariance is needed only where a pod has a volatility ceiling.
    """
    asked = dict.fromkeys(etf for pod in pods for etf in pod.asked)
    etfs = list(asked | dict.fromkeys(etf for pod in pods for etf in pod.substitutes))
    _check_asked(ask, pods, context)

    @cache
    def estimates() -> Estimates:
        return estimates_for(chosen_snapshot(context, ask.snapshot), context.catalogue, etfs, "pods")

    assets = figures_for(estimates(), context.catalogue, etfs) if ask.assets is None else ask.assets
    if all(pod.max_volatility is None for pod in pods):
        covariance = None
    elif ask.covariance is not None:
        covariance = _given_covariance(ask.covariance, etfs)
    else:
        covariance = estimates().covariance
    return Figures({etf: _asset(figures) for etf, figures in assets.items()}, covariance)


def limits_from(given: HoldingLimits, context: Context) -> Limits:
    """Limits of the whole: those given, else the catalogue's."""
    house = context.catalogue.read("limits", LimitsFile)
    return Limits(
        max_etfs=int(house.max_etfs.value) if given.max_etfs is None else given.max_etfs,
        max_weight=float(house.max_weight.value) if given.max_weight is None else given.max_weight,
        min_weight=float(house.min_weight.value) if given.min_weight is None else given.min_weight,
    )


def emphasis_from(given: GivenEmphasis, context: Context) -> Emphasis:
    """The weight of each aim: as given, else the catalogue's."""
    house = context.catalogue.read("pods", PodsFile).master.emphasis
    return Emphasis(
        pods=house.pods if given.pods is None else given.pods,
        duplication=house.duplication if given.duplication is None else given.duplication,
        costs=house.costs if given.costs is None else given.costs,
        tax=house.tax if given.tax is None else given.tax,
    )


def costs_from(given: TradingCosts, context: Context) -> Costs:
    """What trading costs: as given, else the catalogue's."""
    brokerage = context.catalogue.read("fees", FeesFile).brokerage.value
    spread = context.catalogue.read("pods", PodsFile).master.spread
    return Costs(
        brokerage=float(brokerage if given.brokerage is None else given.brokerage),
        spread=spread if given.spread is None else given.spread,
    )


def _check_asked(ask: OptimizePortfolio, pods: Sequence[PodDemand], context: Context) -> None:
    known = context.catalogue.read("universe", UniverseFile).by_etf() if ask.assets is None else ask.assets
    for pod in pods:
        check_etfs(pod.asked, known, f"pods.{pod.name}.allocation")
        check_etfs(pod.substitutes, known, f"substitutes.{pod.name}")
    for place, group in enumerate(ask.groups):
        check_etfs(group.assets, known, f"groups[{place}].assets")
    for etf in ask.current:
        check_etfs([etf], known, f"current.{etf}")


def _asset(figures: AssetFigures) -> Asset:
    return Asset(
        expected_return=figures.expected_return,
        yield_=figures.yield_,
        franking=figures.franking,
        liquidity=figures.liquidity,
        exposure=figures.exposure,
    )


def _given_covariance(given: Covariance, etfs: Sequence[str]) -> Floats:
    """Rows and columns of the ETFs asked for; InvalidCovariance unless it can be a covariance."""
    missing = [etf for etf in etfs if etf not in given.assets]
    if missing:
        raise InvalidCovariance(
            f"no row for {', '.join(missing)}; add one for each ETF asked for", "covariance"
        )
    places = [given.assets.index(etf) for etf in etfs]
    matrix = np.array(given.matrix, dtype=float)
    size = max(float(np.abs(matrix).max()), np.finfo(float).tiny)
    if np.abs(matrix - matrix.T).max() > ROUNDING * size:
        raise InvalidCovariance("the matrix is not symmetric", "covariance.matrix")
    if np.linalg.eigvalsh(matrix).min() < -ROUNDING * size:
        raise InvalidCovariance(
            "the matrix is not positive semidefinite: some portfolio would have a negative variance",
            "covariance.matrix",
        )
    return matrix[np.ix_(places, places)]
