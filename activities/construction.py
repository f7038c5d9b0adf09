"""Constructing a portfolio from a universe."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray

from activities.context import Context
from activities.errors import ActivityError
from activities.registry import implements
from engines.construction.construct import construct
from engines.construction.problem import RISKLESS, Aim, Constructed, Limits, Row, Universe
from payloads.construction import ConstructedPortfolio, ConstructPortfolio, EsgFilter, Span, Tilt

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
PROVEN = 1e-9
"""A gap of this share of the objective is rounding."""
SMALL = 1e-3
"""Of objectives below it: a gap of a thousandth of a billionth is rounding."""


class UnknownAsset(ActivityError):
    """A limit names what is not in `assets`."""


@implements("portfolio.construct")
def construct_portfolio(ask: ConstructPortfolio, context: Context) -> ConstructedPortfolio:
    """Choose the weights."""
    _check_names(ask)
    universe = Universe(np.array(ask.expected_returns), np.array(ask.covariance))
    limits = Limits(ask.min_weight, ask.max_weight, ask.max_assets, tuple(_rows(ask)))
    aim = Aim(ask.objective, ask.risk_free, ask.risk_aversion)
    return _answer(ask, universe, construct(universe, limits, aim, barred=_barred(ask)))


def _answer(ask: ConstructPortfolio, universe: Universe, found: Constructed) -> ConstructedPortfolio:
    expected = float(found.weights @ universe.expected_returns)
    variance = float(found.weights @ universe.covariance @ found.weights)
    none = variance <= RISKLESS * float(np.diagonal(universe.covariance).max())
    volatility = 0.0 if none else sqrt(variance)
    return ConstructedPortfolio(
        weights={
            asset: float(weight)
            for asset, weight in zip(ask.assets, found.weights, strict=True)
            if weight > 0
        },
        expected_return=expected,
        volatility=volatility,
        sharpe_ratio=None if none else (expected - ask.risk_free) / volatility,
        objective_value=found.value,
        bound=found.bound,
        gap=found.gap,
        status="optimal" if _is_proven(found) else "feasible",
    )


def _is_proven(found: Constructed) -> bool:
    return found.gap is not None and found.gap <= PROVEN * max(abs(found.value or 0.0), SMALL)


def _rows(ask: ConstructPortfolio) -> Iterator[Row]:
    """Every limit on a weighted sum: target return, groups, tilts, average score."""
    if ask.target_return is not None:
        yield Row(np.array(ask.expected_returns), ask.target_return, inf, "target_return", "target_return")
    for place, group in enumerate(ask.groups):
        inside = np.isin(ask.assets, group.assets).astype(float)
        low, high = group.min or -inf, group.max if group.max < 1 else inf
        yield Row(inside, low, high, f"groups[{place}].min", f"groups[{place}].max")
    for place, tilt in enumerate(ask.tilts):
        exposures = _in_order(tilt.exposures, ask.assets, 0.0)
        yield Row(exposures, *_sides(tilt), f"tilts[{place}].min", f"tilts[{place}].max")
    if ask.esg is not None and ask.esg.min_average is not None:
        scores = _in_order(ask.esg.scores, ask.assets, ask.esg.min_score)
        yield Row(scores, ask.esg.min_average, inf, "esg.min_average", "esg.min_average")


def _barred(ask: ConstructPortfolio) -> dict[str, Flags]:
    """The assets that each filter leaves out."""
    barred: dict[str, Flags] = {"exclude": np.isin(ask.assets, ask.exclude)}
    for place, tilt in enumerate(ask.tilts):
        barred[f"tilts[{place}].assets"] = _outside(tilt, ask.assets)
    if ask.esg is not None:
        barred["esg.min_score"] = _unfit(ask.esg, ask.assets)
    return barred


def _outside(tilt: Tilt, assets: Sequence[str]) -> Flags:
    low, high = _sides(tilt.assets)
    exposures = _in_order(tilt.exposures, assets, 0.0)
    return (exposures < low) | (exposures > high)


def _unfit(esg: EsgFilter, assets: Sequence[str]) -> Flags:
    worst = -inf if esg.unscored == "exclude" else inf
    return _in_order(esg.scores, assets, worst) < esg.min_score


def _sides(span: Span) -> tuple[float, float]:
    return (-inf if span.min is None else span.min, inf if span.max is None else span.max)


def _in_order(figures: Mapping[str, float], assets: Sequence[str], absent: float) -> Floats:
    return np.array([figures.get(asset, absent) for asset in assets])


def _check_names(ask: ConstructPortfolio) -> None:
    """Refuse a limit on what is not in the universe: a name with a wrong letter limits nothing."""
    known = set(ask.assets)
    for path, name in _names(ask):
        if name not in known:
            near = get_close_matches(name, ask.assets, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise UnknownAsset(f"{name} is not in assets{hint}", path)


def _names(ask: ConstructPortfolio) -> Iterator[tuple[str, str]]:
    for place, name in enumerate(ask.exclude):
        yield f"exclude[{place}]", name
    for number, group in enumerate(ask.groups):
        for place, name in enumerate(group.assets):
            yield f"groups[{number}].assets[{place}]", name
    for number, tilt in enumerate(ask.tilts):
        for name in tilt.exposures:
            yield f"tilts[{number}].exposures.{name}", name
    for name in ask.esg.scores if ask.esg is not None else ():
        yield f"esg.scores.{name}", name
