"""Failpoints: only in tests, only where asked for, and never silently misspelt."""

import pytest

from adapters.failpoints import failpoint, planned


def test_without_the_test_switch_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting left over in production kills nobody."""
    monkeypatch.delenv("KRONOS_TEST", raising=False)
    monkeypatch.setenv("KRONOS_FAILPOINTS", "orders.after_send:kill")
    failpoint("orders.after_send")


def test_other_failpoints_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the one that is named kills."""
    monkeypatch.setenv("KRONOS_TEST", "1")
    monkeypatch.setenv("KRONOS_FAILPOINTS", "orders.after_send:kill@99")
    failpoint("orders.before_intent")
    failpoint("orders.after_send")


def test_several_kills_can_be_planned() -> None:
    """Each with the time that it counts from the first."""
    kills = planned("orders.after_send:kill, orders.before_result:kill@3")
    assert {name: kill.nth for name, kill in kills.items()} == {
        "orders.after_send": 1,
        "orders.before_result": 3,
    }


@pytest.mark.parametrize(
    "text",
    ["orders.afterwards:kill", "orders.after_send", "orders.after_send:pause", "orders.after_send:kill@0"],
)
def test_what_is_not_understood_is_refused(text: str) -> None:
    """A misspelt failpoint would otherwise prove nothing."""
    with pytest.raises(ValueError, match="KRONOS_FAILPOINTS"):
        planned(text)
