"""The parts of a tax report as they are told: cents become amounts, lines become sums."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeVar

from activities.account_books import AccountBooks
from engines.books import FEES, GAINS, INCOME, WITHHELD, Booked, Line
from engines.tax.franking import Credits, franking_credits
from engines.tax.gain_rules import GainRules
from engines.tax.ledger_trades import unit_trades
from engines.tax.rules import NOTHING, YearRules, cents, total
from engines.tax.taxpayer import Distribution, Income
from engines.tax.year_gains import Gain, Sorted, sort_gains
from engines.tax.year_income import INTEREST, Distributed, Moved, YearOfBooks, moved
from payloads.tax import Taxpayer
from payloads.tax_reports import (
    BookReconciled,
    Brokerage,
    CostBaseMove,
    DistributionReported,
    FeeReported,
    FundIncome,
    GainReported,
    GainsReported,
    OtherIncome,
    TaxTotals,
    TaxYearParts,
)
from store.cents import from_cents

Row = TypeVar("Row")


def credits_of(
    paid: Sequence[Distributed], books: AccountBooks, taxpayer: Taxpayer, rules: YearRules
) -> Credits:
    """The year's franking credits, those that the 45-day rule allows told apart; a non-resident has none."""
    distributions = [
        Distribution(
            etf=each.etf,
            cash=from_cents(each.income),
            franking=NOTHING if each.announced is None else each.announced.franking,
            credit=from_cents(each.credit),
            ex_date=None if each.announced is None else each.announced.ex_date,
        )
        for each in paid
    ]
    if not books.resident:
        attached = total([Decimal(each.credit or 0) for each in distributions])
        note = "Franking credits are of no use to a non-resident (ITAA 1997 section 207-70)."
        return Credits(NOTHING, attached, (note,) if attached else (), tuple(NOTHING for _ in paid))
    income = Income(
        kind=taxpayer,
        resident=True,
        other_income=NOTHING,
        distributions=distributions,
        net_capital_gain=NOTHING,
        trades=unit_trades(books.entries),
    )
    found = franking_credits(income, rules)
    if taxpayer != "individual" or not found.allowed:
        return found
    small = (
        f"Credits of less than {rules.small_holder_credits:,} a year are kept whatever the days held; "
        "those of other investments count too and are not known here."
    )
    return Credits(found.allowed, found.denied, (*found.assumptions, small), found.each)


def parts_of(year: YearOfBooks, books: AccountBooks, credits: Credits, gains: GainsReported) -> TaxYearParts:
    """Everything but who and when."""
    distributions = [
        _distribution(paid, allowed) for paid, allowed in zip(year.distributions(), credits.each, strict=True)
    ]
    cost_bases = [_cost_base(each) for entry in year.statements() for each in moved(entry)]
    other_income, fees = [_other(entry) for entry in year.other_income()], [_fee(one) for one in year.fees()]
    brokerage = _brokerage(year, books.brokerage)
    funds = _funds(year, distributions)
    totals = _totals(funds, other_income, gains, cost_bases, fees, brokerage)
    withheld = totals.withheld
    return TaxYearParts(
        totals=totals,
        funds=funds,
        distributions=distributions,
        other_income=other_income,
        cost_bases=cost_bases,
        gains=gains,
        fees=fees,
        brokerage=brokerage,
        reconciliation=[
            _reconciled(year, INCOME, -1, totals.income),
            _reconciled(year, WITHHELD, 1, withheld),
            _reconciled(year, GAINS, -1, gains.gross_gains - gains.capital_losses + gains.indexation),
            _reconciled(year, FEES, 1, totals.fees),
        ],
    )


