"""What is stored, for people to look at: events, portfolios, trading halts."""

import getpass
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args

from sqlmodel import Session

from store import cash, event_proof, events, halts, portfolios, snapshots
from store.cents import from_cents
from store.database import Database
from worker.errors import UnknownId
from worker.portfolio_fees import fees_of
from worker.settings import BrokerName, Settings
from worker.storage import existing_database

TAIL_PAUSE = 0.5
BATCH = 200


@contextmanager
def _reading(settings: Settings) -> Iterator[Session]:
    database = existing_database(settings)
    try:
        with database.reading() as tx:
            yield tx
    finally:
        database.close()


def list_events(
    settings: Settings, *, stream: str | None, name: str | None, after: int, limit: int
) -> list[dict[str, Any]]:
    """Up to `limit` events after position `after`, oldest first; personal parts stay encrypted."""
    with _reading(settings) as tx:
        return [
            _event(event)
            for event in events.read(tx, settings.tenant, after=after, stream=stream, name=name, limit=limit)
        ]


def tail_events(settings: Settings, *, stream: str | None, name: str | None) -> Iterator[dict[str, Any]]:
    """Every event appended from now on, until the caller stops listening."""
    database = existing_database(settings)
    try:
        with database.reading() as tx:
            after = events.checkpoint(tx, settings.tenant)[0]
        while True:
            for event in _after(database, settings, after, stream, name):
                after = event.position
                yield _event(event)
            time.sleep(TAIL_PAUSE)
    finally:
        database.close()


def verify_events(settings: Settings) -> dict[str, Any]:
    """Whether the log is whole: `{whole, events, digest, findings: [{row, problem}]}`."""
    with _reading(settings) as tx:
        findings = event_proof.verify(tx, settings.tenant)
        count, digest = events.checkpoint(tx, settings.tenant)
    return {
        "whole": not findings,
        "events": count,
        "digest": digest,
        "findings": [{"row": finding.row, "problem": finding.problem} for finding in findings],
    }


def show_portfolio(settings: Settings, portfolio_id: str) -> dict[str, Any]:
    """A portfolio's holdings at the newest prices, parcels, cash and drift from its target.

    `drift` is the signed difference of weights, `total_drift` half the sum of their sizes; both count
    cash as a part of the whole. Prices are null while there is no market snapshot. `cash` counts trades
    from their day on; `settled_cash` is what could leave the account today, `unsettled_cash` what trades
    have still to bring (negative: to cost). `fees` says what has accrued since the last invoice, without
    GST, what that invoice asked for, and what of all invoices is still owed.
    """
    with _reading(settings) as tx:
        row = portfolios.portfolio(tx, settings.tenant, portfolio_id)
        positions = portfolios.positions(tx, settings.tenant, portfolio_id)
        parcels = portfolios.parcels(tx, settings.tenant, portfolio_id)
        balance = from_cents(cash.balance(tx, settings.tenant, row.account_id))
        money = {
            "available_cash": from_cents(cash.available(tx, settings.tenant, row.account_id)),
            "settled_cash": from_cents(cash.settled(tx, settings.tenant, row.account_id)),
            "unsettled_cash": from_cents(cash.unsettled(tx, settings.tenant, row.account_id)),
        }
        fees = fees_of(tx, row)
        target = dict(row.target)
        about = {
            "portfolio_id": portfolio_id,
            "customer_id": row.customer_id,
            "account_id": row.account_id,
            "state": row.state,
            "mandate": row.mandate,
            "risk_score": row.risk_score,
            "risk_category": row.risk_category,
        }
        lots = [
            {
                "id": parcel.parcel_id,
                "etf": parcel.etf,
                "units": parcel.units,
                "acquired": parcel.acquired,
                "cost_base": from_cents(parcel.cost_base_cents),
            }
            for parcel in parcels
        ]
        prices, priced = _prices(tx, settings)
    holdings = _holdings(positions, prices, target, balance)
    return {
        **about,
        **priced,
        "cash": balance,
        **money,
        "fees": fees,
        "value": balance + sum((holding["value"] or Decimal(0) for holding in holdings), Decimal(0)),
        "holdings": holdings,
        "total_drift": sum((abs(holding["drift"] or 0) for holding in holdings), Decimal(0)) / 2,
        "parcels": lots,
    }


def halt_trading(settings: Settings, scope: str, reason: str, by: str | None) -> dict[str, Any]:
    """Halt trading of a scope (`all`, `etf:CODE`, `broker:NAME`); what is in force then."""
    who = by or getpass.getuser()
    _refuse_unknown(settings, scope)
    return _change_halts(
        settings,
        lambda tx: halts.halt(tx, settings.tenant, scope, by=who, reason=reason, now=datetime.now(UTC)),
    )


