"""Many portfolios planned at once: the same orders as one by one, to the unit and the cent."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.drift import TargetAboveOne
from engines.trading.many import Plans, Portfolios, plan_many
from engines.trading.orders import Terms
from engines.trading.plan import BufferTooLarge, plan_trades

ETFS = tuple(f"E{number:02}" for number in range(12))


def drawn(count: int, seed: int, etfs: int = 12, idle: float = 0.2, least_cents: int = 0) -> Portfolios:
    """Portfolios of all sizes, near their targets and far from them, some ETFs not held or not wanted."""
    draws = np.random.default_rng(seed)
    prices = draws.integers(100, 20_000, etfs)
    weights = draws.random((count, etfs)) * (draws.random((count, etfs)) > idle)
    target = np.floor(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9) * 1e6).astype(np.int64)
    size = 10 ** draws.uniform(2.5, 6, (count, 1))
    held = (
        target / 1e6 * draws.uniform(0.5, 1.5, (count, etfs)) * (draws.random((count, etfs)) > idle)
    ) * size
    cash = draws.random(count) * size[:, 0] * draws.choice([0.01, 0.3, 1], count) * 100
    return Portfolios(
        ETFS[:etfs],
        tuple(Decimal(int(price)) / 100 for price in prices),
        (held / (prices / 100)).astype(np.int64),
        np.maximum(cash.astype(np.int64), least_cents),
        target,
    )


def hold_equal(portfolios: Portfolios, terms: Terms, plans: Plans) -> None:
    for row in range(len(portfolios.cash)):
        portfolio, target = portfolios.one(row)
        expected = plan_trades(portfolio, target, terms)
        assert plans.orders(portfolios, row, terms) == expected.orders, row
        assert Decimal(int(plans.cash_after[row])) / 100 == expected.cash_after
        assert Decimal(int(plans.costs[row])) / 100 == expected.costs


def test_cash_that_suffices_to_the_cent_is_enough_for_many() -> None:
    """One unit of each of two, brokerage included; with a cent less no unit fits its target."""
    two = np.array([[500_000, 500_000]] * 2)
    portfolios = Portfolios(
        ETFS[:2], (Decimal(100),) * 2, np.zeros((2, 2), np.int64), np.array([22_000, 21_999]), two
    )
    terms = Terms(brokerage=Decimal(10))
    found = plan_many(portfolios, terms)
    assert found.bought.tolist() == [[1, 1], [0, 0]]
    hold_equal(portfolios, terms, found)


@pytest.mark.parametrize(
    "terms",
    [
        Terms(),
        Terms(brokerage=Decimal(10)),
        Terms(brokerage=Decimal(10), min_trade=Decimal(500), buffer=Decimal(20)),
        Terms(brokerage=Decimal("9.95"), rate=Decimal("0.0011"), min_trade=Decimal("250.50")),
        Terms(
            brokerage=Decimal(10),
            min_trade=Decimal(500),
            min_first_holding=Decimal(500),
            max_weight=Decimal("0.3"),
        ),
    ],
)
def test_many_are_planned_as_one_by_one(terms: Terms) -> None:
    """Two hundred portfolios of twelve ETFs under each kind of terms."""
    portfolios = drawn(200, seed=1, least_cents=int(terms.buffer * 100))
    hold_equal(portfolios, terms, plan_many(portfolios, terms))


@settings(max_examples=60)
@given(
    st.integers(0, 10_000),
    st.integers(1, 5),
    st.sampled_from([0, 10, 500]),
    st.sampled_from(["0", "0.001"]),
    st.sampled_from([0, 50, 2000]),
)
def test_small_and_odd_portfolios_too(seed: int, etfs: int, least: int, rate: str, buffer: int) -> None:
    """Few ETFs, little money, ties: what is rare elsewhere."""
    portfolios = drawn(6, seed, etfs, idle=0.4)
    terms = Terms(Decimal(10), Decimal(rate), Decimal(least), Decimal(buffer))
    worth = [portfolios.one(row)[0].whole for row in range(6)]
    if min(worth) < buffer:
        with pytest.raises(BufferTooLarge):
            plan_many(portfolios, terms)
    else:
        hold_equal(portfolios, terms, plan_many(portfolios, terms))


def test_round_numbers_are_planned_singly() -> None:
    """Where a float cannot tell whether a unit fits, the exact planning decides."""
    portfolios = Portfolios(
        ("A", "B"),
        (Decimal(10), Decimal(20)),
        np.array([[0, 0], [100, 0]]),
        np.array([100_000, 0]),
        np.array([[500_000, 500_000], [500_000, 500_000]]),
    )
    plans = plan_many(portfolios, Terms())
    assert plans.exact.all()
    assert plans.bought.tolist() == [[50, 25], [0, 25]]
    assert plans.sold.tolist() == [[0, 0], [50, 0]]
    hold_equal(portfolios, Terms(), plans)


def test_hardly_any_ordinary_portfolio_is_planned_singly() -> None:
    """Else planning many at once would not be quicker."""
    plans = plan_many(drawn(2000, seed=2), Terms(brokerage=Decimal(10), min_trade=Decimal(500)))
    assert plans.exact.mean() < 0.01


def test_what_one_refuses_many_refuse() -> None:
    """Targets above one; ETFs out of order and prices with too many places are a caller's mistake."""
    made = drawn(3, seed=3)
    with pytest.raises(TargetAboveOne):
        plan_many(Portfolios(made.etfs, made.prices, made.units, made.cash, made.target + 100_000), Terms())
    with pytest.raises(ValueError, match="order of their names"):
        plan_many(Portfolios(made.etfs[::-1], made.prices, made.units, made.cash, made.target), Terms())
    fine = (Decimal("1.00001"), *made.prices[1:])
    with pytest.raises(ValueError, match=r"1\.00001 has more places"):
        plan_many(Portfolios(made.etfs, fine, made.units, made.cash, made.target), Terms())


def test_no_portfolios_no_plans() -> None:
    """An empty book is planned, too."""
    made = drawn(1, seed=4)
    none = Portfolios(made.etfs, made.prices, made.units[:0], made.cash[:0], made.target[:0])
    assert len(plan_many(none, Terms()).cash_after) == 0
