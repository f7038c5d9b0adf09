"""The programs behind the choice of parcels, for a solver: transports, and where two forms cross.

They stand apart since loading the solver takes longer than most choices, which need none.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engines.milp import Row, least
from engines.tax.gain_rules import Form
from engines.tax.parcel_market import Floats, Market, Places

# With more pairs the last cents of a mixture cost minutes: it is found to a hundred-thousandth.
MOST_PAIRS_EXACTLY = 250
CLOSE = 1e-5
# The solver tells whole numbers apart up to here; beyond, a fraction of so small a step is rounded off.
MOST_WHOLE_STEPS = 10**7


def transported(market: Market, cost: Floats) -> Places:
    """The cheapest way to serve all disposals of a market."""
    return _whole(market, _solved(cost, _rows(market), whole=None))


def where_forms_cross(
    markets: Sequence[Market], aim: tuple[Form, ...], start: tuple[float, float]
) -> list[Places]:
    """The least of the largest form: one variable more, above every form."""
    costs = [np.concatenate([market.cost(form) for market in markets]) for form in aim]
    ends = np.cumsum([0, *(len(market.sale_of) for market in markets)])
    highest = ends[-1]  # the column above every form
    rows = [row for market, first in zip(markets, ends, strict=False) for row in _rows(market, first)]
    for form, cost in zip(aim, costs, strict=True):
        offset = -(form.ordinary * start[0] + form.favoured * start[1])
        rows.append(Row(np.arange(highest + 1), np.append(cost, -1.0), -np.inf, offset))
    whole = [np.full(len(market.sale_of), market.wanted.max() <= MOST_WHOLE_STEPS) for market in markets]
    steps = _solved(np.append(np.zeros(highest), 1.0), rows, whole=np.append(np.concatenate(whole), False))
    return [
        _whole(market, part) for market, part in zip(markets, np.split(steps, ends[1:])[:-1], strict=True)
    ]


def _solved(cost: Floats, rows: Sequence[Row], whole: NDArray[np.bool_] | None) -> Floats:
    """The cheapest values from 0 up; `whole` ones are whole numbers."""
    found = least(
        cost,
        rows,
        low=np.zeros(len(cost)),
        high=np.full(len(cost), np.inf),
        whole=whole,
        gap=0.0 if len(cost) <= MOST_PAIRS_EXACTLY else CLOSE,
    )
    assert found is not None, "there are as many units as are sold"
    return found.point


def _whole(market: Market, steps: Floats) -> Places:
    """A solver's answer in whole steps: rounded down, and what that leaves taken from the oldest."""
    taken = np.floor(steps + 1e-6).astype(np.int64)
    held = market.held - np.bincount(market.parcel_of, taken, len(market.held)).astype(np.int64)
    missing = market.wanted - np.bincount(market.sale_of, taken, len(market.wanted)).astype(np.int64)
    assert held.min() >= 0, "a parcel was used twice"
    assert missing.min() >= 0, "a disposal was served twice"
    for pair in np.flatnonzero(missing[market.sale_of] > 0):
        sale, parcel = market.sale_of[pair], market.parcel_of[pair]
        more = min(missing[sale], held[parcel])
        taken[pair] += more
        held[parcel] -= more
        missing[sale] -= more
    assert not missing.any(), "a disposal was left short"
    return taken


def _rows(market: Market, first: int = 0) -> list[Row]:
    """No parcel gives more than it has, and every disposal is served, by the columns from `first` on."""
    taken = [
        Row(first + pairs, np.ones(len(pairs)), -np.inf, held)
        for pairs, held in zip(_grouped(market.parcel_of, len(market.held)), market.held, strict=True)
    ]
    served = [
        Row(first + pairs, np.ones(len(pairs)), wanted, wanted)
        for pairs, wanted in zip(_grouped(market.sale_of, len(market.wanted)), market.wanted, strict=True)
    ]
    return taken + served


def _grouped(of: Places, count: int) -> list[Places]:
    """The pairs of each parcel, or of each disposal."""
    return np.split(np.argsort(of, kind="stable"), np.cumsum(np.bincount(of, minlength=count))[:-1])
