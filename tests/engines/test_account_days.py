"""What an account earned by day: small books reckoned by hand."""

from datetime import date, timedelta

import numpy as np
import pytest

from engines.account_days import (
    CASH,
    COSTS,
    Booked,
    Closings,
    Days,
    NoPrice,
    NothingAtWork,
    TooLittleHistory,
    account_days,
    months_before,
)

START = date(2025, 3, 3)
CLASSES = {"AAA": CASH, "BBB": "bonds", "SSS": "shares", "TTT": "shares"}


def day(after: int) -> date:
    return START + timedelta(days=after)


def closings(**prices: list[float]) -> Closings:
    """One price a day for each ETF, from START on."""
    count = len(next(iter(prices.values())))
    return Closings(
        [day(place) for place in range(count)], list(prices), np.array(list(prices.values())).T, CLASSES
    )


def paid(after: int, money: float) -> Booked:
    return Booked(day(after), money, money, {}, {})


def traded(after: int, etf: str, units: int, money: float) -> Booked:
    """A purchase for `money`; a sale has units and money below 0."""
    return Booked(day(after), -money, 0.0, {etf: money}, {etf: units})


def columns(found: Days, name: str) -> tuple[list[float], list[float]]:
    place = list(found.classes).index(name)
    return found.at_work[:, place].tolist(), found.profit[:, place].tolist()


def test_brokerage_and_the_first_day_count() -> None:
    """1,000 comes in on the second day; 90 units at 10 with 5 of brokerage; they close at 10.5, then 11."""
    found = account_days([paid(1, 1000), traded(1, "SSS", 90, 905)], closings(SSS=[9.0, 10.5, 11.0]))
    assert (found.opened, found.opening) == (day(1), 0.0)
    assert found.values == pytest.approx([95 + 945, 95 + 990])
    assert columns(found, "shares") == (pytest.approx([905, 945]), pytest.approx([40, 45]))
    assert columns(found, CASH) == (pytest.approx([95, 95]), pytest.approx([0, 0]))
    assert found.returns == pytest.approx([0.04, 45 / 1040])
    assert found.time_weighted_return() == pytest.approx(0.085)


def test_money_counts_from_the_morning_and_until_the_evening() -> None:
    """1,000 doubles what is at work on its day; what is taken out has earned that day's return."""
    booked = [paid(0, 1000), traded(0, "SSS", 100, 1000), paid(1, 1000), traded(1, "SSS", 100, 1000),
              traded(2, "SSS", -100, -1210), paid(2, -1210)]  # fmt: skip
    found = account_days(booked, closings(SSS=[10.0, 11.0, 12.1, 12.1]))
    assert found.opened == day(0)
    assert found.opening == 1000
    assert found.bases == pytest.approx([2000, 2200, 1210])
    # 100 units gain 1 each, the other hundred were bought at 10 and gain as much.
    assert found.returns == pytest.approx([0.1, 0.1, 0.0])
    assert found.paid_in == {day(1): 1000, day(2): -1210}


def test_costs_and_interest_stand_by_themselves() -> None:
    """A fee of 10 and interest of 4 on a balance of 1,000."""
    booked = [paid(0, 1000), Booked(day(1), -10, 0, {COSTS: 10}, {}), Booked(day(2), 4, 0, {}, {})]
    found = account_days(booked, closings(SSS=[1.0, 1.0, 1.0]))
    assert columns(found, COSTS) == ([0, 0], [-10, 0])
    assert columns(found, CASH) == (pytest.approx([1000, 990]), pytest.approx([0, 4]))


def test_distributions_belong_to_their_class() -> None:
    """30 paid on the second day, of which 3 are kept back: 27 of profit."""
    booked = [paid(0, 1000), traded(0, "BBB", 100, 1000), Booked(day(1), 27, 0, {"BBB": -27}, {})]
    found = account_days(booked, closings(BBB=[10.0, 9.8]))
    assert columns(found, "bonds")[1] == pytest.approx([7])
    assert found.time_weighted_return() == pytest.approx(0.007)


