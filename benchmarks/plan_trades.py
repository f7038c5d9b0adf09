"""Trades planned for 10,000 portfolios of 12 ETFs: all at once, and beside it one by one."""

import time
from decimal import Decimal

import numpy as np

from engines.trading.many import Portfolios, plan_many
from engines.trading.orders import Terms
from engines.trading.plan import plan_trades

PORTFOLIOS = 10_000
ETFS = 12
ROUNDS = 5
SINGLY = 200
"""Planned one by one, as a sample."""
TERMS = Terms(brokerage=Decimal(10), min_trade=Decimal(500), buffer=Decimal(50))


def measure() -> None:
    """Print the best of some rounds, and what is planned one by one in the same time."""
    portfolios = _drawn()
    took = [_seconds(portfolios) for _ in range(ROUNDS)]
    plans = plan_many(portfolios, TERMS)
    orders = int((plans.sold > 0).sum() + (plans.bought > 0).sum())
    print(f"\nTrades planned for {PORTFOLIOS:,} portfolios of {ETFS} ETFs, best of {ROUNDS} (aim: a second)")
    print(
        f"all at once   {min(took) * 1000:>8.0f} ms, {orders:,} orders, {plans.exact.sum():,} planned singly"
    )
    print(f"one by one    {_singly(portfolios) * PORTFOLIOS * 1000:>8.0f} ms, by {SINGLY} of them")


def _seconds(portfolios: Portfolios) -> float:
    begin = time.perf_counter()
    plan_many(portfolios, TERMS)
    return time.perf_counter() - begin


def _singly(portfolios: Portfolios) -> float:
    """Seconds a portfolio."""
    made = [portfolios.one(row) for row in range(SINGLY)]
    begin = time.perf_counter()
    for portfolio, target in made:
        plan_trades(portfolio, target, TERMS)
    return (time.perf_counter() - begin) / SINGLY


def _drawn() -> Portfolios:
    """Portfolios of 20,000 to 500,000, up to 30% off their targets, with up to 20,000 of cash."""
    draws = np.random.default_rng(1)
    prices = draws.integers(1_000, 15_000, ETFS)
    weights = draws.random((PORTFOLIOS, ETFS)) + 0.2
    target = np.floor(weights / weights.sum(axis=1, keepdims=True) * 1e6).astype(np.int64)
    size = draws.uniform(20_000, 500_000, (PORTFOLIOS, 1))
    held = target / 1e6 * size * draws.uniform(0.7, 1.3, (PORTFOLIOS, ETFS)) / (prices / 100)
    return Portfolios(
        tuple(f"E{number:02}" for number in range(ETFS)),
        tuple(Decimal(int(price)) / 100 for price in prices),
        held.astype(np.int64),
        draws.integers(0, 2_000_000, PORTFOLIOS),
        target,
    )


if __name__ == "__main__":
    measure()
