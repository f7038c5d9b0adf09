"""Which asset earned what: contributions that add up to the profit."""

from dataclasses import dataclass

import numpy as np

from engines.backtest.run import Run


@dataclass(frozen=True, slots=True)
class Contribution:
    """An asset's profit in money after the costs of its trades, and as a share of the money put in."""

    profit: float
    contribution: float


def contributions(run: Run) -> dict[str, Contribution]:
    """Contribution by asset: Σ units·(change of price + payouts) - costs, over initial and payments in.

    The plain arithmetic contribution to profit: with one payment at the start the contributions add
    up to the total return exactly, so nothing has to be linked. It says nothing against a benchmark;
    allocation and selection effects (Brinson, Hood and Beebower 1986) need one.
    """
    ends = np.append(run.starts[1:], len(run.value) - 1)
    gains = run.prices[ends] - run.prices[run.starts]
    if run.paid is not None:
        gains = gains + run.paid[ends] - run.paid[run.starts]
    profit = (run.units * gains).sum(axis=0) - run.costs.sum(axis=0)
    put_in = run.initial + sum(flow for flow in run.flows.values() if flow > 0)
    return {
        asset: Contribution(float(money), float(money) / put_in)
        for asset, money in zip(run.assets, profit, strict=True)
    }
