"""Distributions: paid in cash or units, with the tax that was kept back and the credits beside.

ActivityError
├── ParcelsMoved   a parcel has become one of another ETF since the statement's day
└── SoldSince      units of an adjusted parcel were sold after the statement was booked
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from activities.australian_tax import check_year, tax_file, year_of
from activities.context import Context
from activities.effects import append, once
from activities.errors import ActivityError
from activities.registry import implements
from engines.cost_base import Adjustment, HeldThen, adjustments, statement_cents
from engines.entitlements import Entitlement, Reinvested, Terms, entitlement, record_date, reinvest
from payloads.distributions import (
    AdjustCostBase,
    AdjustedParcel,
    CostBaseAdjusted,
    Paid,
    Pay,
    SetReinvestment,
    TakeBackStatement,
    TakenBack,
)
from payloads.files.written import at
from store import accounts, customers, holdings, ledger, portfolios
from store.cents import from_cents, to_cents
from store.holdings import ParcelThen
from store.ledger import About, Posting, Subject
from store.tables import Book, LedgerEntry, LedgerPosting, Portfolio

HOME = "AU"
NOTHING = Decimal("0.00")


class ParcelsMoved(ActivityError):
    """A parcel has become one of another ETF since the statement's day."""


class SoldSince(ActivityError):
    """Units of an adjusted parcel were sold after the statement was booked."""


@implements("distributions.pay")
def pay(ask: Pay, context: Context) -> Paid:
    """What one holder was paid, booked once for the announcement's reference, whichever run asks."""
    return once(ask, context, Paid, lambda tx: _pay(tx, ask, context))


def _pay(tx: Session, ask: Pay, context: Context) -> Paid:
    tenant = context.call.tenant
    row = portfolios.portfolio(tx, tenant, ask.portfolio_id)
    accounts.hold_currency(accounts.account(tx, tenant, row.account_id, lock=True), ask.currency)
    units = holdings.units_held(tx, tenant, ask.portfolio_id, ask.etf, record_date(ask.ex_date))
    due = entitlement(units, _terms(tx, ask, row, context))
    before = ledger.find(tx, tenant, row.account_id, _distribution(ask.reference))
    before_in = None if before is None else _took_units_of(tx, before)
    taken = row.reinvest if before is None else before_in is not None
    bought = _reinvested(ask, due, taken=taken)
    paid = Paid(
        portfolio_id=ask.portfolio_id,
        customer_id=row.customer_id,
        units=units,
        income=due.income,
        franking_credit=due.franking_credit,
        withheld=due.withheld,
        reinvested_units=bought.units,
        reinvested=bought.cost,
        cash=bought.rest,
    )
    about = _about(context, _distribution(ask.reference), "distribution", ask.payment_date, ask.currency)
    # The fund may go by another code since the ex-date.
    code = before_in or holdings.code_on(tx, tenant, ask.etf, ask.payment_date)
    if due.income and ledger.post(tx, tenant, row.account_id, about, _payment(ask, due, bought, code)):
        told = paid.model_dump(mode="python", exclude={"customer_id"})
        announced = {"reference": ask.reference, "etf": ask.etf, "franking": ask.franking}
        days = {"ex_date": f"{ask.ex_date}", "payment_date": f"{ask.payment_date}"}
        append(tx, context, row.customer_id, "DistributionPaid", {**told, **announced, **days})
    return paid


def _terms(tx: Session, ask: Pay, row: Portfolio, context: Context) -> Terms:
    rules, day = tax_file(context.catalogue), ask.payment_date
    check_year(rules, year_of(day), "payment_date")
    resident = customers.customer(tx, context.call.tenant, row.customer_id).tax_residency == HOME
    return Terms(
        amount=ask.amount,
        franking=Decimal(ask.franking),
        credit=ask.credit,
        company_rate=at(rules.company_rate.values, day).value,
        withholding=Decimal(0) if resident else at(rules.unfranked_withholding.values, day).value,
    )


