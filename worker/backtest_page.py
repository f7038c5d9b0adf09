"""A backtest as one HTML page that opens anywhere: styles and charts inside, nothing loaded."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from payloads.backtest import BacktestResult
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

STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2733; background: #f5f6f8; margin: 0; }
main { max-width: 940px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 30px 0 8px; }
.about { color: #5b6573; margin: 0; }
.warning { background: #fff3d6; border-left: 4px solid #d9a22b; padding: 8px 12px; margin: 16px 0 0; }
.card { background: #fff; border: 1px solid #dfe3e8; border-radius: 8px; padding: 12px; overflow-x: auto; }
svg { display: block; width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid #eceff3; }
th:first-child, td:first-child { text-align: left; } th { color: #5b6573; font-weight: 600; }
tr:last-child td { border-bottom: 0; }
footer { color: #5b6573; font-size: 13px; margin-top: 30px; }
@media print { body { background: #fff; } .card { break-inside: avoid; } }
"""


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
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(file.title)}</title><style>{STYLE}</style></head><body><main>",
        f"<h1>{escape(file.title)}</h1>",
        f'<p class="about">{escape(weights_in_words(file))}<br>{escape(_about(backtest, result))}</p>',
        *(f'<p class="warning">{escape(note)}</p>' for note in _warnings(backtest, result)),
        *_section("Growth", charts["growth"]),
        *_section("Figures", _table(headers, metric_rows(backtest))),
        *_section("Drawdown", charts["drawdown"]),
        *_drawdowns(result),
        *_section("Weights", charts["weights"]),
        *_section(
            "What each ETF earned",
            _table(["ETF", "profit", "of the money put in"], contribution_rows(result)),
        ),
        f"<footer>{FOOTER}</footer>",
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


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
    return _section("Deepest drawdowns", _table(headers, drawdown_rows(result)))


def _section(title: str, content: str) -> list[str]:
    return [f"<h2>{escape(title)}</h2>", f'<div class="card">{content}</div>']


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(header)}</th>" for header in headers)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
