"""What was executed is held against what was approved, and every difference is told."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.runner import run
from tests.support.contexts import pure_context

APPROVED = [
    {"etf": "VAS", "side": "buy", "units": 10, "cost": 10},
    {"etf": "VGS", "side": "sell", "units": 4, "cost": 10},
]


def verified(executed: list[dict[str, Any]], planned: list[dict[str, Any]] = APPROVED) -> dict[str, Any]:
    given = {"planned": planned, "executed": executed}
    return run("orders.verify_fills", given, pure_context(), strict=True)


def done(etf: str, action: str, shares: int, brokerage: Any = 10) -> dict[str, Any]:
    return {"etf": etf, "action": action, "shares": shares, "brokerage": brokerage}


def test_a_trade_executed_as_approved_is_verified() -> None:
    """Nothing is found, in whatever order the executions come."""
    assert verified([done("VGS", "SELL", 4), done("VAS", "BUY", 10)]) == {"verified": True, "findings": []}


@pytest.mark.parametrize(
    ("executed", "codes", "text"),
    [
        ([done("VGS", "SELL", 4)], ["not_executed"], "buy 10 VAS: nothing was executed"),
        (
            [done("VGS", "SELL", 4), done("VAS", "BUY", 0, 0)],
            ["not_executed"],
            "buy 10 VAS: nothing was executed",
        ),
        (
            [done("VAS", "BUY", 9), done("VGS", "SELL", 4)],
            ["partly_executed"],
            "buy 10 VAS: only 9 were executed",
        ),
        ([done("VAS", "BUY", 11), done("VGS", "SELL", 4)], ["too_much"], "buy 10 VAS: 11 were executed"),
        (
            [done("VAS", "BUY", 10), done("VGS", "SELL", 4), done("VGS", "BUY", 2)],
            ["not_planned"],
            "buy 2 VGS: executed, though nobody planned it",
        ),
        (
            [done("VAS", "BUY", 10, "9.95"), done("VGS", "SELL", 4)],
            ["cost_differs"],
            "buy VAS: brokerage of 9.95, 10 was planned",
        ),
        (
            [done("VAS", "BUY", 3, 20), done("VGS", "SELL", 4)],
            ["partly_executed", "cost_differs"],
            "buy 10 VAS: only 3 were executed",
        ),
    ],
)
def test_every_difference_is_told(executed: list[dict[str, Any]], codes: list[str], text: str) -> None:
    """By code, with the ETF, the side and both figures."""
    answer = verified(executed)
    assert answer["verified"] is False
    assert [finding["code"] for finding in answer["findings"]] == codes
    assert answer["findings"][0]["text"] == text


def test_several_executions_of_one_order_count_together() -> None:
    """What was sent again after a rejection is the same line of the proposal."""
    assert verified([done("VAS", "BUY", 4, 4), done("VAS", "BUY", 6, 6), done("VGS", "SELL", 4)])["verified"]


def test_a_cost_that_nobody_planned_is_not_compared() -> None:
    """A proposal without costs is verified by its units alone."""
    plan = [{"etf": "VAS", "side": "buy", "units": 10}]
    assert verified([done("VAS", "BUY", 10, Decimal("12.5"))], plan)["verified"]


@given(units=st.integers(1, 1000), filled=st.integers(0, 2000))
def test_only_the_units_approved_are_verified(units: int, filled: int) -> None:
    """However far apart they are, and on either side."""
    plan = [{"etf": "VAS", "side": "sell", "units": units}]
    answer = verified([done("VAS", "SELL", filled)], plan)
    assert answer["verified"] == (filled == units)
    for finding in answer["findings"]:
        assert (finding["planned"], finding["executed"]) == (units, filled)
