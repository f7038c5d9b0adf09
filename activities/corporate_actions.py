"""Corporate actions: units, cost bases and prices after what a fund did to its units.

ActivityError
└── TradedSince   units were traded on or after the effective date
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import numpy as np
from sqlmodel import Session

from activities.context import Context
from activities.effects import append, once
from activities.errors import ActivityError
from activities.exchange_days import begin_of
from activities.holdings import name_of
from activities.registry import implements
from activities.snapshots import check_etfs, keep, newest_stored
from adapters.market.snapshot import Snapshot
from engines.corporate_actions import Exchanged, Lot, exchanged, payments, value_cents
from payloads.corporate_actions import (
    Action,
    Applied,
    ApplyAction,
    CheckedAction,
    Restated,
    RestatePrices,
)
from payloads.files.universe import UniverseFile
from store import accounts, holdings, ledger, portfolios
from store.cents import from_cents
from store.ledger import About, Posting, Subject
from store.tables import Book, LedgerEntry, LedgerPosting, Parcel, Portfolio


class TradedSince(ActivityError):
    """Units were traded on or after the effective date."""


@implements("corporate_actions.check")
def check(ask: Action, context: Context) -> CheckedAction:
    """Nothing is booked; a new ETF must be in the universe, or nobody could value what they hold."""
    name_of(ask.etf, context, "etf")
    if ask.new_etf is not None:
        check_etfs([ask.new_etf], context.catalogue.read("universe", UniverseFile).by_etf(), "new_etf")
    return CheckedAction(etf=ask.new_etf or ask.etf, effective_at=begin_of(ask.effective_date, context))


@implements("corporate_actions.apply")
def apply(ask: ApplyAction, context: Context) -> Applied:
    """What became of one holder's units, booked once for the announcement's reference."""
    return once(ask, context, Applied, lambda tx: _apply(tx, ask, context))


def _apply(tx: Session, ask: ApplyAction, context: Context) -> Applied:
    tenant, reference = context.call.tenant, f"{ask.action}:{ask.reference}"
    row = portfolios.portfolio(tx, tenant, ask.portfolio_id, lock=True)
    currency = accounts.account(tx, tenant, row.account_id, lock=True).currency
    entry = ledger.find(tx, tenant, row.account_id, reference)
    if entry is not None:
        _hold_same_terms(ask, entry)
        return _applied(tx, ask, row, ledger.postings_of(tx, entry))
    held = _held(tx, tenant, ask)
    if held:
        ledger.post(tx, tenant, row.account_id, _about(ask, context, reference, currency), _lines(ask, held))
        _rename_target(tx, ask, row)
    entry = ledger.find(tx, tenant, row.account_id, reference)
    applied = _applied(tx, ask, row, [] if entry is None else ledger.postings_of(tx, entry))
    if held:
        told = applied.model_dump(mode="python", exclude={"customer_id"})
        announced = {"reference": ask.reference, "action": ask.action, "of_etf": ask.etf}
        day = {"effective_date": ask.effective_date.isoformat()}
        append(tx, context, row.customer_id, "CorporateActionBooked", told | announced | day)
    return applied


def _held(tx: Session, tenant: str, ask: ApplyAction) -> list[Parcel]:
    """The parcels that it moves."""
    if ask.action == "suspension":
        return []
    if holdings.traded_since(tx, tenant, ask.portfolio_id, ask.etf, ask.effective_date):
        raise TradedSince(
            f"{ask.portfolio_id} traded {ask.etf} on or after {ask.effective_date}; book it by hand",
            "effective_date",
        )
    return [each for each in portfolios.parcels(tx, tenant, ask.portfolio_id) if each.etf == ask.etf]


def _about(ask: ApplyAction, context: Context, reference: str, currency: str) -> About:
    call, at = context.call, context.now()
    day = ask.effective_date
    return About(
        reference,
        ask.action,
        day,
        currency,
        at,
        effect_root=call.effect_root,
        actor=call.actor,
        reason=_terms(ask),
    )


def _terms(ask: ApplyAction) -> str:
    """What the units became, in words that stay with the entry."""
    ratio = "" if ask.ratio is None else f" {ask.ratio.new_units} for {ask.ratio.old_units}"
    into = "" if ask.new_etf is None else f" into {ask.new_etf}"
    price = "" if ask.price is None else f" at {ask.price.normalize():f}"
    return (
        f"{ask.etf} from {ask.effective_date}{ratio}{into}{price}{'' if ask.rollover else ', no roll-over'}"
    )


def _hold_same_terms(ask: ApplyAction, entry: LedgerEntry) -> None:
    """ReferenceConflict if the announcement was booked otherwise; entries of before terms were kept pass."""
    if entry.reason not in ("", _terms(ask)):
        raise ledger.ReferenceConflict(
            f"{ask.reference} was booked as {entry.reason}, not as {_terms(ask)}; give what was announced "
            "otherwise its own reference",
            "reference",
        )


def _applied(tx: Session, ask: ApplyAction, row: Portfolio, rows: Sequence[LedgerPosting]) -> Applied:
    """The answer as the ledger has it, so that it is the same whenever it is asked for."""
    day_before = ask.effective_date - timedelta(days=1)
    before = holdings.units_held(tx, row.tenant, ask.portfolio_id, ask.etf, day_before)
    moved = sum(each.units for each in rows if each.etf == (ask.new_etf or ask.etf))
    return Applied(
        portfolio_id=ask.portfolio_id,
        customer_id=row.customer_id,
        etf=ask.new_etf or ask.etf,
        units_before=before,
        units_after=moved if ask.new_etf else before + moved,
        cash=from_cents(sum(each.amount_cents for each in rows if each.book == Book.CASH)),
        gain=from_cents(-sum(each.amount_cents for each in rows if each.book == Book.GAINS)),
    )


def _lines(ask: ApplyAction, held: Sequence[Parcel]) -> list[Posting]:
    lots = [Lot(parcel.parcel_id, parcel.units, parcel.cost_base_cents) for parcel in held]
    if ask.action == "delisting":
        assert ask.price is not None  # the payload sees to it
        return _paid_out(ask, held, value_cents(sum(lot.units for lot in lots), ask.price))
    ratio = Fraction(1) if ask.ratio is None else Fraction(ask.ratio.new_units, ask.ratio.old_units)
    after = exchanged(lots, ratio, ask.price)
    if after.units == 0:
        return _paid_out(ask, held, after.fraction_cents)
    if not ask.rollover:
        return _exchanged_at_market(ask, held, lots, after)
    return [*_carried_over(ask, held, after), *_fraction(ask, after.fraction_cents)]


def _paid_out(ask: ApplyAction, held: Sequence[Parcel], cents: int) -> list[Posting]:
    """All units go for `cents`: a disposal of each parcel."""
    shares = payments([Lot(each.parcel_id, each.units, 0) for each in held], cents)
    lines = [line for each, share in zip(held, shares, strict=True) for line in _disposed(ask, each, share)]
    return [*lines, Posting(Book.CASH, cents)]


def _disposed(ask: ApplyAction, parcel: Parcel, cents: int) -> list[Posting]:
    subject = _subject(ask, parcel)
    cost = parcel.cost_base_cents
    return [
        Posting(Book.SECURITIES, -cost, replace(subject, units=-parcel.units)),
        Posting(Book.GAINS, cost - cents, subject),
    ]


def _carried_over(ask: ApplyAction, held: Sequence[Parcel], after: Exchanged) -> list[Posting]:
    """Units are restated, in their parcel or in one of the new ETF; no gain, and the date stays."""
    lines = []
    for parcel, lot in zip(held, after.lots, strict=True):
        subject, cost = _subject(ask, parcel), parcel.cost_base_cents
        if ask.new_etf is None:
            moved = replace(subject, units=lot.units - parcel.units)
            lines.append(Posting(Book.SECURITIES, lot.cost_cents - cost, moved))
            continue
        lines.append(Posting(Book.SECURITIES, -cost, replace(subject, units=-parcel.units)))
        if lot.units:
            lines.append(Posting(Book.SECURITIES, lot.cost_cents, _successor(ask, parcel, lot)))
    return lines


def _exchanged_at_market(
    ask: ApplyAction, held: Sequence[Parcel], lots: Sequence[Lot], after: Exchanged
) -> list[Posting]:
    """Without roll-over the old units are sold for the new ones, which are bought that day."""
    assert ask.price is not None  # the payload sees to it
    worth = value_cents(after.units, ask.price)
    proceeds = payments(lots, worth + after.fraction_cents)
    costs = payments(after.lots, worth)
    lines = [line for each, share in zip(held, proceeds, strict=True) for line in _disposed(ask, each, share)]
    for parcel, lot, cost in zip(held, after.lots, costs, strict=True):
        if lot.units:
            bought = replace(_successor(ask, parcel, lot), acquired=ask.effective_date)
            lines.append(Posting(Book.SECURITIES, cost, bought))
    return [*lines, Posting(Book.CASH, after.fraction_cents)]


def _fraction(ask: ApplyAction, cents: int) -> list[Posting]:
    """The cost base stays with the whole units, so all that is paid for a fraction is gain."""
    if not cents:
        return []
    return [
        Posting(Book.GAINS, -cents, Subject(ask.portfolio_id, ask.etf)),
        Posting(Book.CASH, cents),
    ]


def _subject(ask: ApplyAction, parcel: Parcel) -> Subject:
    return Subject(ask.portfolio_id, ask.etf, parcel.parcel_id, parcel.acquired)


def _successor(ask: ApplyAction, parcel: Parcel, lot: Lot) -> Subject:
    assert ask.new_etf is not None  # only actions with a new ETF make new parcels
    name = f"{parcel.parcel_id}.{ask.new_etf}"
    return Subject(ask.portfolio_id, ask.new_etf, name, parcel.acquired, lot.units)


def _rename_target(tx: Session, ask: ApplyAction, row: Portfolio) -> None:
    """What was to be held of the old ETF is to be held of the new one."""
    if ask.new_etf is not None and ask.etf in row.target:
        target = dict(row.target)
        target[ask.new_etf] = target.pop(ask.etf) + target.get(ask.new_etf, 0)
        row.target = target
        pods = dict(row.pods_by_etf)
        if ask.etf in pods:
            row.pods_by_etf = {ask.new_etf: pods.pop(ask.etf), **pods}
        tx.add(row)


@implements("corporate_actions.restate_prices")
def restate_prices(ask: RestatePrices, context: Context) -> Restated:
    """The newest snapshot with the split ETF in today's units; one from the effective date on stays."""
    snapshot = newest_stored(context)
    return once(ask, context, Restated, lambda tx: _restate(tx, ask, snapshot, context))


