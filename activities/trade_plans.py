"""Trades planned by the rules of the release: bands, what a trade is worth, and how sales are taxed."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from activities.australian_tax import australian_gains, tax_file, year_around, year_of
from activities.context import Catalogue
from activities.trade_reasons import decision_of
from engines.drift import Band
from engines.tax.errors import UnknownTaxYear
from engines.tax.gain_rules import Discounting, GainRules, Indexing, Standing
from engines.tax.parcel_choice import ORDERS, taken_in_order
from engines.tax.parcels import Parcel
from engines.tax.rules import NOTHING
from engines.tax.years import TaxYear
from engines.trading.modes import Mode, Way
from engines.trading.orders import Order
from engines.trading.proposal import Proposal
from engines.trading.weighing import Choose, Weighing
from payloads import rebalancing as payload
from payloads.files.rebalancing import RebalancingFile
from payloads.parcel_methods import ParcelMethod

NOT_INDEXED = (
    "Gains are taxed here without the indexation that holds from {since}, and without a discount: the tax is "
    "the most that it can be."
)


def way_of(ask: payload.TradeWay, catalogue: Catalogue) -> Way:
    """The mode, and the band that was asked for or that of the house."""
    band = ask.band or rules_of(catalogue).band
    return Way(Mode(ask.mode), Band(band.absolute, band.relative, band.floor))


def rules_of(catalogue: Catalogue) -> RebalancingFile:
    """The house rules of the release."""
    return catalogue.read("rebalancing", RebalancingFile)


def weighing_of(
    catalogue: Catalogue,
    parcels: Sequence[Parcel],
    marginal_rate: Decimal,
    as_of: date,
    method: ParcelMethod,
    benefit_rate: Decimal | None = None,
    always_beyond: Decimal | None = None,
) -> tuple[Weighing, list[str]]:
    """What trades are weighed by, and what is assumed of the tax; figures of the house if none are given."""
    house = rules_of(catalogue)
    rules, assumptions = _gain_rules(catalogue, as_of)
    return (
        Weighing(
            rate=house.benefit_rate.value if benefit_rate is None else benefit_rate,
            always_beyond=house.always_beyond.value if always_beyond is None else always_beyond,
            parcels=parcels,
            rules=rules,
            marginal_rate=marginal_rate,
            as_of=as_of,
            choose=_chosen_by(method, rules),
        ),
        assumptions,
    )


def _chosen_by(method: ParcelMethod, rules: GainRules) -> Choose:
    if method == "lowest_tax":
        from engines.tax.lowest_tax import taken_for_least  # its solver is heavy, and others need none

        return lambda parcels, sales: taken_for_least(parcels, sales, rules, Standing(NOTHING))
    return lambda parcels, sales: taken_in_order(parcels, sales, ORDERS[method])


def _gain_rules(catalogue: Catalogue, as_of: date) -> tuple[GainRules, list[str]]:
    """The rules of the year; for an indexed one those of a gain that nothing is taken off."""
    file, name = tax_file(catalogue), year_of(as_of)
    year = TaxYear(name, *year_around(name))
    first = file.capital_gains_discount.values[0].since
    if year.first < first:
        raise UnknownTaxYear(
            f"there are no rules on gains of {year.name}; they begin on {first}", "tax.as_of"
        )
    rules = australian_gains(file, year, "individual", resident=True)
    if isinstance(rules, Indexing):
        return Discounting(rules.months_held, Fraction(0)), [NOT_INDEXED.format(since=rules.since)]
    return rules, []


def plan_of(found: Proposal, mode: payload.Mode, assumptions: Sequence[str]) -> payload.TradePlan:
    """The plan as data."""
    return payload.TradePlan(
        orders=[_trade(order) for order in found.plan.orders],
        cash_after=found.plan.cash_after,
        costs=found.plan.costs,
        weights_after={etf: float(weight) for etf, weight in found.plan.weights_after.items()},
        tracking_error=float(found.plan.tracking_error),
        mode=mode,
        decisions=[decision_of(one) for one in found.decisions],
        tax=found.tax,
        assumptions=list(assumptions),
    )


def _trade(order: Order) -> payload.Trade:
    return payload.Trade(
        etf=order.etf,
        side=order.side,
        units=order.units,
        price=order.price,
        value=order.value,
        cost=order.cost,
    )
