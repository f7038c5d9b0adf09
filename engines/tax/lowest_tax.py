"""Which parcels to take so that a year's gains are taxed least: the optimum, by a small program.

Taking units is a transport from parcels to disposals, which may take only what was bought by their day.
The taxed gain is the least, over the aims of the rules, of the largest of 0 and an aim's forms, each linear
in what is taken. A single form is a linear program over a transport, whose vertices are whole units;
for one disposal of an ETF it is to take the cheapest. Where two forms cross, their best is found by an
integer program: exactly for a few hundred pairs of parcel and disposal, else to a hundred-thousandth of
the gain. A gain that is taxed nothing anyway is made the lowest there is, which carries the most losses
forward. Units are split no finer than they were given.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from engines.tax.gain_rules import Form, GainRules, Standing
from engines.tax.parcel_market import Floats, Market, Places, market_of
from engines.tax.parcels import Disposal, Parcel, Taken

HALF_A_CENT = 0.005

Choice = list[Places]
"""Steps taken by each pair, market by market."""


def taken_for_least(
    parcels: Sequence[Parcel], disposals: Sequence[Disposal], rules: GainRules, before: Standing
) -> list[Taken]:
    """What each disposal takes so that the year's taxed gain is the least; OversoldUnits if it cannot."""
    sold = _by_etf(disposals)
    bought = _by_etf(parcels)
    markets = [market_of(parcels, disposals, bought.get(etf, []), sold[etf], rules) for etf in sorted(sold)]
    return [
        Taken(disposal, parcel, steps * market.step)
        for market, chosen in zip(markets, _Search(markets, rules, before).best(), strict=True)
        for disposal, parcel, steps in _taken_rows(market, chosen)
    ]


class _Search:
    """The choice that is taxed least."""

    def __init__(self, markets: Sequence[Market], rules: GainRules, before: Standing) -> None:
        self._markets = markets
        self._aims = rules.aims
        ordinary, favoured = (float(part) for part in before.so_far)
        lost = float(before.brought_forward)
        losses = (0.0, lost) if rules.losses_are_favoured else (lost, 0.0)
        self._start = (ordinary - losses[0], favoured - losses[1])

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
        from engines.tax.parcel_programs import where_forms_cross

        return where_forms_cross(self._markets, aim, self._start)

    def _value(self, form: Form, choice: Choice) -> float:
        taken = sum(
            float(market.cost(form) @ steps) for market, steps in zip(self._markets, choice, strict=True)
        )
        return taken + form.ordinary * self._start[0] + form.favoured * self._start[1]

    def _lowest(self, form: Form) -> Choice:
        return [_transported(market, market.cost(form)) for market in self._markets]


def _taken_rows(market: Market, chosen: Places) -> Iterator[tuple[int, int, int]]:
    """Disposal, parcel and steps of every pair that takes any."""
    taken = np.flatnonzero(chosen)
    disposals, parcels = market.disposals[market.sale_of[taken]], market.parcels[market.parcel_of[taken]]
    return zip(disposals.tolist(), parcels.tolist(), chosen[taken].tolist(), strict=True)


def _by_etf(held: Sequence[Parcel | Disposal]) -> dict[str, list[int]]:
    """Places by ETF."""
    found: dict[str, list[int]] = {}
    for place, one in enumerate(held):
        found.setdefault(one.etf, []).append(place)
    return found


def _transported(market: Market, cost: Floats) -> Places:
    """The cheapest way to serve all disposals of a market."""
    if len(market.disposals) == 1:
        return _cheapest_first(market, cost)
    from engines.tax.parcel_programs import transported

    return transported(market, cost)


def _cheapest_first(market: Market, cost: Floats) -> Places:
    order = np.argsort(cost, kind="stable")
    held = market.held[market.parcel_of[order]]
    before = np.cumsum(held) - held
    taken = np.zeros(len(cost), dtype=np.int64)
    taken[order] = np.clip(market.wanted[0] - before, 0, held)
    return taken