def _reinvested(ask: Pay, due: Entitlement, *, taken: bool) -> Reinvested:
    if not taken or ask.reinvestment_price is None:
        return Reinvested(0, NOTHING, due.cash)
    return reinvest(due.cash, ask.reinvestment_price)


def _took_units_of(tx: Session, before: LedgerEntry) -> str | None:
    """The units that it was paid in then, if in any: the portfolio may want something else by now."""
    return next((row.etf for row in ledger.postings_of(tx, before) if row.book == Book.SECURITIES), None)


def _payment(ask: Pay, due: Entitlement, bought: Reinvested, code: str) -> list[Posting]:
    """Income by ETF, and where it went, units under their `code`; lines of nothing are left out."""
    paid_by = Subject(ask.portfolio_id, ask.etf)
    parcel = Subject(
        ask.portfolio_id,
        code,
        f"{_distribution(ask.reference)}.{ask.portfolio_id}",
        ask.payment_date,
        bought.units,
    )
    lines = [
        Posting(Book.INCOME, -to_cents(due.income), paid_by),
        Posting(Book.WITHHELD, to_cents(due.withheld), paid_by),
        Posting(Book.SECURITIES, to_cents(bought.cost), parcel),
        Posting(Book.CASH, to_cents(bought.rest)),
    ]
    return [line for line in lines if line.amount_cents]


@implements("distributions.adjust_cost_base")
def adjust_cost_base(ask: AdjustCostBase, context: Context) -> CostBaseAdjusted:
    """How one holder's parcels moved, booked once for the statement's reference."""
    return once(ask, context, CostBaseAdjusted, lambda tx: _adjust(tx, ask, context))


def _adjust(tx: Session, ask: AdjustCostBase, context: Context) -> CostBaseAdjusted:
    tenant = context.call.tenant
    row = portfolios.portfolio(tx, tenant, ask.portfolio_id)
    currency = accounts.account(tx, tenant, row.account_id, lock=True).currency
    held = holdings.parcels_held(tx, tenant, ask.portfolio_id, ask.etf, ask.as_of)
    before = ledger.find(tx, tenant, row.account_id, _statement(ask.reference))
    if before is not None:
        return _adjusted(ask, row, _as_booked(tx, ask, before, held))
    moves = adjustments([_held_then(each) for each in held], ask.per_unit)
    about = _about(context, _statement(ask.reference), "cost_base", ask.as_of, currency)
    # A statement that moves nothing is booked too: a year waits for one of each fund.
    nothing = Posting(Book.INCOME, 0, Subject(ask.portfolio_id, ask.etf))
    lines = _moved(ask, held, moves) or [nothing]
    answer = _adjusted(ask, row, moves)
    if held and ledger.post(tx, tenant, row.account_id, about, lines):
        told = {**answer.model_dump(mode="python"), "reference": ask.reference, "etf": ask.etf}
        append(tx, context, row.customer_id, "CostBaseAdjusted", {**told, "as_of": ask.as_of.isoformat()})
    return answer


def _as_booked(
    tx: Session, ask: AdjustCostBase, before: LedgerEntry, held: Sequence[ParcelThen]
) -> list[Adjustment]:
    """What was booked, which sales since would make different; another amount is refused."""
    rows = ledger.postings_of(tx, before)
    booked = sum(row.amount_cents for row in rows if row.book == Book.INCOME)
    asked = statement_cents(sum(each.units for each in held), ask.per_unit)
    if booked != -asked:
        raise ledger.ReferenceConflict(
            f"statement {ask.reference} was booked as {-booked / 100:.2f}, not as {asked / 100:.2f}; take it "
            "back, and give the right one its own reference",
            "reference",
        )
    return [
        Adjustment(parcel_id, _of(rows, parcel_id, Book.SECURITIES), -_of(rows, parcel_id, Book.GAINS))
        for parcel_id in sorted({row.parcel_id for row in rows if row.parcel_id})
    ]


def _of(rows: Sequence[LedgerPosting], parcel_id: str, book: Book) -> int:
    return sum(row.amount_cents for row in rows if row.parcel_id == parcel_id and row.book == book)


