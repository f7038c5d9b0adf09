"""A backtest as one HTML page that opens anywhere: styles and charts inside, nothing loaded."""

from html import escape
from pathlib import Path

import numpy as np

from payloads.backtest import BacktestResult
from worker import html_page
from worker.backtest_charts import Line, drawdown_chart, growth_chart, weights_chart
from worker.backtest_figures import (
    contribution_rows,
    drawdown_rows,
    metric_rows,
    rule_in_words,
    weights_in_words,
)
from worker.backtests import Backtest
from worker.charts import COLOURS
from worker.html_page import section, table, warning

FOOTER = (
    "Past prices say little of future ones. Compound growth counts calendar days, 365 a year; volatility and "
    "ratios count rows of prices; drawdowns are from close to close."
)


def charts_of(backtest: Backtest) -> dict[str, str]:
    """The charts by name, each a whole SVG file."""
    lines = [Line(rule_in_words(backtest.file), backtest.value, COLOURS[0])]
    if backtest.held is not None:
        lines.append(Line("bought and held", np.array(backtest.held.value), COLOURS[1]))
    return {
        "growth": growth_chart(backtest.dates, lines),
        "drawdown": drawdown_chart(backtest.dates, backtest.drawdown),
        "weights": weights_chart(backtest.dates, list(backtest.file.weights), backtest.weights),
    }


def page(backtest: Backtest, charts: dict[str, str]) -> str:
    """The whole page."""
    file, result = backtest.file, backtest.result
    headers = ["", rule_in_words(file)] + (["bought and held"] if backtest.held else [])
    parts = [
        f'<p class="about">{escape(weights_in_words(file))}<br>{escape(_about(backtest, result))}</p>',
        *map(warning, _warnings(backtest, result)),
        *section("Growth", charts["growth"]),
        *section("Figures", table(headers, metric_rows(backtest))),
        *section("Drawdown", charts["drawdown"]),
        *_drawdowns(result),
        *section("Weights", charts["weights"]),
        *section(
            "What each ETF earned",
            table(["ETF", "profit", "of the money put in"], contribution_rows(result)),
        ),
        f"<footer>{FOOTER}</footer>",
    ]
    return html_page.page(file.title, parts)


def write_all(backtest: Backtest, folder: Path) -> list[Path]:
    """Write the page and its charts into a folder; the files written, the page first."""
    folder.mkdir(parents=True, exist_ok=True)
    charts = charts_of(backtest)
    texts = {"report.html": page(backtest, charts)} | {f"{name}.svg": text for name, text in charts.items()}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def _about(backtest: Backtest, result: BacktestResult) -> str:
    span = f"{result.dates[0]} to {result.dates[-1]}, {len(result.dates):,} days"
    return f"{rule_in_words(backtest.file)} · {span} · prices: {backtest.source}"


def _warnings(backtest: Backtest, result: BacktestResult) -> list[str]:
    simulated = (
        "These prices are simulated: they never were, and show how the rules work, not what they earn."
    )
    return ([simulated] if result.simulated else []) + backtest.notes


def _drawdowns(result: BacktestResult) -> list[str]:
    if not result.drawdowns:
        return []
    headers = ["high", "lowest", "high again", "lost", "days"]
    return section("Deepest drawdowns", table(headers, drawdown_rows(result)))
