"""A portfolio's performance for people: returns by period, and what made the difference."""

from collections.abc import Sequence
from typing import Any

from cli.output import columns, folded, percent

PERIODS = ("period", "from", "time-w.", "money-w.", "benchmark", "active", "a year")
RETURNS = (
    "time_weighted_return",
    "money_weighted_return",
    "benchmark_return",
    "active_return",
    "time_weighted_yearly",
)
WEIGHTS = ("weight", "benchmark_weight")
SHARES = ("allocation", "selection", "interaction", "total")
EFFECTS = ("asset class", "weight", "benchm.", "allocation", "selection", "interact.", "total")


def performance_tables(portfolio: Any) -> str:
    """Both tables with the words that they need; why there are none where nothing could be measured."""
    found = portfolio["performance"]
    if found is None:
        return folded(f"No performance: {portfolio['performance_missing']}.", 4)
    compared = found["benchmark"]
    income = "" if compared["distributions"] else ", without distributions"
    return "\n\n".join(
        (
            folded(f"Performance to {found['ends']}, after costs; benchmark: {compared['name']}{income}", 4),
            columns(PERIODS, [_period(each) for each in found["periods"]], right=PERIODS[2:]),
            f"Active return since {found['begins']} by asset class (Brinson, linked by Cariño)",
            columns(EFFECTS, _effects(found), right=EFFECTS[1:]),
        )
    )


def _period(each: Any) -> Sequence[Any]:
    return [each["period"], each["begins"], *(percent(each[name]) for name in RETURNS)]


def _effects(found: Any) -> list[Sequence[Any]]:
    rows = [
        [
            # Words fold where a name is longer than its column.
            each["asset_class"].replace("_", " "),
            *(percent(each[name]) for name in (*WEIGHTS, *SHARES)),
        ]
        for each in found["by_class"]
    ]
    return [*rows, ["all", "", "", *(percent(found["effects"][name]) for name in SHARES)]]
