"""Real prices beside the project; tests that need them skip where they are absent."""

import csv
import gzip
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"


def real_file(name: str) -> Path:
    """A file of real prices; skips the test where there is none."""
    if not (FOLDER / name).is_file():
        pytest.skip(f"real prices are absent: ../shared/data/{name}")
    return FOLDER / name


@cache
def wide_closes(name: str) -> tuple[list[str], list[str], NDArray[np.float64]]:
    """Days, assets and closes (NaN where a cell is empty) of a gzipped file with a column an asset."""
    with gzip.open(real_file(name), "rt", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    closes = np.array([[float(cell or "nan") for cell in row[1:]] for row in rows])
    return [row[0] for row in rows], header[1:], closes


def us_stock_returns(last: int) -> NDArray[np.float64]:
    """The last simple daily returns of twenty US stocks, days by stocks."""
    closes = wide_closes("skfolio_BSD3/sp500_dataset.csv.gz")[2][-last - 1 :]
    returns: NDArray[np.float64] = closes[1:] / closes[:-1] - 1
    return returns
