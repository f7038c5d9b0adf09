"""Backtests from files: read and checked, run here, written down as charts and a page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activities.backtest import answer, carried
from activities.runner import parse_input
from dsl.catalogue_files import read_catalogue_file
from dsl.load import load, read_file
from dsl.release import Refused as Faulty
from engines.backtest.metrics import falls, period_returns
from payloads.backtest import BacktestResult, RunBacktest
from payloads.facts import entry
from payloads.files.backtest import BacktestFile
from worker.errors import BadInput
from worker.local import LocalCaller
from worker.price_files import read_folder, read_table
from worker.settings import Settings

Floats = NDArray[np.float64]
ACTIVITY = "backtest.run"


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """A backtest that was run: its file, its answer, and the series that charts draw.

    `held` is the same portfolio bought once and never rebalanced; None where that was asked for.
    """

    file: BacktestFile
    source: str
    result: BacktestResult
    dates: Sequence[date]
    value: Floats
    drawdown: Floats
    weights: Floats
    held: BacktestResult | None
    notes: list[str] = field(default_factory=list)


def read_backtest(path: Path) -> BacktestFile:
    """The backtest that a YAML file describes; its faults are raised with their places."""
    try:
        content = read_file(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}") from error
    tree, report = load(content, str(path))
    value = read_catalogue_file(tree, "backtest", report) if tree else None
    if any(problem.is_error for problem in report.problems):
        raise Faulty(report.problems)
    return BacktestFile.model_validate(value)


def run_backtest(path: Path, settings: Settings) -> Backtest:
    """Read, run and measure the backtest of a file."""
    file = read_backtest(path)
    context = LocalCaller(ACTIVITY, settings).context
    given, source, notes = _input(file, path.parent, context, settings)
    ask: RunBacktest = parse_input(entry(ACTIVITY), given, strict=True)
    course, simulated = carried(ask, context)
    held = None
    if file.mode != "static":
        still = ask.model_copy(update={"mode": "static"})
        held = answer(still, carried(still, context)[0], simulated, context)
    return Backtest(
        file=file,
        source=source,
        result=answer(ask, course, simulated, context),
        dates=course.dates,
        value=course.value,
        drawdown=falls(period_returns(course.value, course.flows)),
        weights=course.weights(),
        held=held,
        notes=notes,
    )


def _input(
    file: BacktestFile, folder: Path, context: Any, settings: Settings
) -> tuple[dict[str, Any], str, list[str]]:
    """The activity's input, what its prices are called, and what is to be said of them."""
    given, prices, etfs = file.rules(), file.prices, list(file.weights)
    if prices.snapshot is not None:
        from activities.snapshots import chosen_snapshot
        from worker.data import whole_digest

        digest = None if prices.snapshot == "newest" else whole_digest(settings, prices.snapshot)
        snapshot = chosen_snapshot(context, digest)
        kind = "simulated snapshot" if snapshot.simulated else "snapshot"
        paid = file.distributions or snapshot.distributed is not None
        name = f"{kind} {snapshot.digest[:12]}, {'with' if paid else 'without'} distributions"
        return given | {"snapshot": snapshot.digest}, name, []
    if prices.folder is not None:
        found = read_folder(folder / prices.folder, etfs, prices.column, (file.start, file.end))
    else:
        found = read_table(folder / str(prices.table), etfs, (file.start, file.end))
    table = {"dates": found.dates, "columns": found.columns}
    return given | {"prices": table}, str(prices.folder or prices.table), found.notes