def _refuse_unknown(settings: Settings, scope: str) -> None:
    """A misspelt name would halt nothing and look as if it did."""
    # What only a halt needs.
    from dsl.near import listed, nearest
    from payloads.files.universe import UniverseFile
    from worker.folder_catalogue import FolderCatalogue

    kind, _, name = scope.partition(":")
    universe = FolderCatalogue(settings.definitions / "catalogue").read("universe", UniverseFile)
    known = {"etf": {fund.etf for fund in universe.etfs}, "broker": set(get_args(BrokerName))}.get(kind)
    if known is not None and name not in known:
        near = nearest(name, known)
        hint = f"did you mean {near}?" if near else f"there are {listed(sorted(known))}"
        raise UnknownId(f"there is no {kind} {name}; {hint}", name=f"Unknown{kind.capitalize()}")


def resume_trading(settings: Settings, scope: str, reason: str, by: str | None) -> dict[str, Any]:
    """Lift a halt; `lifted` says whether there was one."""
    who = by or getpass.getuser()
    return _change_halts(
        settings,
        lambda tx: halts.resume(tx, settings.tenant, scope, by=who, reason=reason, now=datetime.now(UTC)),
    )


def show_halts(settings: Settings) -> dict[str, Any]:
    """Every halt in force, the oldest first."""
    with _reading(settings) as tx:
        return {"halts": _halts(tx, settings)}


def _change_halts(settings: Settings, change: Any) -> dict[str, Any]:
    database = existing_database(settings)
    try:
        with database.transaction() as tx:
            changed = change(tx)
            answer: dict[str, Any] = {"halts": _halts(tx, settings)}
    finally:
        database.close()
    return {"lifted": changed, **answer} if isinstance(changed, bool) else answer


def _halts(tx: Session, settings: Settings) -> list[dict[str, Any]]:
    return [
        {"scope": halt.scope, "reason": halt.reason, "since": halt.since, "by": halt.by}
        for halt in halts.current(tx, settings.tenant)
    ]


def _after(
    database: Database, settings: Settings, after: int, stream: str | None, name: str | None
) -> list[events.Event]:
    with database.reading() as tx:
        return events.read(tx, settings.tenant, after=after, stream=stream, name=name, limit=BATCH)


def _event(event: events.Event) -> dict[str, Any]:
    return {
        "position": event.position,
        "at": event.at,
        "stream": event.stream,
        "sequence": event.sequence,
        "kind": event.kind,
        "name": event.name,
        "data": event.data,
        "personal": "encrypted" if event.has_personal else None,
        "actor": event.actor,
        "workflow_id": event.workflow_id,
        "digest": event.digest,
    }


def _prices(tx: Session, settings: Settings) -> tuple[dict[str, Decimal], dict[str, Any]]:
    """Closing prices of the newest snapshot, and which it is; none when nothing was stored yet."""
    from adapters.market.snapshot import Snapshot

    newest = snapshots.newest(tx, settings.tenant)
    if newest is None:
        return {}, {"snapshot": None, "prices_as_of": None, "prices_simulated": None}
    snapshot = Snapshot.from_bytes(newest.content, newest.digest)
    about = {
        "snapshot": newest.digest,
        "prices_as_of": newest.as_of,
        "prices_simulated": newest.simulated,
    }
    return {etf: snapshot.closing(etf) for etf in snapshot.tickers}, about


def _holdings(
    positions: dict[str, int], prices: dict[str, Decimal], target: dict[str, Any], balance: Decimal
) -> list[dict[str, Any]]:
    """A row for each ETF held or aimed at, the largest first; null where there is no price."""
    values = {etf: prices[etf] * units for etf, units in positions.items() if etf in prices}
    whole = balance + sum(values.values(), Decimal(0))
    rows = []
    for etf in sorted({*positions, *target}, key=lambda etf: (-values.get(etf, Decimal(0)), etf)):
        value = values.get(etf) if etf in positions else Decimal(0)
        weight = value / whole if value is not None and whole else None
        aim = Decimal(str(target.get(etf, 0)))
        rows.append(
            {
                "etf": etf,
                "units": positions.get(etf, 0),
                "price": prices.get(etf),
                "value": None if value is None else value.quantize(Decimal("0.01")),
                "weight": None if weight is None else round(weight, 6),
                "target": aim,
                "drift": None if weight is None else round(weight - aim, 6),
            }
        )
    return rows
