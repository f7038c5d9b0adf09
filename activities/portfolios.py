"""Portfolios: what they hold, what they aim at, and where they stand in their life."""

import math
from collections.abc import Mapping
from decimal import Decimal

from sqlmodel import Session

from activities.context import Context
from activities.effects import append, once
from activities.errors import ActivityError
from activities.registry import implements
from engines.weights import PLACES, stored_weights
from payloads.portfolios import (
    CreatedPortfolio,
    Monitored,
    ParcelHeld,
    PortfolioId,
    PortfolioRead,
    SaveAllocation,
    SetTarget,
)
from store import cash, portfolios
from store.cents import from_cents
from store.tables import Parcel

# Weights may come rounded to the fourth decimal, as people show them.
TOLERANCE = 1e-4


class WeightsNotWhole(ActivityError):
    """The weights do not add up to 1."""


class NothingHeld(ActivityError):
    """The portfolio holds nothing: no order of it has filled."""


class NotInvested(ActivityError):
    """The portfolio has not been created yet, so there is nothing to watch."""


@implements("portfolio.read")
def read(ask: PortfolioId, context: Context) -> PortfolioRead:
    """The portfolio as it stands at one moment."""
    tenant = context.call.tenant
    with context.services.database.reading() as tx:
        row = portfolios.portfolio(tx, tenant, ask.portfolio_id)
        return PortfolioRead(
            portfolio_id=row.portfolio_id,
            customer_id=row.customer_id,
            account_id=row.account_id,
            state=row.state,
            mandate=row.mandate,
            risk_score=row.risk_score,
            marginal_rate=row.marginal_rate,
            cash=from_cents(cash.balance(tx, tenant, row.account_id)),
            available_cash=from_cents(cash.available(tx, tenant, row.account_id)),
            positions=portfolios.positions(tx, tenant, ask.portfolio_id),
            target=row.target,
            pods=row.pods,
            parcels=[_parcel(parcel) for parcel in portfolios.parcels(tx, tenant, ask.portfolio_id)],
        )


def _parcel(row: Parcel) -> ParcelHeld:
    return ParcelHeld(
        id=row.parcel_id,
        etf=row.etf,
        units=row.units,
        acquired=row.acquired,
        cost_base=from_cents(row.cost_base_cents),
    )


@implements("portfolio.save_allocation")
def save_allocation(ask: SaveAllocation, context: Context) -> PortfolioId:
    """Keep risk score, tax rate and pod weights for the portfolio."""
    return once(ask, context, PortfolioId, lambda tx: _save_allocation(tx, ask, context))


def _save_allocation(tx: Session, ask: SaveAllocation, context: Context) -> PortfolioId:
    row = portfolios.portfolio(tx, context.call.tenant, ask.portfolio_id, lock=True)
    row.risk_score, row.risk_category = ask.risk_score, ask.risk_category
    row.marginal_rate = round(Decimal(repr(ask.marginal_rate)), PLACES)
    row.pods = whole_weights(ask.pods, "pods")
    tx.add(row)
    return PortfolioId(portfolio_id=ask.portfolio_id)


@implements("portfolio.set_target")
def set_target(ask: SetTarget, context: Context) -> PortfolioId:
    """Keep the weights to hold; to the sixth decimal, the largest takes what rounding leaves."""
    return once(ask, context, PortfolioId, lambda tx: _set_target(tx, ask, context))


def _set_target(tx: Session, ask: SetTarget, context: Context) -> PortfolioId:
    row = portfolios.portfolio(tx, context.call.tenant, ask.portfolio_id, lock=True)
    row.target, row.target_snapshot = whole_weights(ask.weights, "weights"), ask.snapshot
    if ask.by_pod is not None:
        row.pods_by_etf = _pods_by_etf(ask.by_pod)
    tx.add(row)
    data = {"portfolio_id": ask.portfolio_id, "weights": row.target, "snapshot": ask.snapshot}
    append(tx, context, row.customer_id, "TargetSet", data)
    return PortfolioId(portfolio_id=ask.portfolio_id)


def _pods_by_etf(by_pod: Mapping[str, Mapping[str, Decimal]]) -> dict[str, dict[str, float]]:
    """Of each ETF the share that each pod asked for; none of an ETF that nobody asked for."""
    asked: dict[str, dict[str, Decimal]] = {}
    for pod, amounts in sorted(by_pod.items()):
        for etf, amount in amounts.items():
            if amount:
                asked.setdefault(etf, {})[pod] = amount
    return {
        etf: stored_weights({pod: float(amount / sum(pods.values())) for pod, amount in pods.items()})
        for etf, pods in sorted(asked.items())
    }


def whole_weights(weights: Mapping[str, float], path: str) -> dict[str, float]:
    """Weights as they are stored; WeightsNotWhole if they are further from 1 than rounding explains."""
    total = math.fsum(weights.values())
    if abs(total - 1) > TOLERANCE:
        raise WeightsNotWhole(f"the weights add up to {total:.6f}; they must add up to 1", path)
    return stored_weights(weights)


@implements("portfolio.create")
def create(ask: PortfolioId, context: Context) -> CreatedPortfolio:
    """The portfolio's first positions; the fact is appended the first time."""
    return once(ask, context, CreatedPortfolio, lambda tx: _create(tx, ask, context))


def _create(tx: Session, ask: PortfolioId, context: Context) -> CreatedPortfolio:
    tenant = context.call.tenant
    row = portfolios.portfolio(tx, tenant, ask.portfolio_id, lock=True)
    held = portfolios.positions(tx, tenant, ask.portfolio_id)
    if not held:
        raise NothingHeld(
            f"portfolio {ask.portfolio_id} holds nothing; send orders and wait for their fills first",
            "portfolio_id",
        )
    balance = from_cents(cash.balance(tx, tenant, row.account_id))
    if row.state == "opened":
        row.state, row.invested_at = "invested", context.now()
        tx.add(row)
        data = {"portfolio_id": ask.portfolio_id, "positions": held, "cash": balance}
        append(tx, context, row.customer_id, "PortfolioCreated", data)
        append(tx, context, row.customer_id, "client_advanced", {"stage": "invested"}, kind="business")
    return CreatedPortfolio(portfolio_id=ask.portfolio_id, positions=held, cash=balance)


@implements("monitoring.start")
def start_monitoring(ask: PortfolioId, context: Context) -> Monitored:
    """The portfolio is managed from now on; the fact is appended the first time."""
    return once(ask, context, Monitored, lambda tx: _start_monitoring(tx, ask, context))


def _start_monitoring(tx: Session, ask: PortfolioId, context: Context) -> Monitored:
    row = portfolios.portfolio(tx, context.call.tenant, ask.portfolio_id, lock=True)
    if row.state == "opened":
        raise NotInvested(
            f"portfolio {ask.portfolio_id} holds nothing yet; run `investment` for it first", "portfolio_id"
        )
    if row.state == "invested":
        row.state, row.managed_at = "managed", context.now()
        tx.add(row)
        data = {"portfolio_id": ask.portfolio_id}
        append(tx, context, row.customer_id, "PortfolioMonitoringStarted", data)
        append(tx, context, row.customer_id, "client_advanced", {"stage": "managed"}, kind="business")
    return Monitored(portfolio_id=ask.portfolio_id, state=row.state)
