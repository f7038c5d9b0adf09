"""Trading halts: of everything, of one ETF, or at one broker; each in the log as an audit event.

StoreError
└── UnknownScope   a halt is of `all`, `etf:CODE` or `broker:NAME`
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from store import events
from store.errors import StoreError
from store.tables import TradingHalt

STREAM = "trading"
ALL, ETF, BROKER = "all", "etf", "broker"


class UnknownScope(StoreError):
    """A halt is of `all`, `etf:CODE` or `broker:NAME`."""


@dataclass(frozen=True, slots=True)
class Halt:
    """Trading that is halted: what (`all`, `etf:VAS`, `broker:simulated`), why, since when, by whom."""

    scope: str
    reason: str
    since: datetime
    by: str


def halt(tx: Session, tenant: str, scope: str, *, by: str, reason: str, now: datetime) -> Halt:
    """Halt trading of `scope`; a halt that is in force already stays as it is."""
    kind, subject = _parsed(scope)
    row = tx.get(TradingHalt, (tenant, kind, subject), with_for_update=True)
    if row is None:
        row = TradingHalt(tenant=tenant, scope=kind, subject=subject, reason=reason, since=now, actor=by)
        tx.add(row)
        _log(tx, tenant, "TradingHalted", {"scope": scope, "reason": reason, "by": by}, by, now)
    return _halt(row)


def resume(tx: Session, tenant: str, scope: str, *, by: str, reason: str, now: datetime) -> bool:
    """Lift the halt of `scope`; False if there was none. Halts of other scopes stay in force."""
    kind, subject = _parsed(scope)
    row = tx.get(TradingHalt, (tenant, kind, subject), with_for_update=True)
    if row is None:
        return False
    since = row.since
    tx.delete(row)
    told = {"scope": scope, "reason": reason, "by": by, "halted_since": since.isoformat()}
    _log(tx, tenant, "TradingResumed", told, by, now)
    return True


def current(tx: Session, tenant: str) -> list[Halt]:
    """Every halt in force, the oldest first."""
    query = select(TradingHalt).where(col(TradingHalt.tenant) == tenant)
    rows = tx.scalars(
        query.order_by(col(TradingHalt.since), col(TradingHalt.scope), col(TradingHalt.subject))
    )
    return [_halt(row) for row in rows]


def etfs(tx: Session, tenant: str) -> list[str]:
    """The ETFs that are halted by themselves, in alphabetical order."""
    return sorted(
        halted.scope.removeprefix(f"{ETF}:")
        for halted in current(tx, tenant)
        if halted.scope.startswith(f"{ETF}:")
    )


def against(tx: Session, tenant: str, *, etf: str, broker: str) -> Halt | None:
    """The halt that forbids trading `etf` at `broker` now, the widest if there are several."""
    in_force = {halted.scope: halted for halted in current(tx, tenant)}
    return next(
        (in_force[scope] for scope in (ALL, f"broker:{broker}", f"etf:{etf}") if scope in in_force), None
    )


def _parsed(scope: str) -> tuple[str, str]:
    kind, _, subject = scope.partition(":")
    if (kind == ALL and not subject) or (kind in (ETF, BROKER) and subject):
        return kind, subject
    raise UnknownScope(f"{scope!r} is not a scope of trading; write all, etf:CODE or broker:NAME", "scope")


def _halt(row: TradingHalt) -> Halt:
    scope = row.scope if row.scope == ALL else f"{row.scope}:{row.subject}"
    return Halt(scope, row.reason, row.since, row.actor)


def _log(tx: Session, tenant: str, name: str, told: dict[str, str], by: str, now: datetime) -> None:
    events.append(tx, tenant, STREAM, name, told, at=now, kind="audit", actor=by)
