"""What `kronos portfolio show` prints of performance: within 80 columns, or why there is none."""

from typing import Any

import pytest

from cli.portfolio_performance import performance_tables

RETURNS = {
    "time_weighted_return": -0.12345, "money_weighted_return": -0.11, "benchmark_return": 1.02345,
    "active_return": -1.1469, "time_weighted_yearly": None, "money_weighted_yearly": None,
}  # fmt: skip
EFFECTS = {"allocation": 0.01, "selection": -1.2, "interaction": 0.0431, "total": -1.1469}
MEASURED: dict[str, Any] = {
    "begins": "2024-01-02",
    "ends": "2026-01-02",
    "benchmark": {"name": "conservative", "distributions": False},
    "periods": [{"period": "since start", "begins": "2024-01-02", **RETURNS}],
    "effects": EFFECTS,
    "by_class": [
        {"asset_class": "australian_sector_shares", "weight": 0.4, "benchmark_weight": 0.35, **EFFECTS}
    ],
}


def test_performance_fits_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """With losses, gains of more than everything and the longest name of a class."""
    monkeypatch.setenv("COLUMNS", "80")
    table = performance_tables({"performance": MEASURED, "performance_missing": None})
    assert [line for line in table.splitlines() if len(line) > 80] == []
    assert "-12.35%" in table
    assert "without distributions" in " ".join(table.split())
    assert table.splitlines()[-1].split() == ["all", "1.00%", "-120.00%", "4.31%", "-114.69%"]


def test_the_reason_stands_where_there_is_no_performance() -> None:
    """Too short a history is no return of zero."""
    told = performance_tables({"performance": None, "performance_missing": "no money has come in yet"})
    assert told == "No performance: no money has come in yet."
