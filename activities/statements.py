"""Statements of an account, drawn up from the ledger and the closing prices of the days they span.

ActivityError
├── PeriodNotOver   the month or year has days to come
└── UnknownPeriod   there is no such month or tax year
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session

from activities.account_books import CURRENCY, AccountBooks, read_books
from activities.australian_tax import year_around, year_of
from activities.closing_prices import Closing, closing_prices
from activities.context import Context
from activities.effects import once
from activities.errors import ActivityError
from activities.exchange_days import today
from activities.filing import file
from activities.registry import implements
from engines.books import FEES, INCOME, MONEY, OWED, SECURITIES, WITHHELD, Booked, between, units_held
from engines.errors import InvalidValue
from engines.performance import NoSignChange
from engines.statements import (
    Period,
    Transaction,
    cash_at,
    cash_movements,
    change,
    external_flows,
    income_of,
    origins,
    performance,
    transactions,
    unit_moves,
)
from payloads.base import cents
from payloads.performance import Performance
from payloads.statements import (
    AskStatement,
    Balance,
    CashMovement,
    FeeCharged,
    HoldingAt,
    IncomeReceived,
    Statement,
    StatementFiled,
    TransactionListed,
    UnitsMoved,
    ValueChange,
)
from store.cents import from_cents, to_cents
from store.documents import Subject

KINDS = {"month": "monthly_statement", "year": "annual_statement"}
FIRST_YEAR = 1900


class PeriodNotOver(ActivityError):
    """The month or year has days to come."""


class UnknownPeriod(ActivityError):
    """There is no such month or tax year."""


@dataclass(frozen=True, slots=True)
class _Valued:
    """The closing prices of a day and everything's value at them."""

    balance: Balance
    cents: int


@implements("portfolio.statement")
def draw_up(ask: AskStatement, context: Context) -> Statement:
    """The statement as books and prices are now."""
    name = ask.period or _last_over(ask.every, today(context))
    period = _period(ask.every, name)
    if today(context) <= period.last:
        raise PeriodNotOver(f"{name} goes on until {period.last}", "period")
    return _drawn_up(ask, name, period, context)


@implements("portfolio.file_statement")
def file_statement(ask: AskStatement, context: Context) -> StatementFiled:
    """The statement, kept: a new version of the document only where it says something new."""
    statement = draw_up(ask, context)
    return once(ask, context, StatementFiled, lambda tx: _file(tx, statement, context))


def _file(tx: Session, statement: Statement, context: Context) -> StatementFiled:
    subject = Subject(statement.portfolio_id, KINDS[statement.every], statement.period)
    told = {"every": statement.every, "period": statement.period}
    filed = file(tx, context, subject, statement, "StatementFiled", told)
    return StatementFiled(
        **dict(filed),
        every=statement.every,
        period=statement.period,
        first=statement.first,
        last=statement.last,
        opening=statement.opening.value,
        closing=statement.closing.value,
    )


def _last_over(every: str, day: date) -> str:
    """The month or tax year before that of `day`."""
    if every == "month":
        return f"{day.replace(day=1) - timedelta(days=1):%Y-%m}"
    return year_of(year_around(year_of(day))[0] - timedelta(days=1))


def _period(every: str, name: str) -> Period:
    """The days of a month or tax year."""
    year, rest = int(name[:4]), int(name[5:])
    if year >= FIRST_YEAR and every == "month" and 1 <= rest <= 12:
        return Period(date(year, rest, 1), date(year, rest, monthrange(year, rest)[1]))
    if FIRST_YEAR <= year < date.max.year and every == "year" and rest == (year + 1) % 100:
        return Period(*year_around(name))
    raise UnknownPeriod(
        f"there is no {'month' if every == 'month' else 'tax year'} {name}; a month is written 2026-06, "
        "a tax year 2025-26",
        "period",
    )


