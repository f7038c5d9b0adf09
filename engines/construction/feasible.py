"""Whether anything keeps the limits, and which of them clash."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engines import milp
from engines.construction.problem import Floats, Infeasible, Limits, Row
from engines.construction.region import Region

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Wanted:
    """All limits of a question over the whole universe; `barred` are the assets each filter leaves out."""

    limits: Limits
    barred: Mapping[str, Flags]
    size: int

    def left(self) -> Flags:
        """The assets that no filter leaves out."""
        out = np.zeros(self.size, dtype=bool)
        for barred in self.barred.values():
            out |= barred
        return ~out

    def of_the_left(self, limits: Limits) -> "Wanted":
        """The question as it is asked of the assets left alone, with their limits."""
        return Wanted(limits, {}, int(self.left().sum()))

    def named(self) -> dict[str, str]:
        """Every limit that is one, by its place in the input, and how it is said."""
        limits = self.limits
        found = {name: f"{name} ({out.sum()} left out)" for name, out in self.barred.items() if out.any()}
        if limits.min_weight > 0:
            found["min_weight"] = f"min_weight {limits.min_weight:g}"
        if limits.max_weight < 1:
            found["max_weight"] = f"max_weight {limits.max_weight:g}"
        if limits.max_assets is not None and limits.max_assets < self.size:
            found["max_assets"] = f"max_assets {limits.max_assets}"
        for row in limits.rows:
            for name, limit in ((row.low_name, row.least), (row.high_name, row.most)):
                if np.isfinite(limit):
                    found[name] = f"{name} {limit:g}"
        return found

    def without(self, names: frozenset[str]) -> "Wanted":
        """The same question with some limits left out."""
        limits = self.limits
        return Wanted(
            Limits(
                0.0 if "min_weight" in names else limits.min_weight,
                1.0 if "max_weight" in names else limits.max_weight,
                None if "max_assets" in names else limits.max_assets,
                tuple(_loosened(row, names) for row in limits.rows),
            ),
            {name: out for name, out in self.barred.items() if name not in names},
            self.size,
        )


def feasible_weights(allowed: Region) -> Floats:
    """Weights that keep every limit of the region, at a corner of it; Infeasible where none do."""
    every = np.arange(len(allowed.lowest))
    rows = [milp.Row(every, np.ones(len(every)), 1, 1)]
    rows += [
        milp.Row(every, row, floor, np.inf) for row, floor in zip(allowed.rows, allowed.floors, strict=True)
    ]
    found = milp.least(np.zeros(len(every)), rows, low=allowed.lowest, high=allowed.highest)
    if found is not None:
        weights: Floats = np.clip(found.point, allowed.lowest, allowed.highest)
        if allowed.holds(weights):
            return weights
    raise Infeasible("no weights keep all limits together", ())


def some_holding(wanted: Wanted) -> Flags | None:
    """Which assets some portfolio within all limits holds; None where there is no such portfolio."""
    size, limits = wanted.size, wanted.limits
    weights, flags, able = np.arange(size), np.arange(size, 2 * size), wanted.left().astype(float)
    most = size if limits.max_assets is None else limits.max_assets
    rows = [milp.Row(weights, np.ones(size), 1, 1), milp.Row(flags, np.ones(size), 0, most)]
    rows += [milp.Row(weights, row.figures, row.least, row.most) for row in limits.rows]
    for pair in ((place, size + place) for place in range(size)):
        rows.append(milp.Row(pair, (1.0, -limits.max_weight), -np.inf, 0))
        rows.append(milp.Row(pair, (1.0, -limits.min_weight), 0, np.inf))
    found = milp.least(
        np.zeros(2 * size),
        rows,
        low=np.zeros(2 * size),
        high=np.append(able, able),
        whole=np.append(np.zeros(size), np.ones(size)).astype(bool),
    )
    if found is None:
        return None
    held: Flags = found.point[size:] > 0.5
    return held


def clash(wanted: Wanted) -> Infeasible:
    """The error that names limits which cannot hold together, while any one fewer of them can.

    Limits are taken away one by one: where nothing keeps the rest either, that one is not to blame.
    """
    innocent: frozenset[str] = frozenset()
    for name in reversed(wanted.named()):
        without = innocent | {name}
        if some_holding(wanted.without(without)) is None:
            innocent = without
    clashing = {name: said for name, said in wanted.named().items() if name not in innocent}
    given = f"no portfolio of these {wanted.size} assets keeps {' and '.join(clashing.values())}"
    return Infeasible(
        f"{given}{' together; loosen one' if len(clashing) > 1 else '; loosen it'}", list(clashing)
    )


def _loosened(row: Row, names: frozenset[str]) -> Row:
    return replace(
        row,
        least=-np.inf if row.low_name in names else row.least,
        most=np.inf if row.high_name in names else row.most,
    )