def _held_then(held: ParcelThen) -> HeldThen:
    parcel = held.parcel
    if not parcel.units + held.sold_since:
        raise ParcelsMoved(
            f"parcel {parcel.parcel_id} has become another ETF's since; book the statement by hand", "as_of"
        )
    return HeldThen(parcel.parcel_id, held.units, parcel.units, held.sold_since, parcel.cost_base_cents)


def _moved(ask: AdjustCostBase, held: Sequence[ParcelThen], moves: Sequence[Adjustment]) -> list[Posting]:
    """A rise is income that was attributed and not paid; a fall was paid and is no income."""
    lines = []
    for each, move in zip(held, moves, strict=True):
        parcel = each.parcel
        subject = Subject(ask.portfolio_id, ask.etf, parcel.parcel_id, parcel.acquired)
        lines += [
            Posting(Book.SECURITIES, move.cost_cents, subject),
            Posting(Book.GAINS, -move.gain_cents, subject),
            Posting(Book.INCOME, -move.total_cents, replace(subject, parcel_id=None, acquired=None)),
        ]
    return [line for line in lines if line.amount_cents]


def _adjusted(ask: AdjustCostBase, row: Portfolio, moves: Sequence[Adjustment]) -> CostBaseAdjusted:
    return CostBaseAdjusted(
        portfolio_id=ask.portfolio_id,
        customer_id=row.customer_id,
        cost_base=from_cents(sum(move.cost_cents for move in moves)),
        gain=from_cents(sum(move.gain_cents for move in moves)),
        parcels=[
            AdjustedParcel(
                parcel_id=move.parcel_id,
                cost_base=from_cents(move.cost_cents),
                gain=from_cents(move.gain_cents),
            )
            for move in moves
        ],
    )


@implements("distributions.take_back_statement")
def take_back_statement(ask: TakeBackStatement, context: Context) -> TakenBack:
    """Whether a wrong statement's adjustment was taken back just now."""
    return once(ask, context, TakenBack, lambda tx: _take_back(tx, ask, context))


def _take_back(tx: Session, ask: TakeBackStatement, context: Context) -> TakenBack:
    tenant, wrong = context.call.tenant, _statement(ask.reference)
    row = portfolios.portfolio(tx, tenant, ask.portfolio_id)
    currency = accounts.account(tx, tenant, row.account_id, lock=True).currency
    entry = ledger.find(tx, tenant, row.account_id, wrong)
    if entry is None:
        return TakenBack(portfolio_id=ask.portfolio_id, taken_back=False)
    if holdings.sold_after(tx, entry):
        raise SoldSince(
            f"units that statement {ask.reference} adjusted were sold since; book the difference by hand",
            "reference",
        )
    about = replace(_about(context, "", "", entry.effective, currency), reason=ask.reason)
    taken_back = ledger.reverse(tx, tenant, row.account_id, wrong, about)
    if taken_back:
        told = {"portfolio_id": ask.portfolio_id, "reference": ask.reference, "reason": ask.reason}
        append(tx, context, row.customer_id, "CostBaseAdjustmentTakenBack", told)
    return TakenBack(portfolio_id=ask.portfolio_id, taken_back=taken_back)


@implements("portfolio.set_reinvestment")
def set_reinvestment(ask: SetReinvestment, context: Context) -> SetReinvestment:
    """Keep what the client wants for their distributions."""
    return once(ask, context, SetReinvestment, lambda tx: _set_reinvestment(tx, ask, context))


def _set_reinvestment(tx: Session, ask: SetReinvestment, context: Context) -> SetReinvestment:
    row = portfolios.portfolio(tx, context.call.tenant, ask.portfolio_id, lock=True)
    row.reinvest = ask.reinvest
    tx.add(row)
    return ask


def _about(context: Context, reference: str, kind: str, day: date, currency: str) -> About:
    call = context.call
    return About(
        reference, kind, day, currency, context.now(), effect_root=call.effect_root, actor=call.actor
    )


def _distribution(reference: str) -> str:
    return f"distribution:{reference}"


def _statement(reference: str) -> str:
    return f"cost_base:{reference}"
