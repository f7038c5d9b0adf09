"""Which parcels a sale takes: those that its order names, else by the method of the client or the house.

The engine that works out a year's capital gains chooses and shares, so that the books hold what
`tax.capital_gains` answers for the same sales. A sale has happened when it is booked, and is never refused
for want of rules: where there are none for `lowest_tax` in its year, or they need figures that are not
here, the dearest parcels are taken, and the fill says `highest_cost`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

from sqlmodel import Session

from activities.australian_tax import australian_gains, australian_year, tax_file, year_of
from activities.context import Context
from engines.tax.errors import MissingMarketValue, MissingPriceIndex, NotCovered, UnknownTaxYear
from engines.tax.gain_lines import Line
from engines.tax.gain_rules import Discounting, GainRules, Parts, Piece, Standing
from engines.tax.gains import one_sale
from engines.tax.months import held_longer
from engines.tax.parcels import Disposal, Parcel, in_cents
from engines.tax.rules import total
from payloads.files.tax_au import TaxAuFile
from payloads.files.trading import TradingFile
from store import customers, holdings, portfolios
from store.cents import from_cents
from store.fills import Choose, Sale, SoldParcel, Taken
from store.tables import ParcelDisposal

HOME = "AU"
NAMED, LEAST, DEAREST = "specific", "lowest_tax", "highest_cost"
NO_RULES = (UnknownTaxYear, NotCovered, MissingMarketValue, MissingPriceIndex)
# Other methods look at days and costs only; their lines need rules that ask for nothing.
UNTAXED = Discounting(months_held=12, discount=Fraction(0))
NOTHING = Decimal(0)


def parcel_choice(context: Context) -> Choose:
    """How fills of the call choose their parcels."""
    house, tenant = context.catalogue.read("trading", TradingFile), context.call.tenant

    def choose(tx: Session, sale: Sale) -> Taken:
        parcels, sold = _parcels(sale), _disposal(sale)
        named = _named(parcels, sale)
        if named is not None:
            sold = replace(sold, parcel_ids=named)
            return _taken(NAMED, one_sale(parcels, sold, NAMED, UNTAXED, Standing(NOTHING)))
        row = portfolios.portfolio(tx, tenant, sale.order.portfolio_id)
        method = row.parcel_method or house.parcels_by(sale.day)
        if method == LEAST:
            residency = customers.customer(tx, tenant, row.customer_id).tax_residency
            past = holdings.disposals(tx, tenant, row.portfolio_id)
            try:
                year = _Year(tax_file(context.catalogue), sale.day, resident=residency == HOME)
                return _taken(LEAST, one_sale(parcels, sold, LEAST, year.rules, year.standing(past)))
            except NO_RULES:
                method = DEAREST
        return _taken(method, one_sale(parcels, sold, method, UNTAXED, Standing(NOTHING)))

    return choose


class _Year:
    """The rules of the year of a sale, and where the year stands before it."""

    def __init__(self, file: TaxAuFile, day: date, *, resident: bool) -> None:
        self._file, self._name, self._resident = file, year_of(day), resident
        self.rules = self._rules(self._name)

    def standing(self, past: Sequence[ParcelDisposal]) -> Standing:
        """Losses that earlier years left, and the gains of this one so far; `past` is in order of days."""
        brought_forward, so_far = NOTHING, Parts(NOTHING, NOTHING)
        for name, rows in groupby(past, lambda row: year_of(row.disposed)):
            rules = self._rules(name)
            parts = [rules.parts(_piece(row, rules)) for row in rows]
            if name < self._name:
                brought_forward = rules.settle(parts, brought_forward).losses_carried_forward
            elif name == self._name:
                ordinary, favoured = zip(*parts, strict=True)
                so_far = Parts(total(ordinary), total(favoured))
        return Standing(brought_forward, so_far)

    def _rules(self, name: str) -> GainRules:
        year = australian_year(self._file, name, "year")
        return australian_gains(self._file, year, "individual", resident=self._resident)


def _piece(row: ParcelDisposal, rules: GainRules) -> Piece[Decimal]:
    long = held_longer(row.acquired, row.disposed, rules.months_held)
    proceeds, cost_base = from_cents(row.proceeds_cents), from_cents(row.cost_base_cents)
    return Piece(row.acquired, row.disposed, proceeds, cost_base, long, None, 0)


def _parcels(sale: Sale) -> list[Parcel]:
    """The parcels bought by the day of the sale.

    One that is booked late may find them sold by then; it takes units that were bought since.
    """
    bought = [row for row in sale.parcels if row.acquired <= sale.day]
    if sum(row.units for row in bought) < sale.units:
        bought = list(sale.parcels)
    return [
        Parcel(
            row.parcel_id,
            row.etf,
            Decimal(row.units),
            min(row.acquired, sale.day),
            from_cents(row.cost_base_cents),
        )
        for row in bought
    ]


def _disposal(sale: Sale) -> Disposal:
    return Disposal(sale.order.etf, Decimal(sale.units), sale.day, from_cents(sale.proceeds_cents))


def _named(parcels: Sequence[Parcel], sale: Sale) -> tuple[str, ...] | None:
    """Those of the parcels that the order names which are left, if they are enough; else None."""
    units = {parcel.id: parcel.units for parcel in parcels}
    named = tuple(id for id in sale.order.parcel_ids or () if id in units)
    return named if sum(units[id] for id in named) >= sale.units else None


def _taken(method: str, lines: Sequence[Line]) -> Taken:
    return Taken(
        method,
        [
            SoldParcel(line.parcel.id, int(line.units), in_cents(line.cost_base), in_cents(line.proceeds))
            for line in lines
        ],
    )