def gains_reported(gains: Sequence[Gain], rules: GainRules, brought_forward: Decimal) -> GainsReported:
    """The schedule, in the order in which it was booked, and the year's figures."""
    lines = sort_gains(gains, rules)
    year = rules.settle(lines, brought_forward)
    booked = from_cents(sum(gain.gain for gain in gains))
    return GainsReported(
        lines=[_gain(line) for line in lines],
        short_gains=total([line.ordinary for line in lines if line.ordinary > 0]),
        discountable_gains=total([line.favoured for line in lines if line.favoured > 0]),
        gross_gains=year.gross_gains,
        indexation=booked - (cents(year.gross_gains) - cents(year.capital_losses)),
        capital_losses=year.capital_losses,
        losses_brought_forward=brought_forward,
        losses_applied=year.losses_applied,
        discount=year.discount,
        net_capital_gain=year.net_capital_gain,
        losses_carried_forward=year.losses_carried_forward,
    )


def notes_of(
    parts: TaxYearParts, credits: Credits, *, resident: bool, outstanding: Sequence[str]
) -> list[str]:
    """What whoever reads the figures has to know."""
    unannounced = [paid.reference for paid in parts.distributions if paid.ex_date is None]
    said = {
        f"No annual statement was booked yet of {', '.join(outstanding)}: its income and cost bases may "
        "still change.": bool(outstanding),
        "What a fund's distribution is made of beyond its franked part (foreign income, gains of the fund) "
        "stands in the fund's own annual statement.": bool(parts.distributions),
        f"Nothing was announced of {', '.join(unannounced)}: counted as unfranked, in the year of payment.": (
            bool(unannounced)
        ),
        "Losses brought forward are those of earlier years in this account.": (
            parts.gains.losses_brought_forward > 0
        ),
        "A non-resident has no discount on capital gains; those on units that are no taxable Australian "
        "property are disregarded altogether (ITAA 1997 section 855-10), which is not judged here.": (
            not resident and bool(parts.gains.lines)
        ),
        "Brokerage is part of cost bases and proceeds; it is not deducted again.": (
            parts.brokerage.total > 0
        ),
        "Whether a fee can be deducted depends on what it was paid for.": bool(parts.fees),
    }
    return [*(text for text, holds in said.items() if holds), *credits.assumptions]


def _distribution(paid: Distributed, allowed: Decimal) -> DistributionReported:
    told, credit = paid.announced, from_cents(paid.credit)
    return DistributionReported(
        reference=paid.entry.reference,
        etf=paid.etf,
        ex_date=None if told is None else told.ex_date,
        paid=paid.entry.day,
        units=None if told is None else told.units,
        income=from_cents(paid.income),
        franked=from_cents(paid.franked),
        unfranked=from_cents(paid.income - paid.franked),
        franking_credit=credit,
        credit_allowed=allowed,
        credit_denied=credit - allowed,
        withheld=from_cents(paid.withheld),
        reinvested=from_cents(paid.reinvested),
        cash=from_cents(paid.cash),
    )


def _other(entry: Booked) -> OtherIncome:
    return OtherIncome(
        reference=entry.reference,
        kind=entry.kind,
        paid=entry.day,
        etf=next((line.etf for line in entry.lines_of(INCOME) if line.etf), None),
        amount=from_cents(-entry.into(INCOME)),
        withheld=from_cents(entry.into(WITHHELD)),
    )


def _cost_base(each: Moved) -> CostBaseMove:
    return CostBaseMove(
        reference=each.entry.reference,
        etf=each.etf,
        as_of=each.entry.day,
        parcel=each.parcel,
        acquired=each.acquired,
        cost_base=from_cents(each.cost),
        gain=from_cents(each.gain),
    )


def _gain(line: Sorted) -> GainReported:
    gain = line.gain
    return GainReported(
        reference=gain.reference,
        kind=gain.kind,
        etf=gain.etf,
        parcel=gain.parcel,
        units=gain.units,
        acquired=gain.acquired,
        disposed=gain.day,
        days_held=gain.days_held,
        proceeds=from_cents(gain.proceeds),
        cost_base=from_cents(gain.cost),
        gain=from_cents(gain.gain),
        treatment=line.treatment,
    )


def _fee(entry: Booked) -> FeeReported:
    return FeeReported(
        reference=entry.reference, kind=entry.kind, charged=entry.day, amount=from_cents(entry.into(FEES))
    )