def test_a_split_is_no_return() -> None:
    """Ten units become thirty; prices are of today's units all along."""
    booked = [
        paid(0, 300),
        traded(0, "SSS", 10, 300),
        Booked(day(2), 0, 0, {"SSS": 0}, {"SSS": 20}, restates=True),
    ]
    found = account_days(booked, closings(SSS=[10.0, 11.0, 11.0, 12.1]))
    assert found.returns == pytest.approx([0.1, 0.0, 0.1])


def test_one_etf_takes_the_place_of_another_of_its_class() -> None:
    """A change of code moves the cost base, and neither cash nor what is at work."""
    booked = [paid(0, 100), traded(0, "SSS", 10, 80),
              Booked(day(1), 0, 0, {"SSS": -80, "TTT": 80}, {"SSS": -10, "TTT": 10})]  # fmt: skip
    found = account_days(booked, closings(SSS=[10.0, 10.0, 10.0], TTT=[10.0, 11.0, 11.0]))
    assert columns(found, "shares") == (pytest.approx([100, 110]), pytest.approx([10, 0]))
    assert columns(found, CASH)[0] == pytest.approx([20, 20])


def test_money_from_before_the_first_price_opens_with_its_value() -> None:
    """What happened until the first closing prices is not measured."""
    booked = [Booked(day(-9), 500, 500, {}, {}), traded(-8, "SSS", 50, 450)]
    found = account_days(booked, closings(SSS=[10.0, 11.0]))
    assert (found.opened, found.opening) == (day(0), 550)
    assert found.returns == pytest.approx([50 / 550])
    assert found.paid_in == {}


def test_a_part_of_the_days_opens_with_the_evening_before() -> None:
    """The last month begins at the close of the same day of the month before."""
    found = account_days([paid(0, 100), paid(40, 50)], closings(SSS=[1.0] * 60))
    part = found.last_months(1)
    assert part is not None
    assert (part.opened, part.opening, len(part.sessions)) == (date(2025, 4, 1), 100, 30)
    assert part.paid_in == {day(40): 50}
    assert found.last_months(2) is None


@pytest.mark.parametrize(
    ("of", "months", "expected"),
    [
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2025, 1, 15), 12, date(2024, 1, 15)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2025, 12, 1), 36, date(2022, 12, 1)),
    ],
)
def test_months_end_where_they_are_too_short(of: date, months: int, expected: date) -> None:
    """And go over the year's end."""
    assert months_before(of, months) == expected


def test_nothing_to_measure_is_said_so() -> None:
    """No money, money after the last prices, money on their very first day, no price, profit from nothing."""
    with pytest.raises(TooLittleHistory, match="no money"):
        account_days([], closings(SSS=[1.0]))
    with pytest.raises(TooLittleHistory, match="after the newest"):
        account_days([paid(3, 100)], closings(SSS=[1.0, 1.0]))
    with pytest.raises(TooLittleHistory, match="no day to measure"):
        account_days([paid(0, 100)], closings(SSS=[1.0]))
    with pytest.raises(NoPrice, match="TTT"):
        account_days([paid(0, 100), traded(1, "TTT", 5, 50)], closings(SSS=[1.0, 1.0]))
    with pytest.raises(NothingAtWork, match=r"7\.00 was earned"):
        account_days([paid(0, 100), paid(1, -100), Booked(day(2), 7, 0, {}, {})], closings(SSS=[1.0] * 4))


def test_a_pause_without_money_is_no_return() -> None:
    """Everything out, and in again later."""
    booked = [paid(0, 100), paid(1, -100), paid(3, 80), traded(3, "SSS", 8, 80)]
    found = account_days(booked, closings(SSS=[10.0, 10.0, 10.0, 10.0, 11.0]))
    assert found.returns == pytest.approx([0, 0, 0, 0.1])
