"""What disposals of one ETF may take, and what each unit of it would add to a year's gains."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from engines.tax.gain_rules import Form, GainRules, Parts, Piece
from engines.tax.months import held_longer
from engines.tax.parcels import PARTS, Disposal, Parcel, in_parts, oversold

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Market:
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


def market_of(
    parcels: Sequence[Parcel],
    disposals: Sequence[Disposal],
    ours: list[int],
    sold: list[int],
    rules: GainRules,
) -> Market:
    """The pairs of one ETF in the order of days; so parcels that are as good are taken oldest first."""
    ours.sort(key=lambda place: parcels[place].acquired)
    sold.sort(key=lambda place: disposals[place].day)
    units = [in_parts(disposals[place].units) for place in sold]
    stock = [in_parts(parcels[place].units) for place in ours]
    step = _step([*units, *stock])
    days = [parcels[place].acquired for place in ours]
    reach = [bisect_right(days, disposals[place].day) for place in sold]
    _refuse_short(disposals, sold, reach, units, stock)
    gains = chain.from_iterable(
        chain.from_iterable(_gains_a_unit(parcels, ours[:end], disposals[place], rules))
        for place, end in zip(sold, reach, strict=True)
    )
    pairs = sum(reach)
    return Market(
        disposals=np.array(sold),
        parcels=np.array(ours),
        wanted=np.array([parts // step for parts in units]),
        held=np.array([parts // step for parts in stock]),
        step=step,
        sale_of=np.repeat(np.arange(len(reach)), reach),
        parcel_of=np.concatenate([np.arange(end) for end in reach]),
        parts=np.fromiter(gains, np.float64, 2 * pairs).reshape(pairs, 2).T * (step / PARTS),
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


def _gains_a_unit(
    parcels: Sequence[Parcel], places: Sequence[int], disposal: Disposal, rules: GainRules
) -> Iterator[Parts[float]]:
    """The ordinary and the favoured gain of one unit, if it is taken of each of these parcels."""
    price, day, months = float(disposal.proceeds) / float(disposal.units), disposal.day, rules.months_held
    for place in places:
        parcel = parcels[place]
        units, worth = float(parcel.units), parcel.market_value
        long = held_longer(parcel.acquired, day, months)
        value = None if worth is None else float(worth) / units
        cost = float(parcel.cost_base) / units
        yield rules.parts(Piece(parcel.acquired, day, price, cost, long, value, place))
