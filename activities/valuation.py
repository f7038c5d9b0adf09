"""Portfolios at the newest prices: what they are worth, and how far they are from their target.

ActivityError
└── NoTarget   the portfolio has no target to have drifted from
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import cast

from activities import exchange_days
from activities.context import Context
from activities.errors import ActivityError
from activities.limits import house_limits
from activities.market import latest_snapshot
from activities.portfolios import NothingHeld, read
from activities.reference_prices import ReferencePrices
from activities.registry import implements
from activities.snapshots import chosen_snapshot
from activities.trade_plans import plan_of, rules_of, way_of, weighing_of
from engines.drift import Band, check_drift
from engines.tax.parcels import Parcel
from engines.trading.orders import Portfolio as Standing
from engines.trading.orders import Terms
from engines.trading.proposal import propose
from engines.trading.weighing import Weighing
from payloads.base import cents
from payloads.files.trading import TradingFile
from payloads.market import LatestSnapshot, SnapshotReference
from payloads.orders import Trade
from payloads.parcel_methods import ParcelMethod
from payloads.portfolios import PortfolioId, PortfolioRead
from payloads.rebalancing import TradePlan
from payloads.valuation import (
    Drift,
    MeasureDrift,
    PortfolioValue,
    ProposedTrades,
    ProposeTrades,
    TowardsTarget,
)
from store import portfolios

SHARE_PLACES = 12


class NoTarget(ActivityError):
    """The portfolio has no target to have drifted from."""


@implements("portfolio.value")
def value(ask: PortfolioId, context: Context) -> PortfolioValue:
    """What the portfolio is worth at the newest prices, cash included."""
    held = read(ask, context)
    market, prices = newest_prices(set(held.positions), context)
    worth = {etf: prices[etf] * units for etf, units in held.positions.items()}
    return PortfolioValue(
        portfolio_id=ask.portfolio_id,
        value=cents(held.cash + sum(worth.values(), Decimal(0))),
        cash=held.cash,
        holdings={etf: cents(amount) for etf, amount in worth.items()},
        valued_on=exchange_days.today(context),
        snapshot=market.snapshot,
        as_of=market.as_of,
        simulated=market.simulated,
    )


@implements("portfolio.measure_drift")
def measure_drift(ask: MeasureDrift, context: Context) -> Drift:
    """How far the portfolio is from its target at the newest prices, and the trades that bring it back."""
    held, target = _held(ask, context)
    standing = _standing(held, target, context)
    drifts = check_drift(_weights(standing), target, Band(absolute=Decimal(0)))
    plan = _planned(ask, held, standing, target, context)
    return Drift(
        largest=float(max(map(abs, drifts.drifts.values()))),
        total_drift=float(drifts.total),
        by_etf={etf: float(drift) for etf, drift in drifts.drifts.items()},
        trades=[Trade.model_validate(order, from_attributes=True) for order in plan.orders],
    )


@implements("rebalancing.propose")
def propose_trades(ask: ProposeTrades, context: Context) -> ProposedTrades:
    """The trades that bring the portfolio back at the newest prices, and why each is made or not."""
    held, target = _held(ask, context)
    plan = _planned(ask, held, _standing(held, target, context), target, context)
    return ProposedTrades.model_validate(plan, from_attributes=True)


def _planned(
    ask: MeasureDrift | ProposeTrades,
    held: PortfolioRead,
    standing: Standing,
    target: dict[str, Decimal],
    context: Context,
) -> TradePlan:
    weighing, assumptions = _weighing(held, context) if ask.tax_aware else (None, list[str]())
    way = way_of(ask, context.catalogue)
    found = propose(standing, target, house_terms(context), way, weighing)
    return plan_of(found, ask.mode, assumptions)


def _weighing(held: PortfolioRead, context: Context) -> tuple[Weighing, list[str]]:
    """What the portfolio's trades are weighed by; the client's own tax rate, or the highest there is."""
    parcels = [
        Parcel(parcel.id, parcel.etf, Decimal(parcel.units), parcel.acquired, parcel.cost_base)
        for parcel in held.parcels
    ]
    today = exchange_days.today(context)
    method = _parcel_method(held.portfolio_id, today, context)
    if held.marginal_rate is not None:
        return weighing_of(context.catalogue, parcels, Decimal(repr(held.marginal_rate)), today, method)
    rate = rules_of(context.catalogue).unknown_marginal_rate.value
    weighing, assumptions = weighing_of(context.catalogue, parcels, rate, today, method)
    return weighing, [*assumptions, f"The client's marginal rate is not known; {rate} is taken."]


def _parcel_method(portfolio_id: str, day: date, context: Context) -> ParcelMethod:
    """How sales of the portfolio choose their parcels when they are booked."""
    with context.services.database.reading() as tx:
        own = portfolios.portfolio(tx, context.call.tenant, portfolio_id).parcel_method
    house = context.catalogue.read("trading", TradingFile).parcels_by(day)
    return house if own is None else cast(ParcelMethod, own)


def _standing(held: PortfolioRead, target: dict[str, Decimal], context: Context) -> Standing:
    _, prices = newest_prices({*held.positions, *target}, context)
    return Standing(held.positions, prices, held.available_cash)


def _held(ask: TowardsTarget, context: Context) -> tuple[PortfolioRead, dict[str, Decimal]]:
    """The portfolio and its exact target weights: those given, else those on record."""
    held = read(PortfolioId(portfolio_id=ask.portfolio_id), context)
    target = ask.target or {etf: Decimal(repr(weight)) for etf, weight in held.target.items()}
    if not target:
        raise NoTarget(
            f"portfolio {ask.portfolio_id} has no target; run `investment` for it first", "portfolio_id"
        )
    if not held.positions and not held.available_cash:
        raise NothingHeld(f"portfolio {ask.portfolio_id} holds neither units nor cash", "portfolio_id")
    return held, target


def newest_prices(etfs: set[str], context: Context) -> tuple[SnapshotReference, dict[str, Decimal]]:
    """The newest snapshot and its prices of these ETFs."""
    newest = latest_snapshot(LatestSnapshot(), context)
    prices = ReferencePrices(chosen_snapshot(context, newest.snapshot))
    return newest, {etf: prices.of(etf, "portfolio_id") for etf in sorted(etfs)}


def known_prices(etfs: set[str], context: Context) -> dict[str, Decimal]:
    """The newest snapshot's prices of those of these ETFs that it has."""
    snapshot = chosen_snapshot(context, latest_snapshot(LatestSnapshot(), context).snapshot)
    return {etf: snapshot.closing(etf) for etf in sorted(etfs.intersection(snapshot.tickers))}


def _weights(standing: Standing) -> dict[str, Decimal]:
    """Each holding's share of the whole, cash included, to more places than any band has."""
    return {
        etf: round(_decimal(standing.value(etf) / standing.whole), SHARE_PLACES) for etf in standing.positions
    }


def _decimal(share: Fraction) -> Decimal:
    return Decimal(share.numerator) / Decimal(share.denominator)


def house_terms(context: Context) -> Terms:
    """What orders cost and keep to by the release."""
    house = house_limits(context.catalogue)
    return Terms(
        brokerage=house.brokerage,
        buffer=house.cash_buffer,
        min_first_holding=house.min_first_holding,
    )
