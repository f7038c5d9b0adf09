"""Capital gains of a year."""

from collections.abc import Sequence

from activities.american_tax import american_file, american_gains, american_gaps, american_year
from activities.australian_tax import australian_gains, australian_year, tax_file
from activities.context import Context
from activities.errors import InvalidInput
from activities.registry import implements
from activities.repeated import refuse_repeated
from engines.tax import gains as engine
from engines.tax.gain_lines import Line
from engines.tax.gain_rules import GainRules, PriceIndex
from engines.tax.parcels import Disposal, Parcel
from engines.tax.years import TaxYear
from payloads.capital_gains import CapitalGains, FindCapitalGains, GainLine


@implements("tax.capital_gains")
def find_capital_gains(ask: FindCapitalGains, context: Context) -> CapitalGains:
    """The year's gains by the rules of the release."""
    refuse_repeated("parcel", [parcel.id for parcel in ask.parcels], "parcels")
    for place, disposal in enumerate(ask.disposals):
        refuse_repeated("parcel", disposal.parcel_ids or (), f"disposals[{place}].parcel_ids", field="")
    year, rules, assumptions = _rules(ask, context)
    found = engine.capital_gains(
        _parcels(ask), _disposals(ask), ask.method, rules, year, ask.losses_brought_forward
    )
    return CapitalGains(
        lines=[_line(line, ask.jurisdiction == "US") for line in found.lines],
        gross_gains=found.year.gross_gains,
        capital_losses=found.year.capital_losses,
        losses_applied=found.year.losses_applied,
        discount=found.year.discount,
        net_capital_gain=found.year.net_capital_gain,
        losses_carried_forward=found.year.losses_carried_forward,
        deducted_from_income=found.year.deducted_from_income,
        short_term_gain=found.year.short_term_gain,
        long_term_gain=found.year.long_term_gain,
        assumptions=list(assumptions),
    )


def _rules(ask: FindCapitalGains, context: Context) -> tuple[TaxYear, GainRules, Sequence[str]]:
    if ask.jurisdiction == "US":
        american = american_file(context.catalogue)
        year = american_year(american, ask.year, "year")
        return year, american_gains(american, year, ask.taxpayer), american_gaps(american, year)
    file = tax_file(context.catalogue)
    year = australian_year(file, ask.year, "year")
    rules = australian_gains(file, year, ask.taxpayer, resident=ask.resident, price_index=_price_index(ask))
    return year, rules, ()


def _price_index(ask: FindCapitalGains) -> PriceIndex:
    for place, index in enumerate(ask.price_index):
        if index.quarter.day != 1 or index.quarter.month % 3 != 1:
            raise InvalidInput(
                f"{index.quarter} does not begin a quarter; give its first day",
                f"price_index[{place}].quarter",
            )
    refuse_repeated("quarter", [str(index.quarter) for index in ask.price_index], "price_index", "quarter")
    return {index.quarter: index.value for index in ask.price_index}


def _parcels(ask: FindCapitalGains) -> list[Parcel]:
    return [
        Parcel(parcel.id, parcel.etf, parcel.units, parcel.acquired, parcel.cost_base, parcel.market_value)
        for parcel in ask.parcels
    ]


def _disposals(ask: FindCapitalGains) -> list[Disposal]:
    return [
        Disposal(
            sold.etf,
            sold.units,
            sold.date,
            sold.proceeds,
            None if sold.parcel_ids is None else tuple(sold.parcel_ids),
        )
        for sold in ask.disposals
    ]


def _line(line: Line, american: bool) -> GainLine:
    return GainLine(
        parcel=line.parcel.id,
        disposal=line.disposal,
        etf=line.parcel.etf,
        units=line.units,
        proceeds=line.proceeds,
        cost_base=line.cost_base,
        gain=line.gain,
        days_held=line.days_held,
        discountable=line.discountable,
        term=("long" if line.held_long else "short") if american else None,
    )