def _restate(tx: Session, ask: RestatePrices, snapshot: Snapshot | None, context: Context) -> Restated:
    if snapshot is None:
        return Restated(snapshot=None, restated=False)
    note = f"{ask.etf} split {ask.ratio.new_units}:{ask.ratio.old_units} from {ask.effective_date}"
    if snapshot.as_of >= ask.effective_date or ask.etf not in snapshot.tickers or note in snapshot.notes:
        return Restated(snapshot=snapshot.digest, restated=False)
    made = _in_new_units(snapshot, ask, note)
    keep(tx, context.call.tenant, made, context.now())
    return Restated(snapshot=made.digest, restated=True)


def _in_new_units(snapshot: Snapshot, ask: RestatePrices, note: str) -> Snapshot:
    column = snapshot.tickers.index(ask.etf)
    tables = [table for table in (snapshot.units, snapshot.distributed) if table is not None]
    restated = []
    for table in tables:
        new = table.copy()
        exact = new[:, column].astype(object) * ask.ratio.old_units  # whole numbers without end
        new[:, column] = [round(Fraction(each, ask.ratio.new_units)) for each in exact]
        restated.append(np.maximum(new, 1) if table is snapshot.units else new)
    return replace(
        snapshot,
        units=restated[0],
        distributed=restated[1] if len(restated) > 1 else None,
        notes=(*snapshot.notes, note),
    )
