"""A tax year read off an account's books: each distribution in one year, every cent reconciled."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.books import FEES, GAINS, INCOME, WITHHELD, Booked, Line, standing, units_held
from engines.tax.gain_rules import Discounting
from engines.tax.ledger_trades import unit_trades
from engines.tax.year_gains import gains_of, settle, sort_gains
from engines.tax.year_income import Announced, YearOfBooks, moved
from engines.tax.years import TaxYear

YEAR = TaxYear("2024-25", date(2024, 7, 1), date(2025, 6, 30))
NEXT = TaxYear("2025-26", date(2025, 7, 1), date(2026, 6, 30))
HALF = Discounting(12, Fraction(1, 2))
NO_DISCOUNT = Discounting(12, Fraction(0))


def booked(number: int, kind: str, day: date, *lines: Line, reverses: str | None = None) -> Booked:
    return Booked(number, f"{kind}:{number}", kind, day, lines, reverses)


def paid(number: int, day: date, cents: int, etf: str = "VAS") -> Booked:
    return booked(number, "distribution", day, Line(INCOME, -cents, etf), Line("cash", cents))


def told(ex_date: date, franking: str = "1", credit: int = 0) -> Announced:
    return Announced(ex_date, 100, Decimal(franking), credit)


def buy(number: int, day: date, units: int, cents: int = 1000, parcel: str = "", etf: str = "VAS") -> Booked:
    line = Line("securities", cents, etf, parcel or f"p{number}", day, units)
    return booked(number, "purchase", day, line, Line("unsettled", -cents))


def sell(
    number: int, day: date, units: int, *, of: str, bought: date, cost: int, proceeds: int, etf: str = "VAS"
) -> Booked:
    return booked(
        number,
        "sale",
        day,
        Line("securities", -cost, etf, of, bought, -units),
        Line(GAINS, cost - proceeds, etf, of, bought),
        Line("unsettled", proceeds),
    )


def year_of(
    entries: Sequence[Booked], announced: dict[str, Announced] | None = None, year: TaxYear = YEAR
) -> YearOfBooks:
    return YearOfBooks(entries, announced or {}, year, "XASX")


@pytest.mark.parametrize(
    ("ex_date", "first_year"),
    [
        (date(2025, 6, 30), True),
        (date(2025, 7, 1), True),  # units of 30 June are paid
        (date(2025, 7, 2), False),
        (date(2023, 7, 3), None),  # a Monday: the last session with it is Friday 30 June 2023
    ],
)
def test_a_distribution_is_income_of_the_year_of_its_last_session(
    ex_date: date, first_year: bool | None
) -> None:
    """Paid in July, it belongs to the year in which the units last traded with it; to that year alone."""
    entry = paid(1, ex_date + timedelta(days=15), 500)
    announced = {entry.reference: told(ex_date)}
    if first_year is None:
        earlier = TaxYear("2022-23", date(2022, 7, 1), date(2023, 6, 30))
        assert len(year_of([entry], announced, earlier).distributions()) == 1
        return
    assert len(year_of([entry], announced).distributions()) == first_year
    assert len(year_of([entry], announced, NEXT).distributions()) == (not first_year)


def test_what_was_not_announced_counts_when_it_was_paid() -> None:
    """Without an ex-date there is the day of payment, and no franking."""
    [found] = year_of([paid(1, date(2025, 6, 30), 500)]).distributions()
    assert (found.franked, found.credit, found.cash) == (0, 0, 500)


def test_the_franked_part_is_half_up_to_the_cent() -> None:
    """1.05 franked by half: 52.5 cents are 53."""
    entry = paid(1, date(2025, 3, 3), 105)
    [found] = year_of([entry], {entry.reference: told(date(2025, 2, 3), "0.5")}).distributions()
    assert found.franked == 53


def test_what_was_taken_back_is_in_neither_year() -> None:
    """A payment of June that is taken back in July leaves both years; each year's ledger says how."""
    wrong = paid(1, date(2025, 6, 2), 500)
    back = booked(
        2,
        "reversal",
        date(2025, 7, 2),
        Line(INCOME, 500, "VAS"),
        Line("cash", -500),
        reverses=wrong.reference,
    )
    for year, ledger in ((YEAR, -500), (NEXT, 500)):
        found = year_of([wrong, back], year=year)
        assert found.distributions() == []
        assert (found.reconciled(INCOME).ledger, found.reconciled(INCOME).taken_back) == (ledger, ledger)


