"""The figures of a backtest as people read them: rows of text, for the terminal and the page alike."""

from decimal import Decimal

from payloads.backtest import BacktestResult
from payloads.files.backtest import BacktestFile
from worker.backtests import Backtest

SHOWN_DRAWDOWNS = 5
# So many rows of prices a year are days.
DAILY_FROM = 200


def rule_in_words(file: BacktestFile) -> str:
    """How the weights are kept: `bands of 5 points`, `rebalanced monthly`."""
    if file.mode == "static":
        return "bought and held"
    if file.mode == "periodic":
        return f"rebalanced {str(file.cadence).replace('_', '-')}"
    assert file.band is not None
    parts = [] if file.band.absolute is None else [f"{_points(file.band.absolute)} points"]
    parts += [] if file.band.relative is None else [f"{_points(file.band.relative)}% of target"]
    floor = "" if file.band.floor is None else f", at least {_points(file.band.floor)} points"
    looked = "" if file.cadence is None else f", looked at {file.cadence}"
    return f"band {' or '.join(parts)}{floor}{looked}"


def weights_in_words(file: BacktestFile) -> str:
    """`VAS 60%, VAF 40%`."""
    return ", ".join(f"{etf} {_points(weight)}%" for etf, weight in file.weights.items())


def metric_rows(backtest: Backtest) -> list[list[str]]:
    """What the course comes to, one measure a row; beside it bought and held, if that is something else."""
    results = [backtest.result] + ([backtest.held] if backtest.held else [])
    period = "day" if backtest.file.periods_per_year > DAILY_FROM else "period"
    columns = [_measures(result, period) for result in results]
    return [[name, *(column[name] for column in columns)] for name in columns[0]]


def drawdown_rows(result: BacktestResult) -> list[list[str]]:
    """The deepest falls: high, lowest, high again, share lost, days from high to high."""
    return [
        [
            str(fall.peak),
            str(fall.trough),
            str(fall.recovered or "not yet"),
            _percent(fall.depth),
            f"{fall.days:,}",
        ]
        for fall in result.drawdowns[:SHOWN_DRAWDOWNS]
    ]


def contribution_rows(result: BacktestResult) -> list[list[str]]:
    """Each ETF's profit and share of the money put in."""
    return [[etf, f"{c.profit:,.2f}", _percent(c.contribution)] for etf, c in result.contributions.items()]


def _measures(result: BacktestResult, period: str) -> dict[str, str]:
    metrics = result.metrics
    found = {
        "value at the end": f"{result.value[-1]:,.2f}",
        "total return": _percent(metrics.total_return),
        "a year (CAGR)": _percent(metrics.cagr),
        "volatility a year": _percent(metrics.volatility),
        "Sharpe ratio": _ratio(metrics.sharpe_ratio),
        "Sortino ratio": _ratio(metrics.sortino_ratio),
        "Calmar ratio": _ratio(metrics.calmar_ratio),
        "deepest drawdown": _percent(metrics.max_drawdown),
        f"best {period}": _percent(metrics.best_period),
        f"worst {period}": _percent(metrics.worst_period),
        "rebalances": f"{len(result.rebalances):,}",
        "turnover a year": _percent(metrics.turnover_a_year),
        "costs": f"{metrics.costs:,.2f}",
    }
    if result.taxes is not None:
        found["tax, paid from elsewhere"] = f"{result.taxes.total:,.2f}"
        found["gain not yet realised"] = f"{result.taxes.unrealised_gain:,.2f}"
    return found


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:z,.2%}"


def _ratio(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}"


def _points(share: Decimal) -> str:
    return f"{float(share) * 100:.6g}"
