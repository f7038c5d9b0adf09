"""A portfolio of fractional units carried through a history of prices.

Between two trades nothing changes but prices, so the days between them are one product of prices
and units: only days with trades are visited one by one. Trades happen at the close of their day,
and the value of a day is after its trades, flows and costs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from engines.backtest.history import History
from engines.backtest.rules import Rule
from engines.backtest.trades import Costs, WithdrawalTooLarge, paid_in, paid_out, to_target
from engines.errors import EngineError

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]
NO_COSTS = Costs()
SUM_WITHIN = 1e-9


class WeightsDoNotSum(EngineError):
    """Weights do not add up to the whole."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A backtest's course. Segment i begins at row `starts[i]` with `units[i]` and `cash[i]` in hand.

    `prices` are total return prices where distributions are reinvested, `closes` as traded; `paid` is
    what a unit has paid so far where distributions lie in cash. `trades` (signed values) and
    their `costs` are those at the beginning of each segment; `rebalanced` tells the rebalances.
    """

    dates: tuple[date, ...]
    assets: tuple[str, ...]
    closes: Floats
    payouts: Floats | None
    prices: Floats
    paid: Floats | None
    flows: Mapping[int, float]
    initial: float
    starts: Indices
    units: Floats
    cash: Floats
    value: Floats
    rebalanced: Flags
    trades: Floats
    costs: Floats

    @property
    def rebalances(self) -> list[date]:
        """The days on which the portfolio was brought back to its target."""
        return [self.dates[row] for row in self.starts[self.rebalanced]]

    @property
    def turnover(self) -> float:
        """The smaller of what a rebalance bought and sold, over what is held after it, added up."""
        traded = self.trades[self.rebalanced]
        smaller = np.minimum(np.maximum(traded, 0).sum(axis=1), np.maximum(-traded, 0).sum(axis=1))
        return float((smaller / self.value[self.starts[self.rebalanced]]).sum())

    @property
    def segment(self) -> Indices:
        """The segment of each row."""
        return _segment(self.starts, len(self.value))

    def weights(self) -> Floats:
        """Shares of the whole at each close, days by assets; what is missing to 1 is cash."""
        shares: Floats = self.prices * self.units[self.segment] / self.value[:, None]
        return shares


def run(
    history: History,
    target: Floats,
    rule: Rule,
    *,
    initial: float,
    costs: Costs = NO_COSTS,
    reinvest: bool = True,
) -> Run:
    """Invest `initial` at the first close, then trade as the rule and the history's flows say.

    Distributions buy more of the same asset at the close of their day, free of cost (`reinvest`),
    or lie in cash until the next rebalance. A payment is invested at target weights; what is taken
    out comes from cash, then from all holdings alike. Weights are 0 or more and add up to 1, else
    WeightsDoNotSum; CostsExceedValue and WithdrawalTooLarge when money does not suffice.
    """
    check_weights(target)
    prices, paid = _with_distributions(history, reinvest)
    walk = _Walk(prices, paid, target, costs)
    flow_days = sorted(history.flows)
    walk.hold(0, to_target(walk.nothing, initial, target, costs) / prices[0], 0.0)
    while (due := walk.next_rebalance(rule)) is not None or flow_days:
        day = min(len(prices) if due is None else due, *flow_days[:1], len(prices))
        flow = history.flows[flow_days.pop(0)] if flow_days[:1] == [day] else 0.0
        walk.visit(day, flow, rebalance=day == due)
    starts, units, cash = np.array(walk.starts), np.array(walk.units), np.array(walk.cash)
    trades = np.diff(units, axis=0, prepend=walk.nothing[None]) * prices[starts]
    return Run(
        dates=history.dates,
        assets=history.assets,
        closes=history.prices,
        payouts=history.payouts,
        prices=prices,
        paid=paid,
        flows=history.flows,
        initial=initial,
        starts=starts,
        units=units,
        cash=cash,
        value=_value(prices, paid, starts, units, cash),
        rebalanced=np.array(walk.rebalanced),
        trades=trades,
        costs=costs.of(trades),
    )


def check_weights(target: Floats) -> None:
    """Refuse weights that do not add up to 1 within 1e-9."""
    whole = float(target.sum())
    if abs(whole - 1) > SUM_WITHIN:
        raise WeightsDoNotSum(f"the weights add up to {whole:.10g}; they must add up to 1", "weights")


def _with_distributions(history: History, reinvest: bool) -> tuple[Floats, Floats | None]:
    """Prices to walk on, and what a unit has paid so far.

    Reinvesting a payout D at price P turns a unit into 1 + D/P units, as if prices were total return.
    """
    if history.payouts is None:
        return history.prices, None
    if not reinvest:
        return history.prices, np.cumsum(history.payouts, axis=0)
    return history.prices * np.cumprod(1 + history.payouts / history.prices, axis=0), None


def _segment(starts: Indices, rows: int) -> Indices:
    return np.repeat(np.arange(len(starts)), np.diff(starts, append=rows))


def _value(prices: Floats, paid: Floats | None, starts: Indices, units: Floats, cash: Floats) -> Floats:
    """The whole at each close: holdings, cash, and what holdings have paid in their segment."""
    segment = _segment(starts, len(prices))
    held = units[segment]
    value: Floats = np.einsum("da,da->d", prices, held) + cash[segment]
    if paid is not None:
        value += np.einsum("da,da->d", paid - paid[starts][segment], held)
    return value


class _Walk:
    """The portfolio from trade to trade."""

    def __init__(self, prices: Floats, paid: Floats | None, target: Floats, costs: Costs) -> None:
        self._prices, self._paid, self._target, self._costs = prices, paid, target, costs
        self.nothing: Floats = np.zeros_like(target)
        self.starts: list[int] = []
        self.units: list[Floats] = []
        self.cash: list[float] = []
        self.rebalanced: list[bool] = []

    def next_rebalance(self, rule: Rule) -> int | None:
        """The next row on which the rule wants a rebalance, None when there is none."""
        day = self.starts[-1]
        due = rule.next_day(day, self.units[-1], self._prices, self._cash_after(day))
        return due if due < len(self._prices) else None

    def visit(self, day: int, flow: float, *, rebalance: bool) -> None:
        """Trade at the close of `day`."""
        row, units, cash = self._prices[day], self.units[-1], self._cash_at(day)
        if rebalance:
            whole = float(units @ row) + cash + flow
            if whole <= 0:
                raise WithdrawalTooLarge(
                    f"{-flow:.2f} is taken out where {whole - flow:.2f} is held", "flows"
                )
            if self._costs.free:
                self.hold(day, self._target * whole / row, 0.0, rebalance=True)
            else:
                trades = to_target(units * row, whole, self._target, self._costs)
                self.hold(day, units + trades / row, 0.0, rebalance=True)
        elif flow > 0:
            self.hold(day, units + paid_in(flow, self._target, self._costs) / row, cash)
        else:
            sold = paid_out(max(-flow - cash, 0.0), units * row, self._costs)
            self.hold(day, units + sold / row, max(cash + flow, 0.0))

    def hold(self, day: int, units: Floats, cash: float, *, rebalance: bool = False) -> None:
        """Begin a segment at the close of `day` with these units and this cash."""
        self.starts.append(day)
        self.units.append(units)
        self.cash.append(cash)
        self.rebalanced.append(rebalance)

    def _cash_at(self, day: int) -> float:
        if self._paid is None:
            return self.cash[-1]
        return self.cash[-1] + float((self._paid[day] - self._paid[self.starts[-1]]) @ self.units[-1])

    def _cash_after(self, day: int) -> Floats | None:
        """Cash by row from the one after `day` on; None when there is none."""
        if self._paid is None:
            return None
        paid: Floats = self.cash[-1] + (self._paid[day + 1 :] - self._paid[day]) @ self.units[-1]
        return paid
