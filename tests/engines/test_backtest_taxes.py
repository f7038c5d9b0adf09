"""Tax of a course by hand: parcels, discount, losses, distributions."""

from datetime import date
from fractions import Fraction

import numpy as np
import pytest

from engines.backtest.history import History
from engines.backtest.rules import Periodic, Static
from engines.backtest.run import run
from engines.backtest.taxes import Taxes, TaxTerms, TaxYear, assessed, taxes
from engines.backtest.trades import Costs
from engines.tax.errors import NotCovered
from engines.tax.portfolio import GainsRule

HALF = GainsRule(months_held=12, discount=Fraction(1, 2))
TERMS = TaxTerms(marginal_rate=0.4, last_month=6, gains_rule=lambda day: HALF)
ONE = np.array([1.0])


def sold_down(prices: list[float], days: list[date], flows: dict[int, float], **more: object) -> Taxes:
    """One asset bought for 1,000 on the first day, with withdrawals."""
    history = History(tuple(days), ("A",), np.array(prices)[:, None], flows=flows, **more)
    return taxes(run(history, ONE, Static(), initial=1000), TERMS)


@pytest.mark.parametrize(("day", "taxed"), [(date(2022, 3, 1), 50.0), (date(2022, 3, 2), 25.0)])
def test_more_than_twelve_months_halve_the_gain(day: date, taxed: float) -> None:
    """Bought on 1 March 2021 at 100; half of twice the value is sold: a gain of 50 on 100."""
    found = sold_down([100, 200, 200], [date(2021, 3, 1), day, date(2022, 6, 1)], {1: -100.0})
    (year,) = found.years
    assert year.ends_in == 2022
    assert year.net_capital_gain == pytest.approx(taxed)
    assert found.total == pytest.approx(0.4 * taxed)
    assert found.unrealised_gain == pytest.approx(1900 - 950)


def test_a_loss_is_carried_to_the_next_year() -> None:
    """100 lost in the year to June 2021; of a gain of 150 in the next 50 are left."""
    days = [date(2021, 3, 1), date(2021, 6, 30), date(2021, 7, 1), date(2021, 8, 1)]
    found = sold_down([100, 50, 50, 250], days, {1: -100.0, 3: -250.0})
    first, second = found.years
    assert (first.losses, first.losses_carried_forward, first.tax) == pytest.approx((100, 100, 0))
    assert (second.other_gains, second.net_capital_gain) == pytest.approx((150, 50))
    assert second.tax == pytest.approx(20)


def test_losses_come_off_gains_without_a_discount_first() -> None:
    """50 of losses take all of 30 and 20 of 100; the rest is halved. 300 the year after are carried on."""
    years = {
        2022: TaxYear(2022, discountable_gains=100, other_gains=30, losses=50),
        2024: TaxYear(2024, other_gains=10, losses=310),
    }
    first, second, third = assessed(years, TERMS)
    assert (first.net_capital_gain, first.losses_carried_forward) == (40, 0)
    assert second == TaxYear(2023)
    assert (third.net_capital_gain, third.losses_carried_forward) == (0, 300)


def test_a_part_of_a_parcel_has_its_part_of_the_cost() -> None:
    """A is rebalanced after more than a year."""
    days = (date(2020, 1, 1), date(2021, 1, 2))
    history = History(days, ("A", "B"), np.array([[100.0, 100], [300, 100]]))
    found = taxes(run(history, np.array([0.5, 0.5]), Periodic([1]), initial=200), TERMS)
    (year,) = found.years
    # 100 of 300 are sold: a third of a parcel that cost 100.
    assert year.discountable_gains == pytest.approx(200 / 3)
    assert year.net_capital_gain == pytest.approx(100 / 3)


def test_a_reinvested_distribution_is_income_and_a_parcel() -> None:
    """50 on ten units are taxed, and are the cost base of what they bought: nothing is taxed twice."""
    days = [date(2021, 7, 1), date(2021, 8, 1), date(2021, 9, 1)]
    found = sold_down([100, 95, 95], days, {}, payouts=np.array([[0.0], [5.0], [0.0]]))
    (year,) = found.years
    assert (year.income, year.tax) == pytest.approx((50, 20))
    assert found.unrealised_gain == pytest.approx(-50)


def test_costs_belong_to_cost_base_and_proceeds() -> None:
    """Bought and sold at one price, the costs of both ways are the loss."""
    days = (date(2021, 7, 1), date(2021, 8, 1))
    history = History(days, ("A",), np.array([[100.0], [100.0]]), flows={1: -495.0})
    course = run(history, ONE, Static(), initial=1010, costs=Costs(rate=0.01))
    (year,) = taxes(course, TERMS).years
    assert year.losses == pytest.approx(0.5 * 10 + 5)


def test_gains_and_what_is_unrealised_are_all_that_was_earned() -> None:
    """Over many rebalances with costs: gains less losses, and the rest at the end, make the profit."""
    steps = np.random.default_rng(5).standard_normal((700, 4)) * 0.02
    days = tuple(date.fromordinal(737000 + day) for day in range(700))
    weights = np.array([0.4, 0.3, 0.2, 0.1])
    payouts = np.zeros((700, 4))
    payouts[50::90] = 0.7
    history = History(days, tuple("ABCD"), 100 * np.exp(np.cumsum(steps, axis=0)), payouts=payouts)
    course = run(history, weights, Periodic(list(range(20, 700, 20))), initial=1e5, costs=Costs(1, 0.001))
    found = taxes(course, TERMS)
    realised = sum(year.discountable_gains + year.other_gains - year.losses for year in found.years)
    income = sum(year.income for year in found.years)
    assert realised + income + found.unrealised_gain == pytest.approx(course.value[-1] - 1e5, abs=1e-5)


def test_a_rule_that_is_not_known_is_said_to_be() -> None:
    """Gains of such a year cannot be discounted."""
    unknown = TaxTerms(0.4, 6, lambda day: GainsRule(12, None, "indexation"))
    days = (date(2020, 1, 1), date(2022, 1, 1))
    history = History(days, ("A",), np.array([[100.0], [200.0]]), flows={1: -100.0})
    with pytest.raises(NotCovered, match="indexation"):
        taxes(run(history, ONE, Static(), initial=1000), unknown)
