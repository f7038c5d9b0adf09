"""Ten ETFs over 5,073 days: the segment engine beside bt, with the values of both compared.

bt is no dependency of Kronos; install the extra `bench` to have it measured.
"""

import gzip
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from engines.backtest.history import History
from engines.backtest.rules import Bands, Periodic, Rule, Static, period_starts
from engines.backtest.run import Run, run
from engines.backtest.trades import Costs

DAYS, ETFS = 5073, 10
WEIGHTS = np.full(ETFS, 1 / ETFS)
BAND = 0.05
RELATIVE = 0.25
ROUNDS, ROUNDS_OF_BT = 15, 3
FREE = Costs()
STOCKS = Path(__file__).parents[2] / "shared" / "data" / "skfolio_BSD3" / "sp500_dataset.csv.gz"


@dataclass(frozen=True, slots=True)
class Case:
    """A mode, as each engine is told it."""

    name: str
    rule: Callable[[History], Rule]
    costs: Costs = FREE


CASES = (
    Case("held", lambda history: Static()),
    Case("monthly", lambda history: Periodic(period_starts(history.dates, "monthly"))),
    Case("band 5 points", lambda history: Bands(WEIGHTS, np.full(ETFS, BAND))),
    Case("band 25% of target", lambda history: Bands(WEIGHTS, RELATIVE * WEIGHTS)),
    Case(
        "monthly, 10 and 0.1% an order",
        lambda history: Periodic(period_starts(history.dates, "monthly")),
        Costs(10, 0.001),
    ),
)


def measure() -> None:
    """Print both engines' times and how far their values are apart."""
    history, source = _history()
    theirs = _bt()
    print(f"\nBacktest of {ETFS} ETFs over {len(history.dates):,} days ({source}), best times in ms")
    if theirs is None:
        print("bt is not installed (extra `bench`): its columns are empty")
    print(f"{'mode':<30} {'rebalances':>10} {'ours':>8} {'bt':>9} {'ratio':>7} {'values apart':>13}")
    for case in CASES:
        ours, found = _best(ROUNDS, lambda case=case: _ours(history, case))
        line = f"{case.name:<30} {len(found.rebalances):>10} {ours:>8.2f}"
        if theirs is not None and case.costs.free:
            took, value = theirs(history, case)
            apart = float(np.abs(found.value / found.value[0] / value - 1).max())
            line += f" {took:>9.1f} {took / ours:>6.0f}x {apart:>13.1e}"
        print(line)


def _ours(history: History, case: Case) -> Run:
    return run(history, WEIGHTS, case.rule(history), initial=1e6, costs=case.costs)


def _best(rounds: int, work: Callable[[], Any]) -> tuple[float, Any]:
    """The shortest time in milliseconds, and what came out."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        found = work()
        times.append(time.perf_counter() - begin)
    return min(times) * 1000, found


def _history() -> tuple[History, str]:
    """Ten real stocks where the shared prices are here, else a seeded random walk."""
    if STOCKS.is_file():
        with gzip.open(STOCKS, "rt") as lines:
            names = next(lines).strip().split(",")[1 : ETFS + 1]
            rows = [line.split(",") for line in lines][-DAYS:]
        prices = np.array([[float(cell) for cell in row[1 : ETFS + 1]] for row in rows])
        return History(tuple(date.fromisoformat(row[0][:10]) for row in rows), tuple(names), prices), "stocks"
    steps = np.random.default_rng(1).standard_normal((DAYS, ETFS)) * 0.012 + 0.0003
    days = tuple(date(2003, 1, 1) + timedelta(days=day) for day in range(DAYS))
    names = tuple(f"E{place}" for place in range(ETFS))
    return History(days, names, 100 * np.exp(np.cumsum(steps, axis=0))), "random walk"


def _bt() -> Callable[[History, Case], tuple[float, np.ndarray]] | None:
    """What runs a case in bt: time in ms and value by day over the first; None where bt is absent."""
    try:
        import bt
        import pandas
    except ImportError:
        return None

    class OutOfBand(bt.Algo):
        """bt has only a relative band of its own: this one is in points."""

        def __call__(self, target: Any) -> bool:
            weights = target.temp["weights"]
            now = {name: target.children[name].weight if name in target.children else 0.0 for name in weights}
            return any(abs(now[name] - weight) > BAND for name, weight in weights.items())

    def when(case: Case) -> Any:
        return {
            "held": [bt.algos.RunOnce()],
            "monthly": [bt.algos.RunMonthly(run_on_first_date=True)],
            "band 5 points": [bt.algos.Or([bt.algos.RunOnce(), OutOfBand()])],
            "band 25% of target": [bt.algos.Or([bt.algos.RunOnce(), bt.algos.RunIfOutOfBounds(RELATIVE)])],
        }[case.name]

    def once(history: History, case: Case) -> np.ndarray:
        prices = pandas.DataFrame(
            history.prices, index=pandas.DatetimeIndex(history.dates), columns=list(history.assets)
        )
        weights = dict(zip(history.assets, WEIGHTS.tolist(), strict=True))
        weigh = [bt.algos.SelectAll(), bt.algos.WeighSpecified(**weights)]
        # What stops bt's day soonest comes first; but bands are looked up in the weights.
        first = [*weigh, *when(case)] if case.name.startswith("band") else [*when(case), *weigh]
        algos = [*first, bt.algos.Rebalance()]
        test = bt.Backtest(
            bt.Strategy("s", algos), prices, initial_capital=1e6, integer_positions=False, progress_bar=False
        )
        test.run()
        # The first row is bt's own, of the day before.
        return np.asarray(test.strategy.values)[1:] / 1e6

    def timed(history: History, case: Case) -> tuple[float, np.ndarray]:
        return _best(ROUNDS_OF_BT, lambda: once(history, case))

    return timed


if __name__ == "__main__":
    measure()