def test_funds_whose_statement_is_outstanding_are_named() -> None:
    """Held at the end of the year and not told of; sold out is not waited for, a statement of nothing counts."""
    day = date(2025, 1, 6)
    entries = [
        buy(1, day, 10),
        buy(2, day, 10, etf="VGS"),
        buy(3, day, 10, etf="IVV"),
        sell(4, date(2025, 6, 30), 10, of="p3", bought=day, cost=1000, proceeds=1000, etf="IVV"),
        buy(5, date(2025, 7, 1), 10, etf="NDQ"),
        booked(6, "cost_base", date(2025, 6, 30), Line(INCOME, 0, "VGS")),
    ]
    assert year_of(entries).outstanding() == ["VAS"]


def test_a_statement_moves_cost_base_and_gain_parcel_by_parcel() -> None:
    """What takes a cost base below nothing is a gain of the same parcel."""
    old = date(2020, 1, 6)
    entry = booked(
        1,
        "cost_base",
        date(2025, 6, 30),
        Line("securities", -300, "VAS", "a", old),
        Line(GAINS, -200, "VAS", "a", old),
        Line(INCOME, 500, "VAS"),
        Line("securities", 100, "VAS", "b", old),
        Line(INCOME, -100, "VAS"),
    )
    assert [(each.parcel, each.cost, each.gain) for each in moved(entry)] == [("a", -300, 200), ("b", 100, 0)]
    [gain] = gains_of([entry])
    assert (gain.gain, gain.units, gain.proceeds, gain.cost) == (200, 0, 200, 0)
    assert sort_gains([gain], HALF)[0].treatment == "discounted"


def test_a_statement_that_comes_after_a_sale_belongs_to_the_year_of_the_sale() -> None:
    """100 units on 30 June, 40 sold in August, 4.70 off: 2.82 off the cost base, 1.88 more gain in August."""
    old, june, august = date(2025, 1, 6), date(2025, 6, 30), date(2025, 8, 4)
    entries = [
        buy(1, old, 100, parcel="a"),
        sell(2, august, 30, of="a", bought=old, cost=300, proceeds=300),
        sell(3, date(2026, 2, 2), 10, of="a", bought=old, cost=100, proceeds=100),
        booked(
            4,
            "cost_base",
            june,
            Line("securities", -282, "VAS", "a", old),
            Line(GAINS, -188, "VAS", "a", old),
            Line(INCOME, 470, "VAS"),
        ),
    ]
    told = [(gain.day, gain.gain) for gain in gains_of(entries) if gain.kind == "cost_base"]
    assert told == [(august, 141), (date(2026, 2, 2), 47)]
    here, following = year_of(entries).reconciled(GAINS), year_of(entries, year=NEXT).reconciled(GAINS)
    assert (here.ledger, here.of_other_years, here.from_other_years) == (-188, -188, 0)
    assert (following.ledger, following.of_other_years, following.from_other_years) == (0, 0, -188)
    # Held for more than twelve months by February, not by August.
    assert [line.treatment for line in sort_gains(gains_of(entries), HALF) if line.gain.gain] == [
        "short",
        "discounted",
    ]


def test_what_is_below_nothing_stays_in_the_funds_year() -> None:
    """Of 10.00 off, 6.00 fall on units held, whose cost base is 5.00: 1.00 is gained in June, 4.00 at the sale."""
    old, june = date(2020, 1, 6), date(2025, 6, 30)
    entries = [
        buy(1, old, 100, cents=1000, parcel="a"),
        sell(2, date(2025, 8, 4), 40, of="a", bought=old, cost=500, proceeds=500),
        booked(
            3,
            "cost_base",
            june,
            Line("securities", -500, "VAS", "a", old),
            Line(GAINS, -500, "VAS", "a", old),
            Line(INCOME, 1000, "VAS"),
        ),
    ]
    assert [(gain.day, gain.gain) for gain in gains_of(entries) if gain.kind == "cost_base"] == [
        (june, 100),
        (date(2025, 8, 4), 400),
    ]


