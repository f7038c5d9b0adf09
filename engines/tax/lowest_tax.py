"""Which parcels to take so that a year's gains are taxed least: the optimum, by a small program.

Taking units is a transport from parcels to disposals, which may take only what was bought by their day.
The taxed gain is the least, over the aims of the rules, of the largest of 0 and an aim's forms, each linear
in what is taken. A single form is a linear program over a transport, whose vertices are whole units;
for one disposal of an ETF it is to take the cheapest. Where two forms cross, their best is found by an
integer program: exactly for a few hundred pairs of parcel and disposal, else to a hundred-thousandth of
the gain. A gain that is taxed nothing anyway is made the lowest there is, which carries the most losses
forward. Units are split no finer than they were given.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import block_diag, coo_array, csr_array, hstack, vstack

from engines.tax.gain_rules import Form, GainRules, Piece
from engines.tax.months import held_longer
from engines.tax.parcels import PARTS, Disposal, Parcel, Taken, in_parts, oversold

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

HALF_A_CENT = 0.005
# With more pairs the last cents of a mixture cost minutes: it is found to a hundred-thousandth,
MOST_PAIRS_EXACTLY = 250
CLOSE = 1e-5
# and with many more in parts of units, rounded to whole steps; a step among so many counts as little.
MOST_PAIRS_WHOLE = 5_000
# The solver tells whole numbers apart up to here; beyond, a fraction of so small a step is rounded off.
MOST_WHOLE_STEPS = 10**7


@dataclass(frozen=True, slots=True, eq=False)
class _Market:
    """Parcels and disposals of one ETF, in steps of `step` parts.

    There is a pair wherever a disposal may take a parcel.

    `parts` has a row of ordinary and one of favoured gains a step, for every pair.
    """

    disposals: Places
    parcels: Places
    wanted: Places
    held: Places
    step: int
    sale_of: Places
    parcel_of: Places
    parts: Floats

    def cost(self, form: Form) -> Floats:
        """What a step of each pair adds to a form."""
        weighed: Floats = form.ordinary * self.parts[0] + form.favoured * self.parts[1]
        return weighed

    def rows(self) -> tuple[csr_array, csr_array]:
        """Which pairs take from each parcel, and which serve each disposal."""
        pairs = np.arange(len(self.sale_of))
        ones = np.ones(len(pairs))
        parcels = coo_array((ones, (self.parcel_of, pairs)), shape=(len(self.parcels), len(pairs)))
        sales = coo_array((ones, (self.sale_of, pairs)), shape=(len(self.disposals), len(pairs)))
        return csr_array(parcels), csr_array(sales)


Choice = list[Places]
"""Steps taken by each pair, market by market."""


def taken_for_least(
    parcels: Sequence[Parcel], disposals: Sequence[Disposal], rules: GainRules, brought_forward: Decimal
) -> list[Taken]:
    """What each disposal takes so that the year's taxed gain is the least; OversoldUnits if it cannot."""
    sold = _by_etf(disposals)
    bought = _by_etf(parcels)
    markets = [_market(parcels, disposals, bought.get(etf, []), sold[etf], rules) for etf in sorted(sold)]
    return [
        Taken(int(market.disposals[sale]), int(market.parcels[parcel]), int(steps) * market.step)
        for market, chosen in zip(markets, _Search(markets, rules, brought_forward).best(), strict=True)
        for sale, parcel, steps in zip(market.sale_of, market.parcel_of, chosen, strict=True)
        if steps
    ]


class _Search:
    """The choice that is taxed least."""

    def __init__(self, markets: Sequence[_Market], rules: GainRules, brought_forward: Decimal) -> None:
        self._markets = markets
        self._aims = rules.aims
        lost = -float(brought_forward)
        self._start = (0.0, lost) if rules.losses_are_favoured else (lost, 0.0)

    def best(self) -> Choice:
        """The lowest gain if that is taxed nothing, else the best over all aims."""
        lowest = self._lowest(Form(1, 1))
        if self._value(Form(1, 1), lowest) <= 0:
            return lowest
        return min((self._best_for(aim) for aim in self._aims), key=self._taxed)

    def _taxed(self, choice: Choice) -> float:
        return min(max(self._value(form, choice) for form in aim) for aim in self._aims)

    def _best_for(self, aim: tuple[Form, ...]) -> Choice:
        """A form's best is the aim's if no other form is larger there; else the forms cross."""
        for form in aim:
            choice = self._lowest(form)
            value = self._value(form, choice)
            if all(self._value(other, choice) <= value + HALF_A_CENT for other in aim):
                return choice
        return _where_forms_cross(self._markets, aim, self._start)

    def _value(self, form: Form, choice: Choice) -> float:
        taken = sum(
            float(market.cost(form) @ steps) for market, steps in zip(self._markets, choice, strict=True)
        )
        return taken + form.ordinary * self._start[0] + form.favoured * self._start[1]

    def _lowest(self, form: Form) -> Choice:
        return [_transported(market, market.cost(form)) for market in self._markets]


