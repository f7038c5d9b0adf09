"""Capital gains of a year: parcels, cents, months, losses, discounts, terms and indexation."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.errors import EngineError, InvalidValue
from engines.tax.errors import (
    MissingMarketValue,
    MissingPriceIndex,
    OutsideYear,
    OversoldUnits,
    UnknownParcel,
)
from engines.tax.gain_rules import GainRules, Indexing
from engines.tax.gains import CapitalGains, capital_gains
from engines.tax.months import held_longer
from engines.tax.parcels import Disposal, Parcel
from engines.tax.years import TaxYear
from tests.support.gains import AMERICAN, COMPANY, INDIVIDUAL, SUPER, YEAR, books, disposal, parcel

CHANGE = date(2027, 7, 1)
INDEXED = Indexing(
    12, Fraction(1, 2), CHANGE, {date(2027, 4, 1): Decimal(100), date(2028, 7, 1): Decimal("104.06")}
)
AFTER = TaxYear("2028-29", date(2028, 7, 1), date(2029, 6, 30))
METHODS = ("fifo", "lifo", "highest_cost", "lowest_tax")


def gains(
    parcels: list[Parcel],
    disposals: list[Disposal],
    method: str = "fifo",
    rules: GainRules = INDIVIDUAL,
    brought: object = 0,
    year: TaxYear = YEAR,
) -> CapitalGains:
    """The gains of a year."""
    return capital_gains(parcels, disposals, method, rules, year, Decimal(str(brought)))


@pytest.mark.parametrize(
    ("bought", "sold", "long"),
    [
        ("2023-07-01", "2024-07-01", False), ("2023-07-01", "2024-07-02", True),
        ("2024-02-29", "2025-02-28", False), ("2024-02-29", "2025-03-01", True),
        ("2024-02-28", "2025-02-28", False), ("2024-02-28", "2025-03-01", True),
        ("2023-02-28", "2024-02-28", False), ("2023-02-28", "2024-02-29", False),
        ("2023-02-28", "2024-03-01", True), ("2023-02-27", "2024-02-28", True),
        ("2023-12-31", "2024-12-31", False), ("2023-12-31", "2025-01-01", True),
    ],
)  # fmt: skip
def test_twelve_months_lie_between_purchase_and_sale(bought: str, sold: str, long: bool) -> None:
    """Both days left out; the months of a purchase on the last of February run to the last of February."""
    assert held_longer(date.fromisoformat(bought), date.fromisoformat(sold), 12) == long


@pytest.mark.parametrize(
    ("method", "taken"),
    [
        ("fifo", {"a": 10, "b": 5}), ("lifo", {"c": 10, "b": 5}), ("highest_cost", {"b": 10, "a": 5}),
    ],
)  # fmt: skip
def test_methods_take_the_oldest_the_newest_or_the_dearest(method: str, taken: dict[str, int]) -> None:
    """Of three parcels, 15 of 30 units."""
    parcels = [
        parcel("c", 10, "2024-05-01", 100),
        parcel("a", 10, "2022-05-01", 200),
        parcel("b", 10, "2023-05-01", 300),
    ]
    found = gains(parcels, [disposal(15, "2025-02-03", 450)], method)
    assert {line.parcel.id: line.units for line in found.lines} == taken


def test_disposals_take_in_the_order_of_their_days() -> None:
    """The later disposal stands first in the input and in the lines, and takes last."""
    parcels = [parcel("a", 10, "2022-05-01", 100), parcel("b", 10, "2023-05-01", 200)]
    found = gains(parcels, [disposal(10, "2025-02-03", 300), disposal(10, "2024-08-01", 300)])
    assert [(line.disposal, line.parcel.id) for line in found.lines] == [(0, "b"), (1, "a")]


@pytest.mark.parametrize("method", METHODS)
def test_units_bought_after_a_sale_are_not_sold_by_it(method: str) -> None:
    """Those of the day itself are; later ones leave the disposal short."""
    sold = [disposal(10, "2025-02-03", 300)]
    assert gains([parcel("a", 10, "2025-02-03", 100)], sold, method).lines
    with pytest.raises(OversoldUnits) as refused:
        gains([parcel("a", 9, "2024-02-03", 100), parcel("b", 9, "2025-02-04", 100)], sold, method)
    assert refused.value.path == "disposals[0].units"
    assert "1 of 10 units" in refused.value.message


def test_a_thirds_cents_are_not_lost() -> None:
    """100.00 over three parcels of a unit is 33.34, 33.33, 33.33; a parcel of 100.00 sold by thirds as well."""
    parcels = [parcel(id, 1, "2023-05-01", 50) for id in "abc"]
    found = gains(parcels, [disposal(3, "2025-02-03", 100)])
    assert [str(line.proceeds) for line in found.lines] == ["33.34", "33.33", "33.33"]
    thirds = [disposal(1, "2025-02-03", 50) for _ in range(3)]
    found = gains([parcel("a", 3, "2023-05-01", 100)], thirds)
    assert [str(line.cost_base) for line in found.lines] == ["33.33", "33.34", "33.33"]


@settings(max_examples=80, deadline=None)
@given(book=books(most_units=9, most_parcels=4), method=st.sampled_from(METHODS), spare=st.integers(0, 99))
def test_nothing_is_lost_or_made(book: tuple[list[Parcel], list[Disposal]], method: str, spare: int) -> None:
    """Units and proceeds of every disposal, the cost base of what is sold out, and every dollar of loss."""
    parcels, disposals = book
    odd = [Disposal(one.etf, one.units, one.day, one.proceeds + Decimal(spare) / 100) for one in disposals]
    try:
        found = gains(parcels, odd, method, brought=spare)
    except OversoldUnits:
        return
    for place, one in enumerate(odd):
        lines = [line for line in found.lines if line.disposal == place]
        assert sum(line.units for line in lines) == one.units
        assert sum(line.proceeds for line in lines) == one.proceeds
        assert all(line.parcel.acquired <= one.day and line.parcel.etf == one.etf for line in lines)
    for one in parcels:
        lines = [line for line in found.lines if line.parcel.id == one.id]
        units, cost = sum(line.units for line in lines), sum(line.cost_base for line in lines)
        assert units <= one.units
        assert cost == one.cost_base if units == one.units else cost <= one.cost_base
    year = found.year
    assert year.gross_gains - year.capital_losses == sum(line.gain for line in found.lines)
    assert year.gross_gains - year.losses_applied - year.discount == year.net_capital_gain
    assert year.capital_losses + spare - year.losses_applied == year.losses_carried_forward
    assert not year.losses_carried_forward or not year.net_capital_gain


@pytest.mark.parametrize(("rules", "net"), [(INDIVIDUAL, "500"), (SUPER, "666.67"), (COMPANY, "1000")])
def test_the_discount_depends_on_the_taxpayer(rules: GainRules, net: str) -> None:
    """Half, a third, nothing of a gain of 1,000."""
    found = gains([parcel("a", 1, "2020-01-06", 1000)], [disposal(1, "2025-02-03", 2000)], rules=rules)
    assert found.year.net_capital_gain == Decimal(net)
    assert found.lines[0].discountable == (rules != COMPANY)


def test_losses_come_off_gains_without_discount_first() -> None:
    """Guide to capital gains tax: 520 and 3,000 of gains, 600 and 400 of losses: 1,260 of 2,520 is taxed."""
    parcels = [
        parcel("n", 10, "2024-11-04", 480, "N"),
        parcel("o", 10, "2020-01-06", 1000, "O"),
        parcel("l", 10, "2021-01-06", 1600, "L"),
    ]
    sales = [
        disposal(10, "2025-03-10", 1000, "N"),
        disposal(10, "2025-03-11", 4000, "O"),
        disposal(10, "2025-03-12", 1000, "L"),
    ]
    year = gains(parcels, sales, brought=400).year
    assert (year.losses_applied, year.discount, year.net_capital_gain) == (1000, 1260, 1260)


def test_named_parcels_are_taken_in_the_order_named() -> None:
    """The second first, then what is missing from the first."""
    parcels = [parcel("a", 10, "2022-05-01", 100), parcel("b", 10, "2023-05-01", 200)]
    found = gains(parcels, [disposal(15, "2025-02-03", 300, ids=["b", "a"])], "specific")
    assert {line.parcel.id: line.units for line in found.lines} == {"b": 10, "a": 5}


@pytest.mark.parametrize(
    ("method", "ids", "words"),
    [("specific", None, "name them"), ("fifo", ["a"], "fifo chooses them itself")],
)
def test_whoever_names_parcels_wrongly_is_told_what_to_do(
    method: str, ids: list[str] | None, words: str
) -> None:
    """Without names `specific` has nothing to take; with them the other methods have nothing to choose."""
    held, sold = [parcel("a", 10, "2024-01-08", 100)], [disposal(5, "2025-02-03", 9, ids=ids)]
    with pytest.raises(InvalidValue, match=words):
        gains(held, sold, method)


@pytest.mark.parametrize(
    ("sale", "method", "error", "path"),
    [
        (disposal(5, "2025-02-03", 9, ids=["x"]), "specific", UnknownParcel, "disposals[0].parcel_ids[0]"),
        (
            disposal(5, "2025-02-03", 9, ids=["a", "z"]),
            "specific",
            UnknownParcel,
            "disposals[0].parcel_ids[1]",
        ),
        (disposal(5, "2025-02-03", 9, ids=["late"]), "specific", UnknownParcel, "disposals[0].parcel_ids[0]"),
        (disposal(11, "2025-02-03", 9, ids=["a"]), "specific", OversoldUnits, "disposals[0].units"),
        (disposal(5, "2025-02-03", 9), "specific", InvalidValue, "disposals[0].parcel_ids"),
        (disposal(5, "2025-02-03", 9, ids=["a"]), "fifo", InvalidValue, "disposals[0].parcel_ids"),
        (disposal(5, "2024-06-30", 9), "fifo", OutsideYear, "disposals[0].date"),
        (disposal(5, "2025-07-01", 9), "lowest_tax", OutsideYear, "disposals[0].date"),
        (disposal(5, "2025-02-03", 9, "ZZZ"), "fifo", OversoldUnits, "disposals[0].units"),
        (disposal("10.00000001", "2025-02-03", 9), "lowest_tax", OversoldUnits, "disposals[0].units"),
    ],
)
def test_what_cannot_have_been_sold_is_refused(
    sale: Disposal, method: str, error: type[EngineError], path: str
) -> None:
    """With the place where it was asked for."""
    parcels = [
        parcel("a", 10, "2022-05-01", 100),
        parcel("z", 10, "2022-05-01", 100, "BBB"),
        parcel("late", 10, "2025-02-04", 100),
    ]
    with pytest.raises(error) as refused:
        gains(parcels, [sale], method)
    assert refused.value.path == path


@pytest.mark.parametrize("method", METHODS)
def test_a_year_without_sales_carries_its_losses(method: str) -> None:
    """All of them, whatever the method."""
    year = gains([parcel("a", 1, "2020-01-06", 1)], [], method, brought=70).year
    assert (year.net_capital_gain, year.losses_carried_forward) == (0, 70)


def test_an_american_loss_is_deducted_up_to_its_limit() -> None:
    """Publication 550: a loss of 7,000, of which 3,000 comes off income and 4,000 is carried over."""
    found = gains([parcel("a", 1, "2024-09-02", 10000)], [disposal(1, "2025-02-03", 3000)], rules=AMERICAN)
    assert (found.year.deducted_from_income, found.year.losses_carried_forward) == (3000, 4000)
    assert (found.year.short_term_gain, found.year.long_term_gain) == (-7000, 0)


def test_american_terms_are_netted_apart() -> None:
    """A short gain of 500 less 200 brought forward, a long loss of 100; nothing is discounted."""
    parcels = [parcel("s", 1, "2024-09-02", 500), parcel("l", 1, "2020-01-06", 600, "BBB")]
    sales = [disposal(1, "2025-02-03", 1000), disposal(1, "2025-02-03", 500, "BBB")]
    year = gains(parcels, sales, rules=AMERICAN, brought=200).year
    assert (year.short_term_gain, year.long_term_gain, year.net_capital_gain) == (300, -100, 200)
    assert (year.discount, year.deducted_from_income, year.losses_carried_forward) == (0, 0, 0)


@pytest.mark.parametrize(
    ("cost", "worth", "proceeds", "net"),
    [
        # 2,000 up to the change, halved; from 3,000, indexed by 1.041, to 4,000.
        (1000, 3000, 4000, 1000 + 4000 - 3000 * Decimal("1.041")),
        # Below its index, but above its value: nothing beside the half of 2,000.
        (1000, 3000, 3100, 1000),
        # 500 lost since the change come off the 2,000 before they are halved.
        (1000, 3000, 2500, 750),
        # A loss up to the change comes off the gain after it.
        (3500, 3000, 4000, 4000 - 3000 * Decimal("1.041") - 500),
    ],
)
def test_holdings_across_the_change_are_split_at_their_value(
    cost: int, worth: int, proceeds: int, net: object
) -> None:
    """Bought in 2020, worth so much on 30 June 2027, sold in September 2028."""
    parcels = [parcel("a", 10, "2020-01-06", cost, worth=worth)]
    found = gains(parcels, [disposal(10, "2028-09-04", proceeds)], rules=INDEXED, year=AFTER)
    assert found.year.net_capital_gain == net
    assert found.lines[0].gain == proceeds - cost


def test_losses_go_to_discounted_gains_first_after_the_change() -> None:
    """2,000 of losses take all of the 2,000 up to the change; the indexed gain is taxed whole."""
    parcels = [parcel("a", 10, "2020-01-06", 1000, worth=3000)]
    sales = [disposal(10, "2028-09-04", 4000)]
    year = gains(parcels, sales, rules=INDEXED, year=AFTER, brought=2000).year
    assert (year.discount, year.net_capital_gain) == (0, 4000 - 3000 * Decimal("1.041"))


@pytest.mark.parametrize(
    ("index", "factor"), [("104.05", "1.041"), ("104.04", "1.040"), ("104.0499", "1.040"), ("99", "1")]
)
def test_the_index_factor_has_three_decimals_half_up(index: str, factor: str) -> None:
    """Rounded up where the fourth decimal is 5 or more (ITAA 1997 section 960-275); never below one."""
    quarters = {date(2027, 4, 1): Decimal(100), date(2028, 7, 1): Decimal(index)}
    parcels = [parcel("a", 10, "2020-01-06", 3000, worth=3000)]
    sales = [disposal(10, "2028-09-04", 4000)]
    year = gains(parcels, sales, rules=Indexing(12, Fraction(1, 2), CHANGE, quarters), year=AFTER).year
    assert year.net_capital_gain == 4000 - 3000 * Decimal(factor)


def test_gains_of_a_year_or_less_need_no_index() -> None:
    """They are taxed whole; longer ones name the quarter that is missing."""
    sales = [disposal(10, "2028-09-04", 4000)]
    young = gains([parcel("a", 10, "2027-10-01", 1000)], sales, rules=INDEXED, year=AFTER)
    assert young.year.net_capital_gain == 3000
    with pytest.raises(MissingPriceIndex, match="2027-07-01") as refused:
        gains([parcel("a", 10, "2027-08-01", 1000)], sales, rules=INDEXED, year=AFTER)
    assert refused.value.path == "price_index"


@pytest.mark.parametrize("method", ["fifo", "lowest_tax"])
def test_units_from_before_the_change_need_their_value(method: str) -> None:
    """With the parcel's place."""
    with pytest.raises(MissingMarketValue) as refused:
        gains(
            [parcel("a", 10, "2020-01-06", 1000)],
            [disposal(10, "2028-09-04", 4000)],
            method,
            INDEXED,
            year=AFTER,
        )
    assert refused.value.path == "parcels[0].market_value"


def test_days_are_counted_from_purchase_to_sale() -> None:
    """Bought and sold on the same day are no days."""
    day = date(2024, 9, 2)
    parcels = [parcel("a", 1, "2024-09-02", 1), parcel("b", 1, "2023-09-02", 1, "BBB")]
    found = gains(parcels, [disposal(1, "2024-09-02", 1), disposal(1, "2024-09-02", 1, "BBB")])
    assert [line.days_held for line in found.lines] == [0, (day - (day - timedelta(days=366))).days]