@pytest.mark.parametrize(
    ("bought", "sold", "gain", "treatment"),
    [
        (date(2024, 3, 4), date(2025, 3, 4), 100, "short"),
        (date(2024, 3, 4), date(2025, 3, 5), 100, "discounted"),
        (date(2024, 2, 29), date(2025, 2, 28), 100, "short"),
        (date(2024, 2, 29), date(2025, 3, 1), 100, "discounted"),
        (date(2020, 3, 4), date(2025, 3, 5), -100, "loss"),
        (date(2020, 3, 4), date(2025, 3, 5), 0, "none"),
    ],
)
def test_how_a_gain_is_taxed(bought: date, sold: date, gain: int, treatment: str) -> None:
    """Discounted after more than twelve months, both days left out; leap days are days."""
    [found] = gains_of([sell(1, sold, 5, of="a", bought=bought, cost=1000, proceeds=1000 + gain)])
    assert sort_gains([found], HALF)[0].treatment == treatment
    assert found.days_held == (sold - bought).days


def test_long_held_without_a_discount_says_so() -> None:
    """A company or a non-resident has none, however long the units were held."""
    [found] = gains_of([sell(1, date(2025, 3, 5), 5, of="a", bought=date(2020, 1, 6), cost=1, proceeds=2)])
    assert sort_gains([found], NO_DISCOUNT)[0].treatment == "undiscounted"


def test_losses_come_off_short_gains_first() -> None:
    """100 short, 200 discounted, 150 lost: (200 - 50) by half."""
    day, old, new = date(2025, 3, 5), date(2020, 1, 6), date(2025, 1, 6)
    entries = [
        sell(1, day, 1, of="a", bought=new, cost=0, proceeds=100_00),
        sell(2, day, 1, of="b", bought=old, cost=0, proceeds=200_00),
        sell(3, day, 1, of="c", bought=old, cost=150_00, proceeds=0),
    ]
    found = settle(gains_of(entries), HALF, Decimal(0))
    assert (found.gross_gains, found.capital_losses, found.discount, found.net_capital_gain) == (
        300,
        150,
        75,
        75,
    )


def test_the_money_of_a_fraction_is_a_gain_of_no_parcel() -> None:
    """It has no cost base of its own and no holding period."""
    entry = booked(1, "split", date(2025, 3, 5), Line(GAINS, -70, "VAS"), Line("cash", 70))
    [found] = sort_gains(gains_of([entry]), HALF)
    assert (found.gain.parcel, found.gain.gain, found.gain.days_held, found.treatment) == (
        None,
        70,
        0,
        "short",
    )


def test_a_split_is_no_trade() -> None:
    """10 bought, 4 sold, 6 become 18, 9 sold: in common units a half of what was left goes."""
    day, split = date(2025, 1, 6), date(2025, 2, 3)
    entries = [
        buy(1, day, 10),
        sell(2, date(2025, 1, 20), 4, of="p1", bought=day, cost=400, proceeds=400),
        booked(3, "split", split, Line("securities", 0, "VAS", "p1", day, 12)),
        sell(4, date(2025, 3, 3), 9, of="p1", bought=day, cost=300, proceeds=300),
    ]
    trades = unit_trades(entries)
    assert [(trade.day, trade.buys) for trade in trades] == [
        (day, True),
        (date(2025, 1, 20), False),
        (date(2025, 3, 3), False),
    ]
    bought, first, second = (trade.units for trade in trades)
    assert (bought - first) == 2 * second
    assert first / bought == Decimal("0.4")


def test_units_carried_over_keep_the_day_on_which_they_were_bought() -> None:
    """A code change is neither a sale of the old nor a purchase of the new on its day."""
    day = date(2025, 1, 6)
    change = booked(
        2,
        "code_change",
        date(2025, 2, 3),
        Line("securities", -1000, "VAS", "p1", day, -10),
        Line("securities", 1000, "A200", "p1.A200", day, 10),
    )
    assert [(trade.etf, trade.day, trade.buys) for trade in unit_trades([buy(1, day, 10), change])] == [
        ("VAS", day, True),
        ("A200", day, True),
    ]


DAYS = st.dates(date(2024, 5, 1), date(2025, 9, 30))
CENTS = st.integers(1, 10**9)