def _by_etf(held: Sequence[Parcel | Disposal]) -> dict[str, list[int]]:
    """Places by ETF."""
    found: dict[str, list[int]] = {}
    for place, one in enumerate(held):
        found.setdefault(one.etf, []).append(place)
    return found


def _market(
    parcels: Sequence[Parcel],
    disposals: Sequence[Disposal],
    ours: list[int],
    sold: list[int],
    rules: GainRules,
) -> _Market:
    """The pairs of one ETF in the order of days; so parcels that are as good are taken oldest first."""
    ours.sort(key=lambda place: parcels[place].acquired)
    sold.sort(key=lambda place: disposals[place].day)
    units = [in_parts(disposals[place].units) for place in sold]
    stock = [in_parts(parcels[place].units) for place in ours]
    step = _step([*units, *stock])
    days = [parcels[place].acquired for place in ours]
    reach = [bisect_right(days, disposals[place].day) for place in sold]
    _refuse_short(disposals, sold, reach, units, stock)
    pairs = [(sale, parcel) for sale, end in enumerate(reach) for parcel in range(end)]
    gains = np.array([_gain_a_unit(parcels, ours[p], disposals[sold[s]], rules) for s, p in pairs])
    return _Market(
        disposals=np.array(sold),
        parcels=np.array(ours),
        wanted=np.array([parts // step for parts in units]),
        held=np.array([parts // step for parts in stock]),
        step=step,
        sale_of=np.array([sale for sale, _ in pairs]),
        parcel_of=np.array([parcel for _, parcel in pairs]),
        parts=gains.T * (step / PARTS),
    )


def _refuse_short(
    disposals: Sequence[Disposal], sold: list[int], reach: list[int], units: list[int], stock: list[int]
) -> None:
    """OversoldUnits at the first disposal for which too little was bought by its day."""
    left, seen = 0, 0
    for place, end, wanted in zip(sold, reach, units, strict=True):
        left += sum(stock[seen:end]) - wanted
        seen = end
        if left < 0:
            raise oversold(disposals[place], place, -left)


def _step(parts: Sequence[int]) -> int:
    """The largest power of ten, up to a unit, that all amounts are multiples of."""
    step = PARTS
    while any(amount % step for amount in parts):
        step //= 10
    return step


def _gain_a_unit(
    parcels: Sequence[Parcel], place: int, disposal: Disposal, rules: GainRules
) -> tuple[float, float]:
    """The ordinary and the favoured gain of one unit."""
    parcel = parcels[place]
    units, worth = float(parcel.units), parcel.market_value
    parts = rules.parts(
        Piece(
            parcel.acquired,
            disposal.day,
            float(disposal.proceeds) / float(disposal.units),
            float(parcel.cost_base) / units,
            held_longer(parcel.acquired, disposal.day, rules.months_held),
            None if worth is None else float(worth) / units,
            place,
        )
    )
    return parts.ordinary, parts.favoured


def _transported(market: _Market, cost: Floats) -> Places:
    """The cheapest way to serve all disposals of a market."""
    if len(market.disposals) == 1:
        return _cheapest_first(market, cost)
    parcels, sales = market.rows()
    steps = _solved(
        cost,
        [
            LinearConstraint(parcels, -np.inf, market.held),
            LinearConstraint(sales, market.wanted, market.wanted),
        ],
        whole=np.zeros(len(cost)),
    )
    return _whole(market, steps)


def _cheapest_first(market: _Market, cost: Floats) -> Places:
    order = np.argsort(cost, kind="stable")
    held = market.held[market.parcel_of[order]]
    before = np.cumsum(held) - held
    taken = np.zeros(len(cost), dtype=np.int64)
    taken[order] = np.clip(market.wanted[0] - before, 0, held)
    return taken


def _where_forms_cross(
    markets: Sequence[_Market], aim: tuple[Form, ...], start: tuple[float, float]
) -> Choice:
    """The least of the largest form: one variable more, above every form."""
    costs = [np.concatenate([market.cost(form) for market in markets]) for form in aim]
    stock, served = zip(*(market.rows() for market in markets), strict=True)
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


def _whole(market: _Market, steps: Floats) -> Places:
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