def _drawn_up(ask: AskStatement, name: str, period: Period, context: Context) -> Statement:
    books = read_books(context, ask.portfolio_id)
    entries, moved = books.entries, transactions(books.entries, period)
    opening, closing = _valued(books, period.eve, context), _valued(books, period.last, context)
    earned, why_not = _performance(books, period, (opening, closing), context)
    return Statement(
        portfolio_id=ask.portfolio_id,
        customer_id=books.customer_id,
        account_id=books.account_id,
        every=ask.every,
        period=name,
        first=period.first,
        last=period.last,
        currency=CURRENCY,
        opening=opening.balance,
        closing=closing.balance,
        change=_change(entries, period, opening, closing),
        cash=[
            CashMovement(kind=kind, amount=from_cents(amount))
            for kind, amount in cash_movements(moved, origins(entries)).items()
        ],
        units=[
            UnitsMoved.model_validate(each, from_attributes=True)
            for each in unit_moves(entries, moved, period)
        ],
        transactions=[_listed(each) for each in moved],
        income=[_income(entry, books) for entry in income_of(entries, period)],
        fees=[
            _fee(entry)
            for entry in between(entries, period.first, period.last)
            if entry.into(FEES) or entry.into(OWED)
        ],
        performance=earned,
        notes=[*_notes(opening, closing), *why_not],
    )


def _valued(books: AccountBooks, day: date, context: Context) -> _Valued:
    """Everything at the close of a day; each holding's value is rounded, then added."""
    units = units_held(books.entries, day)
    closing = closing_prices(context, day, units) if units else Closing(day, False, {})
    holdings = [
        HoldingAt(etf=etf, units=held, price=closing.prices[etf], value=cents(closing.prices[etf] * held))
        for etf, held in units.items()
    ]
    cash = from_cents(cash_at(books.entries, day))
    value = sum((holding.value for holding in holdings), cash)
    balance = Balance(
        on=day,
        priced=closing.session if units else None,
        simulated=closing.simulated,
        cash=cash,
        holdings=holdings,
        value=value,
    )
    return _Valued(balance, to_cents(value))


def _performance(
    books: AccountBooks, period: Period, ends: tuple[_Valued, _Valued], context: Context
) -> tuple[Performance | None, list[str]]:
    """What the period returned, valued on every day that money came or went; else a note why not."""
    flows = external_flows(books.entries, period)
    values = {day: _valued(books, day, context).cents for day in flows if day < period.last}
    values |= {period.eve: ends[0].cents, period.last: ends[1].cents}
    try:
        found = performance(values, flows)
    except (InvalidValue, NoSignChange) as error:
        return None, [f"No return can be stated: {error.message}."]
    if found is None:
        return None, ["No return can be stated: nothing was invested for a day."]
    return Performance.model_validate(found, from_attributes=True), []


def _change(entries: Sequence[Booked], period: Period, opening: _Valued, closing: _Valued) -> ValueChange:
    found = change(entries, period, opening.cents, closing.cents)
    return ValueChange(
        opening=from_cents(found.opening),
        paid_in=from_cents(found.paid_in),
        paid_out=from_cents(found.paid_out),
        income=from_cents(found.income),
        withheld=from_cents(found.withheld),
        fees=from_cents(found.fees),
        market=from_cents(found.market),
        closing=from_cents(found.closing),
    )


def _listed(each: Transaction) -> TransactionListed:
    return TransactionListed(
        date=each.entry.day,
        kind=each.entry.kind,
        reference=each.entry.reference,
        units=dict(each.units),
        amount=from_cents(each.cents),
        balance=from_cents(each.balance),
    )


def _income(entry: Booked, books: AccountBooks) -> IncomeReceived:
    """A reversal takes the credit of what it reverses back with it."""
    told = books.announced.get(entry.reverses or entry.reference)
    credit = 0 if told is None else told.credit_cents
    return IncomeReceived(
        date=entry.day,
        kind=entry.kind,
        reference=entry.reference,
        etf=next((line.etf for line in entry.lines_of(INCOME) if line.etf), None),
        income=from_cents(-entry.into(INCOME)),
        franking_credit=from_cents(-credit if entry.reverses else credit),
        withheld=from_cents(entry.into(WITHHELD)),
        reinvested=from_cents(entry.into(SECURITIES)),
        cash=from_cents(entry.into(*MONEY)),
    )


def _fee(entry: Booked) -> FeeCharged:
    return FeeCharged(
        date=entry.day,
        kind=entry.kind,
        reference=entry.reference,
        amount=from_cents(entry.into(FEES)),
        paid=from_cents(entry.into(FEES, OWED)),
    )


def _notes(opening: _Valued, closing: _Valued) -> list[str]:
    """Which prices were taken where the day itself had none."""
    return [
        f"The closing prices for {end.on} are those of {end.priced}."
        for end in (opening.balance, closing.balance)
        if end.priced and end.priced != end.on
    ]