@st.composite
def year_of_bookings(draw: st.DrawFn) -> tuple[list[Booked], dict[str, Announced]]:
    """Whatever may be booked around a tax year, some of it taken back."""
    entries: list[Booked] = []
    announced: dict[str, Announced] = {}
    for number in range(draw(st.integers(0, 25))):
        kind, day, cents = draw(st.sampled_from("dditfsb")), draw(DAYS), draw(CENTS)
        match kind:
            case "d":
                withheld = draw(st.integers(0, cents))
                lines = (
                    Line(INCOME, -cents, "VAS"),
                    Line(WITHHELD, withheld, "VAS"),
                    Line("cash", cents - withheld),
                )
                entry = booked(number, "distribution", day, *lines)
                if draw(st.booleans()):
                    announced[entry.reference] = told(day - timedelta(days=draw(st.integers(0, 60))))
            case "i":
                entry = booked(number, "interest", day, Line(INCOME, -cents), Line("cash", cents))
            case "t":
                entry = booked(number, "transfer_fee", day, Line(FEES, cents), Line("cash", -cents))
            case "f":
                entry = booked(number, "fee", day, Line(FEES, cents), Line("cash", -cents))
            case "s":
                bought = day - timedelta(days=draw(st.integers(0, 800)))
                entry = sell(number, day, 1, of=f"p{number}", bought=bought, cost=cents, proceeds=draw(CENTS))
            case _:
                move, gain = draw(st.integers(-(10**6), 10**6)), draw(st.integers(-100, 100))
                subject = ("VAS", f"p{number}", date(2020, 1, 6))
                sold = draw(st.integers(0, 10))
                later = draw(DAYS)
                entries.append(buy(100 * number + 1, subject[2], 10, parcel=subject[1]))
                if sold:
                    entries.append(
                        sell(
                            100 * number + 2,
                            later,
                            sold,
                            of=subject[1],
                            bought=subject[2],
                            cost=5,
                            proceeds=9,
                        )
                    )
                entry = booked(
                    100 * number + 3,
                    "cost_base",
                    day,
                    Line("securities", move, *subject),
                    Line(GAINS, -gain, *subject),
                    Line(INCOME, gain - move, "VAS"),
                )
        entries.append(entry)
    for entry in draw(st.lists(st.sampled_from(entries), unique=True)) if entries else []:
        turned = tuple(
            Line(line.book, -line.cents, line.etf, line.parcel, line.acquired, -line.units)
            for line in entry.lines
        )
        entries.append(
            booked(1000 + entry.sequence, "reversal", draw(DAYS), *turned, reverses=entry.reference)
        )
    return entries, announced


@given(year_of_bookings())
def test_what_is_reported_equals_the_ledger_to_the_cent(
    books: tuple[list[Booked], dict[str, Announced]],
) -> None:
    """Every cent of the year's days is reported, taken back, or named as another year's; none twice."""
    entries, announced = books
    years = (TaxYear("2023-24", date(2023, 7, 1), date(2024, 6, 30)), YEAR, NEXT)
    reported = dict.fromkeys((INCOME, WITHHELD, GAINS, FEES), 0)
    for year in years:
        found = year_of(entries, announced, year)
        paid = found.distributions()
        sums = {
            INCOME: -sum(each.income for each in paid)
            + sum(entry.into(INCOME) for entry in [*found.other_income(), *found.statements()]),
            WITHHELD: sum(each.withheld for each in paid)
            + sum(entry.into(WITHHELD) for entry in found.other_income()),
            GAINS: -sum(gain.gain for gain in gains_of(entries) if year.first <= gain.day <= year.last),
            FEES: sum(entry.into(FEES) for entry in found.fees()),
        }
        for book, cents in sums.items():
            line = found.reconciled(book)
            assert line.ledger == sum(
                entry.into(book) for entry in entries if year.first <= entry.day <= year.last
            )
            assert cents == line.ledger - line.taken_back - line.of_other_years + line.from_other_years
            reported[book] += cents
    # Over all years nothing is left of what was taken back, and nothing is told twice.
    for book, cents in reported.items():
        assert cents == sum(entry.into(book) for entry in standing(entries))


def test_units_held_forget_what_was_sold_out() -> None:
    """By the end of a day, whatever was booked after it."""
    day = date(2025, 1, 6)
    entries = [buy(1, day, 10), sell(2, date(2025, 2, 3), 10, of="p1", bought=day, cost=1, proceeds=1)]
    assert units_held(entries, date(2025, 2, 2)) == {"VAS": 10}
    assert units_held(entries, date(2025, 2, 3)) == {}
