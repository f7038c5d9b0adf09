"""A period's opening, movements and closing add up to the cent, whatever was booked."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.books import Booked, Line
from engines.errors import InvalidValue
from engines.statements import (
    Period,
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

MAY = Period(date(2025, 5, 1), date(2025, 5, 31))
BOUGHT = date(2025, 1, 6)


def booked(number: int, kind: str, day: date, *lines: Line, reverses: str | None = None) -> Booked:
    return Booked(number, f"{kind}:{number}", kind, day, lines, reverses)


def deposit(number: int, day: date, cents: int) -> Booked:
    return booked(number, "deposit", day, Line("cash", cents), Line("capital", -cents))


def test_the_day_before_and_the_last_day_belong_to_their_sides() -> None:
    """What was booked on the eve is in the opening balance, what was booked on the last day moved it."""
    entries = [
        deposit(n, day, n) for n, day in enumerate((MAY.eve, MAY.first, MAY.last, MAY.last + timedelta(1)), 1)
    ]
    found = transactions(entries, MAY)
    assert cash_at(entries, MAY.eve) == 1
    assert [(each.cents, each.balance) for each in found] == [(2, 3), (3, 6)]


def test_settlement_is_no_transaction() -> None:
    """Trades count from their day on: the money changes books, not owners."""
    entry = booked(1, "settlement", MAY.first, Line("cash", 500), Line("unsettled", -500))
    assert transactions([entry], MAY) == []


def test_a_reversal_stands_with_what_it_takes_back() -> None:
    """A bounced deposit leaves deposits as they were."""
    first = deposit(1, MAY.first, 500)
    back = booked(2, "reversal", MAY.last, Line("cash", -500), Line("capital", 500), reverses=first.reference)
    entries = [first, back, deposit(3, MAY.last, 70)]
    assert cash_movements(transactions(entries, MAY), origins(entries)) == {"deposit": 70}


def test_a_funds_statement_is_no_income_of_the_period() -> None:
    """It moves cost bases; neither it nor its reversal pays anything."""
    lines = (Line("securities", -300, "VAS", "a", BOUGHT), Line("income", 300, "VAS"))
    told = booked(1, "cost_base", MAY.first, *lines)
    back = booked(
        2, "reversal", MAY.first, *(Line(x.book, -x.cents, x.etf) for x in lines), reverses=told.reference
    )
    assert income_of([told, back], MAY) == []
    assert transactions([told, back], MAY) == []


def test_units_that_were_not_traded_moved_otherwise() -> None:
    """A split and a reinvestment are neither bought nor sold."""
    entries = [
        booked(1, "purchase", BOUGHT, Line("securities", 1, "VAS", "a", BOUGHT, 10)),
        booked(2, "split", MAY.first, Line("securities", 0, "VAS", "a", BOUGHT, 20)),
        booked(
            3, "sale", MAY.last, Line("securities", -1, "VAS", "a", BOUGHT, -30), Line("gains", 0, "VAS", "a")
        ),
    ]
    [moves] = unit_moves(entries, transactions(entries, MAY), MAY)
    assert (moves.opening, moves.bought, moves.sold, moves.other, moves.closing) == (10, 0, 30, 20, 0)


def test_a_return_counts_what_was_there() -> None:
    """100 grow to 110, 100 more come, 210 grow to 231: 10% twice; the money was in for half the time."""
    middle = date(2025, 5, 16)
    values = {MAY.eve: 100_00, middle: 210_00, MAY.last: 231_00}
    found = performance(values, {middle: 100_00})
    assert found is not None
    assert found.time_weighted_return == pytest.approx(0.21)


def test_a_return_begins_when_the_first_money_comes() -> None:
    """The opening value was nothing: 50 come on the 10th and grow by a tenth."""
    first = date(2025, 5, 10)
    found = performance({MAY.eve: 0, first: 50_00, MAY.last: 55_00}, {first: 50_00})
    assert found is not None
    assert found.time_weighted_return == pytest.approx(0.1)


@pytest.mark.parametrize("values", [{MAY.eve: 0, MAY.last: 0}, {MAY.eve: 0, MAY.last: 500}])
def test_nothing_invested_for_a_day_has_no_return(values: dict[date, int]) -> None:
    """Neither an empty account nor one that was paid into on the last day."""
    assert performance(values, {MAY.last: values[MAY.last]}) is None


def test_everything_taken_out_between_is_refused() -> None:
    """The engine of performance says why."""
    middle = date(2025, 5, 16)
    with pytest.raises(InvalidValue):
        performance({MAY.eve: 100, middle: 0, MAY.last: 100}, {middle: -100, MAY.last: 100})


DAYS = st.dates(date(2025, 4, 1), date(2025, 6, 30))
CENTS = st.integers(-(10**9), 10**9)
KINDS = {
    "deposit": "capital",
    "interest": "income",
    "fee": "fees",
    "fee_payment": "owed",
    "purchase": "securities",
    "cost_base": "income",
    "tax": "withheld",
}


@st.composite
def anything(draw: st.DrawFn) -> list[Booked]:
    """Entries of every kind that add up to nothing, some taken back."""
    entries = []
    for number in range(draw(st.integers(0, 25))):
        kind, cents = draw(st.sampled_from(sorted(KINDS))), draw(CENTS)
        money = "securities" if kind == "cost_base" else draw(st.sampled_from(["cash", "unsettled"]))
        units = draw(st.integers(-50, 50)) if kind == "purchase" else 0
        other = Line(KINDS[kind], -cents, "VAS", "a", BOUGHT, units)
        entries.append(booked(number, kind, draw(DAYS), Line(money, cents, "VAS", "b", BOUGHT), other))
    for entry in draw(st.lists(st.sampled_from(entries), unique=True)) if entries else []:
        turned = tuple(Line(x.book, -x.cents, x.etf, x.parcel, x.acquired, -x.units) for x in entry.lines)
        entries.append(
            booked(100 + entry.sequence, "reversal", draw(DAYS), *turned, reverses=entry.reference)
        )
    return entries


@given(anything(), st.integers(0, 10**9), st.integers(0, 10**9))
def test_opening_and_movements_are_closing_to_the_cent(
    entries: list[Booked], opening: int, closing: int
) -> None:
    """Cash, units and value, each by its own sum; the running balance ends where the cash does."""
    found = transactions(entries, MAY)
    start, end = cash_at(entries, MAY.eve), cash_at(entries, MAY.last)
    assert start + sum(each.cents for each in found) == end
    assert start + sum(cash_movements(found, origins(entries)).values()) == end
    assert (found[-1].balance if found else start) == end
    for moves in unit_moves(entries, found, MAY):
        assert moves.opening + moves.bought - moves.sold + moves.other == moves.closing
    whole = change(entries, MAY, opening, closing)
    assert (
        whole.opening
        + whole.paid_in
        - whole.paid_out
        + whole.income
        - whole.withheld
        - whole.fees
        + whole.market
        == closing
    )
    assert whole.income == -sum(entry.into("income") for entry in income_of(entries, MAY))
    assert whole.paid_in - whole.paid_out == sum(external_flows(entries, MAY).values())
