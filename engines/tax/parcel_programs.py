"""The programs behind the choice of parcels, for a solver: transports, and where two forms cross.

They stand apart since loading the solver takes longer than most choices, which need none.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import block_diag, coo_array, csr_array, hstack, vstack

from engines.tax.gain_rules import Form
from engines.tax.parcel_market import Floats, Market, Places

# With more pairs the last cents of a mixture cost minutes: it is found to a hundred-thousandth.
MOST_PAIRS_EXACTLY = 250
CLOSE = 1e-5
# The solver tells whole numbers apart up to here; beyond, a fraction of so small a step is rounded off.
MOST_WHOLE_STEPS = 10**7


def transported(market: Market, cost: Floats) -> Places:
    """The cheapest way to serve all disposals of a market."""
    parcels, sales = _rows(market)
    steps = _solved(
        cost,
        [
            LinearConstraint(parcels, -np.inf, market.held),
            LinearConstraint(sales, market.wanted, market.wanted),
        ],
        whole=np.zeros(len(cost)),
    )
    return _whole(market, steps)


def where_forms_cross(
    markets: Sequence[Market], aim: tuple[Form, ...], start: tuple[float, float]
) -> list[Places]:
    """The least of the largest form: one variable more, above every form."""
    costs = [np.concatenate([market.cost(form) for market in markets]) for form in aim]
    stock, served = zip(*(_rows(market) for market in markets), strict=True)
    forms = [csr_array(np.append(cost, -1.0)[np.newaxis]) for cost in costs]
    offsets = [-(form.ordinary * start[0] + form.favoured * start[1]) for form in aim]
    held = np.concatenate([market.held for market in markets])
    wanted = np.concatenate([market.wanted for market in markets])
    whole = [np.full(len(market.sale_of), market.wanted.max() <= MOST_WHOLE_STEPS) for market in markets]
    steps = _solved(
        np.append(np.zeros(len(costs[0])), 1.0),
        [
            LinearConstraint(_beside_nothing(stock), -np.inf, held),
            LinearConstraint(_beside_nothing(served), wanted, wanted),
            LinearConstraint(vstack(forms), -np.inf, offsets),
        ],
        whole=np.append(np.concatenate(whole), False),
    )
    ends = np.cumsum([len(market.sale_of) for market in markets])[:-1]
    return [_whole(market, steps) for market, steps in zip(markets, np.split(steps[:-1], ends), strict=True)]


def _solved(cost: Floats, constraints: Sequence[LinearConstraint], whole: NDArray[np.generic]) -> Floats:
    """The cheapest values from 0 up; `whole` ones are whole numbers."""
    found = milp(
        cost,
        integrality=whole.astype(np.int64),
        constraints=constraints,
        options={"mip_rel_gap": 0.0 if len(cost) <= MOST_PAIRS_EXACTLY else CLOSE},
    )
    if not found.success:
        raise ArithmeticError(f"the solver gave up on a choice of parcels: {found.message}")
    steps: Floats = found.x
    return steps


def _beside_nothing(blocks: Sequence[csr_array]) -> csr_array:
    """Blocks along the diagonal, and a column of nothing for the variable above the forms."""
    diagonal = csr_array(block_diag(blocks))
    return csr_array(hstack([diagonal, csr_array((diagonal.shape[0], 1))]))


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


def _rows(market: Market) -> tuple[csr_array, csr_array]:
    """Which pairs take from each parcel, and which serve each disposal."""
    pairs = np.arange(len(market.sale_of))
    ones = np.ones(len(pairs))
    parcels = coo_array((ones, (market.parcel_of, pairs)), shape=(len(market.parcels), len(pairs)))
    sales = coo_array((ones, (market.sale_of, pairs)), shape=(len(market.disposals), len(pairs)))
    return csr_array(parcels), csr_array(sales)
