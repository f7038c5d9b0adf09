"""Positions, parcels and disposals, made from the ledger's postings of securities and gains.

StoreError
└── UnitsGone   an entry would leave a position or a parcel with less than nothing
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select
from sqlmodel import Session, col

from store.errors import StoreError
from store.tables import SAME_ENTRY, Book, LedgerEntry, LedgerPosting, Parcel, ParcelDisposal, Position

PROJECTIONS = (ParcelDisposal, Parcel, Position)


class UnitsGone(StoreError):
    """An entry would leave a position or a parcel with less than nothing."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Units and cost base that go into a parcel (negative: out of it)."""

    portfolio_id: str
    etf: str
    parcel_id: str
    acquired: date
    units: int
    cents: int


@dataclass(frozen=True, slots=True)
class Movement:
    """An entry with its postings."""

    entry: LedgerEntry
    postings: Sequence[LedgerPosting]

    def moved(self) -> Iterator[Moved]:
        """The lines that move units or cost base."""
        for row in self.postings:
            if row.book == Book.SECURITIES:
                assert row.portfolio_id is not None
                assert row.etf is not None
                assert row.parcel_id is not None
                assert row.acquired is not None
                yield Moved(
                    row.portfolio_id, row.etf, row.parcel_id, row.acquired, row.units, row.amount_cents
                )

    def gain(self, parcel_id: str) -> int:
        """Cents by which the proceeds of a parcel's units exceed their cost base."""
        gains = (row for row in self.postings if row.book == Book.GAINS and row.parcel_id == parcel_id)
        return -sum(row.amount_cents for row in gains)

    def disposes(self, moved: Moved) -> bool:
        """Whether the line sold units of a parcel, or takes that back.

        A sale states its gain, be it none; units that leave without one are restated or carried over.
        """
        sold = moved.units > 0 if self.entry.reverses is not None else moved.units < 0
        return sold and any(
            row.book == Book.GAINS and row.parcel_id == moved.parcel_id for row in self.postings
        )


def apply(tx: Session, movement: Movement) -> None:
    """Carry one entry into positions, parcels and disposals; UnitsGone where they would fall below zero."""
    tenant = movement.entry.tenant
    for moved in movement.moved():
        disposes = movement.disposes(moved)
        _move_position(tx, tenant, moved)
        _move_parcel(tx, tenant, moved, bought=0 if disposes else moved.units)
        if disposes:
            _dispose(tx, movement, moved)
    tx.flush()


def rebuild(tx: Session, tenant: str, portfolio_id: str) -> None:
    """Make a portfolio's positions, parcels and disposals anew from the ledger alone."""
    for projection in PROJECTIONS:
        tx.execute(
            delete(projection).where(
                col(projection.tenant) == tenant, col(projection.portfolio_id) == portfolio_id
            )
        )
    tx.expire_all()
    for movement in movements(tx, tenant, portfolio_id):
        apply(tx, movement)


def movements(tx: Session, tenant: str, portfolio_id: str) -> list[Movement]:
    """Every entry that touched the portfolio's securities, in the order in which they were booked."""
    query = (
        select(LedgerEntry, LedgerPosting)
        .join(LedgerPosting, SAME_ENTRY)
        .where(col(LedgerPosting.tenant) == tenant, col(LedgerPosting.portfolio_id) == portfolio_id)
        .order_by(col(LedgerEntry.sequence), col(LedgerPosting.line))
    )
    found: dict[int, tuple[LedgerEntry, list[LedgerPosting]]] = {}
    for entry, row in tx.execute(query):
        found.setdefault(entry.sequence, (entry, []))[1].append(row)
    return [Movement(entry, rows) for entry, rows in found.values()]


def _move_position(tx: Session, tenant: str, moved: Moved) -> None:
    position = tx.get(Position, (tenant, moved.portfolio_id, moved.etf)) or Position(
        tenant=tenant, portfolio_id=moved.portfolio_id, etf=moved.etf, units=0
    )
    _hold_enough(f"{moved.portfolio_id} holds", position.units, moved)
    position.units += moved.units
    tx.add(position)


def _move_parcel(tx: Session, tenant: str, moved: Moved, *, bought: int) -> None:
    parcel = tx.get(Parcel, (tenant, moved.parcel_id)) or Parcel(
        tenant=tenant,
        parcel_id=moved.parcel_id,
        portfolio_id=moved.portfolio_id,
        etf=moved.etf,
        acquired=moved.acquired,
        units_bought=0,
        units=0,
        cost_base_cents=0,
    )
    _hold_enough(f"parcel {moved.parcel_id} has", parcel.units, moved)
    parcel.units += moved.units
    parcel.units_bought += bought
    parcel.cost_base_cents += moved.cents
    tx.add(parcel)


def _hold_enough(who: str, units: int, moved: Moved) -> None:
    if units + moved.units < 0:
        raise UnitsGone(f"{who} {units} {moved.etf}, of which {-moved.units} cannot be taken")


def _dispose(tx: Session, movement: Movement, moved: Moved) -> None:
    entry = movement.entry
    if entry.reverses is not None:
        taken_back = tx.get(ParcelDisposal, (entry.tenant, moved.parcel_id, entry.reverses))
        assert taken_back is not None  # what is reversed was booked, and carried here, before
        tx.delete(taken_back)
        return
    tx.add(
        ParcelDisposal(
            tenant=entry.tenant,
            parcel_id=moved.parcel_id,
            reference=entry.reference,
            portfolio_id=moved.portfolio_id,
            etf=moved.etf,
            acquired=moved.acquired,
            disposed=entry.effective,
            units=-moved.units,
            cost_base_cents=-moved.cents,
            proceeds_cents=movement.gain(moved.parcel_id) - moved.cents,
        )
    )
