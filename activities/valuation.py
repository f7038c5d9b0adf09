"""Portfolios at the newest prices: what they are worth, and how far they are from their target.

ActivityError
└── NoTarget   the portfolio has no target to have drifted from
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from activities.context import Context
from activities.errors import ActivityError
from activities.limits import house_limits
from activities.market import latest_snapshot
from activities.portfolios import NothingHeld, read
from activities.reference_prices import ReferencePrices
from activities.registry import implements
from activities.snapshots import chosen_snapshot
from engines.drift import Band, check_drift
from engines.trading.orders import Portfolio as Standing
from engines.trading.orders import Terms
from engines.trading.plan import plan_trades
from payloads.base import cents
from payloads.files.trading import TradingFile
from payloads.market import LatestSnapshot, SnapshotReference
from payloads.orders import Trade
from payloads.portfolios import PortfolioId, PortfolioRead
from payloads.valuation import Drift, PortfolioValue

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
        valued_on=exchange_day(context),
        snapshot=market.snapshot,
        as_of=market.as_of,
        simulated=market.simulated,
    )


@implements("portfolio.measure_drift")
def measure_drift(ask: PortfolioId, context: Context) -> Drift:
    """How far the portfolio is from its target at the newest prices, and the trades that bring it back."""
    held, target = _held(ask.portfolio_id, context)
    _, prices = newest_prices({*held.positions, *target}, context)
    standing = Standing(held.positions, prices, held.available_cash)
    drifts = check_drift(_weights(standing), target, Band(absolute=Decimal(0)))
    plan = plan_trades(standing, target, house_terms(context))
    return Drift(
        largest=float(max(map(abs, drifts.drifts.values()))),
        total_drift=float(drifts.total),
        by_etf={etf: float(drift) for etf, drift in drifts.drifts.items()},
        trades=[Trade.model_validate(order, from_attributes=True) for order in plan.orders],
    )


def exchange_day(context: Context) -> date:
    """The day where the exchange is."""
    zone = ZoneInfo(context.catalogue.read("trading", TradingFile).exchange.timezone)
    return context.now().astimezone(zone).date()


def _held(portfolio_id: str, context: Context) -> tuple[PortfolioRead, dict[str, Decimal]]:
    """The portfolio and its exact target weights."""
    held = read(PortfolioId(portfolio_id=portfolio_id), context)
    if not held.target:
        raise NoTarget(
            f"portfolio {portfolio_id} has no target; run `investment` for it first", "portfolio_id"
        )
    if not held.positions and not held.available_cash:
        raise NothingHeld(f"portfolio {portfolio_id} holds neither units nor cash", "portfolio_id")
    return held, {etf: Decimal(repr(weight)) for etf, weight in held.target.items()}


def newest_prices(etfs: set[str], context: Context) -> tuple[SnapshotReference, dict[str, Decimal]]:
    """The newest snapshot and its prices of these ETFs."""
    newest = latest_snapshot(LatestSnapshot(), context)
    prices = ReferencePrices(chosen_snapshot(context, newest.snapshot))
    return newest, {etf: prices.of(etf, "portfolio_id") for etf in sorted(etfs)}


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
