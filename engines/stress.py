"""What a portfolio would lose in a scenario: a shock to each factor, carried by exposures.

EngineError
├── UnknownFactor   a shock names nothing that any asset could be exposed to
└── NoExposure      nothing says how an asset would react
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from engines.errors import EngineError


class UnknownFactor(EngineError):
    """A shock names nothing that any asset could be exposed to."""


class NoExposure(EngineError):
    """Nothing says how an asset would react."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Shocks by factor: -0.4 takes two fifths of the value of what is exposed with 1.

    An asset's own name is a factor too, to which it is exposed with 1.
    """

    name: str
    shocks: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Stressed:
    """Losses in shares of the portfolio's value: positive, a gain is negative."""

    name: str
    loss: float
    by_asset: Mapping[str, float]


def stress(
    weights: Mapping[str, float],
    exposures: Mapping[str, Mapping[str, float]],
    scenarios: Sequence[Scenario],
    factors: frozenset[str] = frozenset(),
) -> list[Stressed]:
    """The losses of each scenario, linear in the shocks: -weight · Σ exposure · shock, asset by asset.

    `factors` are names that may be shocked though nothing held is exposed to them. An empty portfolio
    loses nothing. Errors: UnknownFactor, NoExposure.
    """
    known = factors | set(weights) | {factor for each in exposures.values() for factor in each}
    for place, scenario in enumerate(scenarios):
        _hold_known(scenario, place, known)
        _hold_covered(weights, exposures, scenario)
    return [_stressed(weights, exposures, scenario) for scenario in scenarios]


def _stressed(
    weights: Mapping[str, float], exposures: Mapping[str, Mapping[str, float]], scenario: Scenario
) -> Stressed:
    shocks = scenario.shocks
    by_asset = {}
    for asset, weight in weights.items():
        carried = sum(beta * shocks.get(factor, 0.0) for factor, beta in exposures.get(asset, {}).items())
        # `+ 0.0` turns a loss of minus nothing into nothing.
        by_asset[asset] = -weight * (carried + shocks.get(asset, 0.0)) + 0.0
    return Stressed(scenario.name, sum(by_asset.values()), by_asset)


def _hold_known(scenario: Scenario, place: int, known: set[str] | frozenset[str]) -> None:
    for factor in scenario.shocks:
        if factor not in known:
            near = get_close_matches(factor, sorted(known), n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
            raise UnknownFactor(
                f"nothing is exposed to {factor}; {hint}", f"scenarios[{place}].shocks.{factor}"
            )


def _hold_covered(
    weights: Mapping[str, float], exposures: Mapping[str, Mapping[str, float]], scenario: Scenario
) -> None:
    for asset, weight in weights.items():
        if weight and asset not in exposures and asset not in scenario.shocks:
            raise NoExposure(
                f"nothing says how {asset} reacts to {scenario.name}; give its exposures, or shock it itself",
                f"exposures.{asset}",
            )
