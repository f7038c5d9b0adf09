"""A client's tax year, read off the books; what is reported equals the ledger to the cent.

ActivityError
└── YearNotOver   the tax year has days to come
"""

from collections.abc import Sequence
from decimal import Decimal

from sqlmodel import Session

from activities.account_books import CURRENCY, AccountBooks, books_in, read_books
from activities.australian_tax import (
    australian_gains,
    australian_year,
    tax_file,
    year_around,
    year_of,
    year_rules,
)
from activities.closing_prices import closing_prices
from activities.context import Context
from activities.effects import once
from activities.errors import ActivityError
from activities.exchange_days import day_of, today
from activities.filing import file
from activities.registry import implements
from activities.tax_report_parts import credits_of, gains_reported, notes_of, parts_of
from engines.books import between, standing, units_held
from engines.tax.change_values import spans, valued
from engines.tax.gain_rules import GainRules, Indexing
from engines.tax.months import ONE_DAY
from engines.tax.rules import NOTHING
from engines.tax.year_gains import Gain, gains_of, settle
from engines.tax.year_income import YearOfBooks
from payloads.files.trading import TradingFile
from payloads.tax_reports import (
    AskOutstanding,
    AskTaxYear,
    GainsReported,
    Outstanding,
    TaxReport,
    TaxReportFiled,
)
from store.documents import Subject

KIND = "tax_report"


class YearNotOver(ActivityError):
    """The tax year has days to come."""


@implements("tax.report_year")
def report_year(ask: AskTaxYear, context: Context) -> TaxReport:
    """The report as the books are now; of a year that is not over, so far."""
    return _report(ask, read_books(context, ask.portfolio_id), context)


@implements("tax.file_report")
def file_report(ask: AskTaxYear, context: Context) -> TaxReportFiled:
    """The report, kept: a new version of the document only where it says something new."""
    last = year_around(_known(ask.year, context))[1]
    if today(context) <= last:
        raise YearNotOver(f"{ask.year} goes on until {last}; tax.report_year says how it stands", "year")
    return once(ask, context, TaxReportFiled, lambda tx: _file(tx, ask, context))


def _file(tx: Session, ask: AskTaxYear, context: Context) -> TaxReportFiled:
    report = _report(ask, books_in(tx, context.call.tenant, ask.portfolio_id), context)
    subject = Subject(ask.portfolio_id, KIND, ask.year)
    return TaxReportFiled(
        **dict(file(tx, context, subject, report, "TaxReportFiled", {"year": ask.year})),
        year=ask.year,
        outstanding_statements=report.outstanding_statements,
        assessable_income=report.totals.assessable_income,
        credits_allowed=report.totals.credits_allowed,
        net_capital_gain=report.totals.net_capital_gain,
    )


@implements("tax.statements_outstanding")
def statements_outstanding(ask: AskOutstanding, context: Context) -> Outstanding:
    """The ETFs held at the end of the year whose annual statement was not booked."""
    name = ask.year or _year_meant(ask, context)
    year = australian_year(tax_file(context.catalogue), name, "year")
    books = read_books(context, ask.portfolio_id)
    kept = standing(books.entries)
    return Outstanding(
        portfolio_id=ask.portfolio_id,
        customer_id=books.customer_id,
        year=name,
        first=year.first,
        last=year.last,
        anything=bool(between(kept, year.first, year.last) or units_held(kept, year.last)),
        outstanding=YearOfBooks(books.entries, books.announced, year, _exchange(context)).outstanding(),
    )


def _year_meant(ask: AskOutstanding, context: Context) -> str:
    """The tax year of the moment, else the one before today's."""
    if ask.at is not None:
        return year_of(day_of(ask.at, context))
    first = year_around(year_of(today(context)))[0]
    return year_of(first.replace(year=first.year - 1))


def _known(year: str, context: Context) -> str:
    return australian_year(tax_file(context.catalogue), year, "year").name


def _exchange(context: Context) -> str:
    return context.catalogue.read("trading", TradingFile).exchange.calendar


def _report(ask: AskTaxYear, books: AccountBooks, context: Context) -> TaxReport:
    file = tax_file(context.catalogue)
    year = YearOfBooks(
        books.entries, books.announced, australian_year(file, ask.year, "year"), _exchange(context)
    )
    credits = credits_of(year.distributions(), books, ask.taxpayer, year_rules(file, ask.year, "year"))
    gains, outstanding = _gains(ask, books, context), year.outstanding()
    parts = parts_of(year, books, credits, gains)
    return TaxReport(
        portfolio_id=ask.portfolio_id,
        customer_id=books.customer_id,
        account_id=books.account_id,
        year=ask.year,
        first=year.year.first,
        last=year.year.last,
        currency=CURRENCY,
        taxpayer=ask.taxpayer,
        resident=books.resident,
        complete=today(context) > year.year.last and not outstanding,
        outstanding_statements=outstanding,
        **dict(parts),
        notes=notes_of(parts, credits, resident=books.resident, outstanding=outstanding),
    )


def _gains(ask: AskTaxYear, books: AccountBooks, context: Context) -> GainsReported:
    """The year's schedule, after the losses of earlier years."""
    every = gains_of(books.entries)
    brought = ask.losses_brought_forward
    if brought is None:
        brought = _losses_before(ask, every, books, context)
    rules = _rules(ask, ask.year, books.resident, context)
    return gains_reported(_of_year(ask.year, every, rules, books, context), rules, brought)


def _of_year(
    year: str, every: Sequence[Gain], rules: GainRules, books: AccountBooks, context: Context
) -> list[Gain]:
    """The year's gains, with what their units were worth before a change of rules that splits them."""
    gains = [gain for gain in every if year_of(gain.day) == year]
    if not isinstance(rules, Indexing):
        return gains
    etfs = {gain.etf for gain in gains if gain.etf and gain.units and spans(gain, rules.since)}
    prices = closing_prices(context, rules.since - ONE_DAY, etfs).prices if etfs else {}
    return valued(gains, books.entries, rules.since, prices)


def _losses_before(ask: AskTaxYear, every: Sequence[Gain], books: AccountBooks, context: Context) -> Decimal:
    """What the years before leave of the losses in these books, each netted by its own rules."""
    left = NOTHING
    for year in sorted({year_of(gain.day) for gain in every}):
        if year < ask.year:
            rules = _rules(ask, year, books.resident, context)
            gains = _of_year(year, every, rules, books, context)
            left = settle(gains, rules, left).losses_carried_forward
    return left


def _rules(ask: AskTaxYear, year: str, resident: bool, context: Context) -> GainRules:
    file = tax_file(context.catalogue)
    return australian_gains(file, australian_year(file, year, "year"), ask.taxpayer, resident=resident)
