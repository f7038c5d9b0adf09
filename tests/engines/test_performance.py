"""Time-weighted and money-weighted returns: published examples, another library, and what is refused."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.errors import EngineError, InvalidValue
from engines.performance import Flow, NoSignChange, Performance, Valuation, measure

Dated = list[tuple[str, float]]


def performance(values: Dated, flows: Dated = ()) -> Performance:  # type: ignore[assignment]
    """Both returns of dated values and flows."""
    return measure(
        [Valuation(date.fromisoformat(day), value) for day, value in values],
        [Flow(date.fromisoformat(day), amount) for day, amount in flows],
    )


@pytest.mark.parametrize(
    ("values", "flows", "expected"),
    [
        (
            [("2023-01-15", 10000), ("2023-06-30", 12900), ("2024-02-29", 12000), ("2025-03-31", 13800.55)],
            [("2023-06-30", 2500), ("2024-02-29", -1200)],
            0.09408983617693945,
        ),
        ([("2024-01-01", 1000), ("2024-01-31", 1480), ("2024-03-01", 1490)], [("2024-01-31", 500)], -0.04766907200408128),
        ([("2020-01-01", 100), ("2024-12-31", 40)], [], -0.16736323300672118),
        (
            [("2020-01-01", 100), ("2020-07-01", 210), ("2021-01-01", 330), ("2030-12-31", 2500)],
            [("2020-07-01", 100), ("2021-01-01", 100)],
            0.22324817255056542,
        ),
    ],
)  # fmt: skip
def test_money_weighted_is_xirr(values: Dated, flows: Dated, expected: float) -> None:
    """As pyxirr 0.10.8 has it, which agrees with spreadsheets."""
    assert performance(values, flows).money_weighted_return == pytest.approx(expected, abs=1e-10)


def test_time_weighted_links_the_spans_between_flows() -> None:
    """Ten percent, then paid in 500, then ten percent again: 21%, whatever was paid in."""
    found = performance(
        [("2024-01-01", 1000), ("2024-07-01", 1600), ("2024-12-31", 1760)], [("2024-07-01", 500)]
    )
    assert found.time_weighted_return == pytest.approx(0.21, abs=1e-12)
    assert found.annualised == pytest.approx(0.21, abs=1e-12)


def test_a_flow_on_the_last_day_is_not_a_gain() -> None:
    """The last value is after it."""
    found = performance([("2024-01-01", 1000), ("2024-12-31", 1500)], [("2024-12-31", 400)])
    assert found.time_weighted_return == pytest.approx(0.1, abs=1e-12)
    assert found.money_weighted_return == pytest.approx(0.1, abs=1e-10)


def test_a_flow_on_the_first_day_is_part_of_the_first_value() -> None:
    """With and without it everything is the same."""
    values: Dated = [("2024-01-01", 1000), ("2025-12-31", 1210)]
    assert performance(values, [("2024-01-01", 300)]) == performance(values)
    assert performance(values).annualised == pytest.approx(0.1, abs=1e-12)


def test_flows_stand_in_any_order() -> None:
    """The days say when they were, whatever came first."""
    values: Dated = [("2024-01-01", 1000), ("2024-07-01", 1300), ("2025-12-31", 1610)]
    flows: Dated = [("2024-03-01", 100), ("2024-07-01", 120), ("2025-02-01", -60), ("2024-03-01", 5)]
    assert performance(values, flows[::-1]) == performance(values, flows)


def test_everything_lost_after_taking_some_out() -> None:
    """Time-weighted -100%; the owner got something back."""
    found = performance(
        [("2024-01-01", 1000), ("2024-07-01", 500), ("2024-12-31", 0)], [("2024-07-01", -600)]
    )
    assert (found.time_weighted_return, found.annualised) == (-1, -1)
    assert -1 < found.money_weighted_return < 0


@pytest.mark.parametrize(
    ("values", "flows", "kind", "path"),
    [
        ([("2024-01-01", 1000)], [], InvalidValue, "values"),
        ([], [], InvalidValue, "values"),
        ([("2024-02-01", 1000), ("2024-01-01", 1100)], [], InvalidValue, "values[1].date"),
        ([("2024-01-01", 1000), ("2024-01-01", 1100)], [], InvalidValue, "values[1].date"),
        ([("2024-01-01", 1000), ("2024-03-01", 0)], [], NoSignChange, "values"),
        ([("2024-01-01", 0), ("2024-03-01", 10)], [], InvalidValue, "values[0].value"),
        ([("2024-01-01", 1000), ("2024-03-01", 1100)], [("2023-12-31", 5)], InvalidValue, "flows[0].date"),
        ([("2024-01-01", 1000), ("2024-03-01", 100)], [("2024-03-01", 500)], InvalidValue, "values[1].value"),
        ([("2024-01-01", 1), ("2024-01-02", 100)], [], InvalidValue, "values"),
    ],
)  # fmt: skip
def test_what_has_no_return_is_refused(
    values: Dated, flows: Dated, kind: type[EngineError], path: str
) -> None:
    """By type, and by the place of the first thing that is wrong."""
    with pytest.raises(kind) as refused:
        performance(values, flows)
    assert refused.value.path == path


@given(
    st.lists(st.floats(-0.3, 0.4), min_size=1, max_size=12),
    st.lists(st.floats(-0.3, 2.0), min_size=12, max_size=12),
    st.integers(30, 400),
)
def test_flows_do_not_change_the_time_weighted_return(
    returns: list[float], shares: list[float], days: int
) -> None:
    """It is the product of the returns, whatever share of the value goes in or out between them."""
    day, value, product = date(2020, 1, 1), 1000.0, 1.0
    values, flows = [Valuation(day, value)], []
    for gain, share in zip(returns, shares, strict=False):
        day += timedelta(days=days)
        value *= 1 + gain
        product *= 1 + gain
        flows.append(Flow(day, value * share))
        value += flows[-1].amount
        values.append(Valuation(day, value))
    found = measure(values, flows)
    assert found.time_weighted_return == pytest.approx(product - 1, abs=1e-9)


@given(st.floats(-0.4, 0.6), st.lists(st.floats(-300, 900), min_size=2, max_size=8))
def test_constant_growth_is_both_returns(rate: float, amounts: list[float]) -> None:
    """Where every day earns the same, money earns it whenever it comes."""
    days = [date(2021, 3, 1) + timedelta(days=97 * count) for count in range(len(amounts) + 2)]
    values, flows = [Valuation(days[0], 10_000.0)], []
    for earlier, later, amount in zip(days, days[1:], [*amounts, 0.0], strict=False):
        grown = values[-1].value * (1 + rate) ** ((later - earlier).days / 365)
        flows.append(Flow(later, amount))
        values.append(Valuation(later, grown + amount))
    assert all(earlier.day < later.day for earlier, later in pairwise(values))
    found = measure(values, flows)
    assert found.annualised == pytest.approx(rate, abs=1e-9)
    assert found.money_weighted_return == pytest.approx(rate, abs=1e-9)


def test_a_flow_between_values_counts_for_the_days_it_was_there() -> None:
    """Modified Dietz by hand: 150 gained on 1,000 and on 300 for 183 of 365 days."""
    found = performance([("2025-01-01", 1000), ("2026-01-01", 1450)], [("2025-07-02", 300)])
    assert found.time_weighted_return == pytest.approx(150 / (1000 + 300 * 183 / 365), abs=1e-12)
    grown = 1000 * (1 + found.money_weighted_return)
    assert grown + 300 * (1 + found.money_weighted_return) ** (183 / 365) == pytest.approx(1450, abs=1e-6)
