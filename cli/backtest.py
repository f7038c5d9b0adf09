"""`kronos backtest`: a portfolio carried through prices that were."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import Data, Definitions, Output
from cli.output import columns, say, show

if TYPE_CHECKING:
    from worker.backtests import Backtest


def backtest(
    file: Annotated[Path, typer.Argument(help="The backtest, a YAML file.", metavar="FILE")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Where the page and charts go; by default a folder named after FILE.", metavar="DIR"
        ),
    ] = None,
    charts: Annotated[bool, typer.Option("--charts/--no-charts", help="Write the page and charts.")] = True,
    data: Data = None,
    definitions: Definitions = None,
    output: Output = None,
) -> None:
    """Carry a portfolio through past prices, and write a page with charts.

    FILE says where prices come from, the weights, and how they are kept; docs/backtests.md has
    every key. The page needs no network.

    Example: kronos backtest examples/backtests/balanced.yaml
    """
    from worker.backtests import run_backtest
    from worker.settings import load_settings

    done = run_backtest(file, load_settings({"data": data, "definitions": definitions}))
    show(_as_json(done), output, lambda _: _table(done))
    for note in done.notes:
        say(f"note: {note}")
    if charts:
        from worker.backtest_page import write_all

        written = write_all(done, out or Path(f"{file.stem}-backtest"))
        say(f"The page is {written[0]}; beside it {', '.join(path.name for path in written[1:])}.")


def _as_json(done: "Backtest") -> dict[str, Any]:
    """What `backtest.run` answers, with the title and where the prices come from."""
    return {"title": done.file.title, "source": done.source, **done.result.model_dump(mode="python")}


def _table(done: "Backtest") -> str:
    from worker.backtest_figures import (
        contribution_rows,
        drawdown_rows,
        metric_rows,
        rule_in_words,
        weights_in_words,
    )

    result, rule = done.result, rule_in_words(done.file)
    names = ["", rule] + (["bought and held"] if done.held else [])
    simulated = (
        ["SIMULATED prices: they show how the rules work, not what they earn."] if result.simulated else []
    )
    lines = [
        done.file.title,
        *_wrapped(weights_in_words(done.file)),
        f"{result.dates[0]} to {result.dates[-1]}, {len(result.dates):,} days",
        *_wrapped(f"prices: {done.source}"),
        *simulated,
        "",
        columns(names, metric_rows(done), right=names[1:]),
    ]
    if result.drawdowns:
        falls = ["high", "lowest", "high again", "lost", "days"]
        lines += ["", columns(falls, drawdown_rows(result), right=["lost", "days"])]
    earned = ["ETF", "profit", "of the money put in"]
    return "\n".join([*lines, "", columns(earned, contribution_rows(result), right=earned[1:])])


def _wrapped(text: str) -> list[str]:
    from textwrap import wrap

    return wrap(text, 80, break_on_hyphens=False)
