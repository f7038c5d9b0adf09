"""Losses worth realising."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from activities.american_tax import american_file, american_gains, american_year
from activities.australian_tax import australian_gains, australian_year, tax_file, year_of
from activities.context import Context
from activities.registry import implements
from activities.repeated import refuse_repeated
from engines.tax import harvests as engine
from engines.tax.gain_rules import Discounting
from engines.tax.parcels import Parcel
from payloads.files.harvesting import HarvestingFile
from payloads.files.universe import Fund, UniverseFile
from payloads.files.written import at
from payloads.harvests import FindHarvests, Harvest, Harvests

MONTHS_A_YEAR = 12


@implements("tax.find_harvests")
def find_harvests(ask: FindHarvests, context: Context) -> Harvests:
    """Candidates by the rules of the release."""
    found = candidates(ask, context)
    return Harvests(
        candidates=[_harvest(one) for one in found], total_net_benefit=engine.worth_together(found)
    )


def candidates(ask: FindHarvests, context: Context) -> list[engine.Candidate]:
    """The same as the engine answers them."""
    refuse_repeated("parcel", [parcel.id for parcel in ask.parcels], "parcels")
    funds = context.catalogue.read("universe", UniverseFile).by_etf()
    held = {parcel.etf for parcel in ask.parcels}
    return engine.find_harvests(
        [
            Parcel(parcel.id, parcel.etf, parcel.units, parcel.acquired, parcel.cost_base)
            for parcel in ask.parcels
        ],
        engine.Market(
            prices=ask.prices,
            exposures={etf: fund.exposure for etf, fund in funds.items()},
            replacements={etf: _replacements(etf, ask, funds) for etf in held},
        ),
        [engine.Purchase(trade.etf, trade.date) for trade in ask.recent_trades if trade.side == "buy"],
        _terms(ask, context),
        ask.as_of,
    )


def _replacements(etf: str, ask: FindHarvests, funds: Mapping[str, Fund]) -> Sequence[str]:
    """Those asked for, else others alike."""
    if etf in ask.replacements:
        given = ask.replacements[etf]
        return [given] if isinstance(given, str) else given
    return others_alike(etf, funds)


def others_alike(etf: str, funds: Mapping[str, Fund]) -> list[str]:
    """Other indices of an ETF's class.

    The nearest by region and sector come first, then the most liquid, then the cheapest.
    """
    if etf not in funds:
        return []
    ours = funds[etf]
    alike = [
        fund
        for fund in funds.values()
        if (fund.asset_class, fund.hedged) == (ours.asset_class, ours.hedged)
        and fund.exposure != ours.exposure
    ]

    def rank(fund: Fund) -> tuple[int, float, float, str]:
        apart = (fund.region != ours.region) + (fund.sector != ours.sector)
        return apart, -fund.liquidity, fund.fee, fund.etf

    return [fund.etf for fund in sorted(alike, key=rank)]


def _terms(ask: FindHarvests, context: Context) -> engine.Terms:
    house = context.catalogue.read("harvesting", HarvestingFile)
    years = int(house.deferral_years.value) if ask.deferral is None else ask.deferral.years
    australian = ask.jurisdiction == "AU"
    return engine.Terms(
        marginal_rate=Decimal(repr(ask.marginal_rate)),
        taxed_later=_taxed_later(ask, context, years),
        years=years,
        yearly_rate=house.deferral_rate.value if ask.deferral is None else ask.deferral.rate,
        brokerage=ask.costs.brokerage,
        cost_rate=ask.costs.rate,
        threshold=ask.threshold,
        repurchase="part_iva" if australian else "wash_sale",
        window=timedelta(
            days=int(
                house.part_iva_days.value
                if australian
                else at(american_file(context.catalogue).wash_sale_days.values, ask.as_of).value
            )
        ),
        least_days=int(house.minimum_days.value) if australian else 0,
    )


def _taxed_later(ask: FindHarvests, context: Context, years: int) -> Decimal:
    """The share of the marginal rate that a gain after so many years bears, by the rules of today.

    Indexation is left out: how prices will rise is not known.
    """
    if ask.jurisdiction == "US":
        file = american_file(context.catalogue)
        terms = american_gains(file, american_year(file, str(ask.as_of.year), "as_of"), ask.taxpayer)
        long = years * MONTHS_A_YEAR > terms.months_held
        return Decimal(repr(terms.long_rate)) / Decimal(repr(terms.short_rate)) if long else Decimal(1)
    au_file = tax_file(context.catalogue)
    year = australian_year(au_file, year_of(ask.as_of), "as_of")
    rules = australian_gains(au_file, year, ask.taxpayer, resident=True)
    if not isinstance(rules, Discounting) or years * MONTHS_A_YEAR <= rules.months_held:
        return Decimal(1)
    kept = 1 - rules.discount
    return Decimal(kept.numerator) / Decimal(kept.denominator)


def _harvest(one: engine.Candidate) -> Harvest:
    return Harvest(
        etf=one.parcel.etf,
        parcel=one.parcel.id,
        units=one.parcel.units,
        loss=one.loss,
        tax_benefit=one.tax_benefit,
        tax_later=one.tax_later,
        cost=one.cost,
        net_benefit=one.net_benefit,
        replacement=one.replacement,
        blocked_by=one.blocked_by,
        free_on=one.free_on,
    )