def _brokerage(year: YearOfBooks, charged: dict[str, int]) -> Brokerage:
    def of(kind: str) -> Decimal:
        return from_cents(
            sum(charged.get(entry.reference, 0) for entry in year.trades() if entry.kind == kind)
        )

    return Brokerage(purchases=of("purchase"), sales=of("sale"), total=of("purchase") + of("sale"))


def _funds(year: YearOfBooks, paid: Sequence[DistributionReported]) -> list[FundIncome]:
    """One row for each ETF that paid or told anything, in alphabetical order."""
    lines = [line for entry in year.statements() for line in entry.lines_of(INCOME)]
    etfs = sorted({each.etf for each in paid} | {str(line.etf) for line in lines})
    return [
        _fund(etf, [each for each in paid if each.etf == etf], [line for line in lines if line.etf == etf])
        for etf in etfs
    ]


def _fund(etf: str, paid: Sequence[DistributionReported], told: Sequence[Line]) -> FundIncome:
    distributions = added(paid, lambda each: each.income)
    attributed = from_cents(-sum(line.cents for line in told if line.cents < 0))
    deferred = from_cents(sum(line.cents for line in told if line.cents > 0))
    return FundIncome(
        etf=etf,
        distributions=distributions,
        franked=added(paid, lambda each: each.franked),
        unfranked=added(paid, lambda each: each.unfranked),
        attributed=attributed,
        tax_deferred=deferred,
        income=distributions + attributed - deferred,
        franking_credit=added(paid, lambda each: each.franking_credit),
        credit_allowed=added(paid, lambda each: each.credit_allowed),
        credit_denied=added(paid, lambda each: each.credit_denied),
        withheld=added(paid, lambda each: each.withheld),
    )


def _totals(
    funds: Sequence[FundIncome],
    other: Sequence[OtherIncome],
    gains: GainsReported,
    cost_bases: Sequence[CostBaseMove],
    fees: Sequence[FeeReported],
    brokerage: Brokerage,
) -> TaxTotals:
    everything_else = added(other, lambda each: each.amount)
    interest = added([each for each in other if each.kind == INTEREST], lambda each: each.amount)
    income = added(funds, lambda fund: fund.income) + everything_else
    allowed = added(funds, lambda fund: fund.credit_allowed)
    return TaxTotals(
        distributions=added(funds, lambda fund: fund.distributions),
        franked=added(funds, lambda fund: fund.franked),
        unfranked=added(funds, lambda fund: fund.unfranked),
        interest=interest,
        other_income=everything_else - interest,
        attributed=added(funds, lambda fund: fund.attributed),
        tax_deferred=added(funds, lambda fund: fund.tax_deferred),
        income=income,
        franking_credits=added(funds, lambda fund: fund.franking_credit),
        credits_allowed=allowed,
        credits_denied=added(funds, lambda fund: fund.credit_denied),
        withheld=added(funds, lambda fund: fund.withheld) + added(other, lambda each: each.withheld),
        net_capital_gain=gains.net_capital_gain,
        assessable_income=income + allowed + gains.net_capital_gain,
        cost_base_moves=added(cost_bases, lambda each: each.cost_base),
        fees=added(fees, lambda each: each.amount),
        brokerage=brokerage.total,
    )


def added(rows: Sequence[Row], amount: Callable[[Row], Decimal]) -> Decimal:
    """The sum of one amount of every row; 0.00 of none."""
    return sum(map(amount, rows), from_cents(0))


def _reconciled(year: YearOfBooks, book: str, sign: int, reported: Decimal) -> BookReconciled:
    found = year.reconciled(book)
    return BookReconciled(
        book=book,
        ledger=from_cents(sign * found.ledger),
        taken_back=from_cents(sign * found.taken_back),
        of_other_years=from_cents(sign * found.of_other_years),
        from_other_years=from_cents(sign * found.from_other_years),
        reported=reported,
    )
