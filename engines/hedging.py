"""The least of a portfolio that has to move into a defensive sleeve for its limits to hold again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

Weights = Mapping[str, Decimal]
WHOLE, NOTHING = Decimal(1), Decimal(0)


@dataclass(frozen=True, slots=True)
class Hedge:
    """A portfolio that holds less risk: `moved` is the share that went into the sleeve.

    `within` says whether every limit holds; where none does so, it is what comes of moving the most.
    """

    name: str
    moved: Decimal
    weights: Weights
    within: bool


def propose(
    weights: Weights,
    sleeves: Mapping[str, Weights],
    steps: Sequence[Decimal],
    most_assets: int,
    holds: Callable[[Weights], bool],
    first: Weights | None = None,
) -> Hedge:
    """The hedge that holds and moves least; of two that move as much, the earlier sleeve's.

    `weights` and each sleeve add up to 1; `steps` are shares to try, rising. What is moved is taken from
    what of each asset is in `first`, then from every asset alike; the lightest make room where there would
    be more than `most_assets`. Where nothing holds, the first sleeve's largest step.
    """
    for step in steps:
        for name, sleeve in sleeves.items():
            mixed = mix(weights, sleeve, step, most_assets, first)
            if holds(mixed):
                return Hedge(name, step, mixed, True)
    name, sleeve = next(iter(sleeves.items()))
    return Hedge(name, steps[-1], mix(weights, sleeve, steps[-1], most_assets, first), False)


def mix(
    weights: Weights, sleeve: Weights, share: Decimal, most_assets: int, first: Weights | None = None
) -> dict[str, Decimal]:
    """`share` of the sleeve and the rest of the weights, less of what is in `first` before all else.

    All of the sleeve where it leaves no room.
    """
    if not share:
        return dict(weights)
    early = min(share, sum((first or {}).values(), NOTHING))
    weights = _less(weights, first, early) if first and early else weights
    apart = sorted(set(weights) - set(sleeve), key=lambda asset: (-weights[asset], asset))
    kept = without(weights, frozenset(apart[max(most_assets - len(sleeve), 0) :]))
    if not kept:
        return dict(sleeve)
    mixed = {
        asset: (WHOLE - share) * kept.get(asset, Decimal(0)) + share * sleeve.get(asset, Decimal(0))
        for asset in dict.fromkeys([*kept, *sleeve])
    }
    return {asset: weight for asset, weight in mixed.items() if weight}


def _less(weights: Weights, first: Weights, share: Decimal) -> dict[str, Decimal]:
    """What stays where `share` of the whole is taken from `first` in proportion, as shares of what stays."""
    taken = share / sum(first.values(), NOTHING)
    left = {asset: weight - taken * first.get(asset, NOTHING) for asset, weight in weights.items()}
    return without(left, frozenset())


def without(weights: Weights, leaving: frozenset[str]) -> dict[str, Decimal]:
    """The assets that stay, as shares of what stays; empty where nothing does."""
    staying = {asset: weight for asset, weight in weights.items() if asset not in leaving and weight}
    total = sum(staying.values(), Decimal(0))
    return {asset: weight / total for asset, weight in staying.items()}
