"""What people decide on is laid out so that they can read it."""

from decimal import Decimal
from typing import Any

from cli.proposal import proposal

ASKED: dict[str, Any] = {
    "workflow_id": "investment-1",
    "workflow": "investment",
    "step": "adviser",
    "path": "steps[0]",
    "role": "adviser",
    "quorum": 2,
    "eligible": ["alex", "robin"],
    "decisions": [{"by": "morgan", "decision": "approve"}],
    "deadline": "2026-11-26T17:04:10+00:00",
    "digest": "d1",
}


def shown(show: Any) -> list[str]:
    return proposal({**ASKED, "show": show}).splitlines()


def test_orders_are_a_table_with_money_aligned() -> None:
    """Numbers stand under each other, with thousands; plain values come before tables."""
    orders = [
        {"etf": "VAS", "units": 1310, "value": Decimal("14589.47")},
        {"etf": "VGS", "units": 5, "value": Decimal("80.10")},
    ]
    lines = shown({"orders": orders, "mandate": "advised", "amount": Decimal("99319.22")})
    assert lines[6:8] == ["mandate  advised", "amount   99,319.22"]
    assert lines[9:13] == [
        "orders",
        "  ETF  UNITS      VALUE",
        "  VAS  1,310  14,589.47",
        "  VGS      5      80.10",
    ]
    assert lines[-1] == "digest  d1"


def test_who_is_asked_and_who_has_decided_stands_first() -> None:
    """So that nobody decides in another's place."""
    lines = shown({})
    assert lines[2:5] == [
        "asks        adviser, 1 of 2 decided: morgan approve",
        "may decide  alex, robin",
        "until       2026-11-26 17:04 UTC",
    ]


def test_a_long_text_stands_below_its_row_and_whole() -> None:
    """Nothing is decided unseen, and nothing is wider than a terminal."""
    text = "Hold NDQ for more than 12 months: the discount on a year's growth saves about 303.29. " * 3
    lines = shown({"tax": [{"code": "hold", "text": text}], "note": None, "nested": {"a": [1, {"b": True}]}})
    assert " ".join(" ".join(lines).split()).count("saves about 303.29.") == 3
    assert max(map(len, lines)) <= 80
    assert '  a  [1,{"b":true}]' in lines


def test_computed_numbers_are_rounded_for_the_eye_alone() -> None:
    """Six places; an amount that has two keeps them, and what is no mapping is shown as it is."""
    assert "  VAS  0.043362" in shown({"weights": {"VAS": Decimal("0.043361633960752904")}})
    assert "Pay 5 to anna" in shown("Pay 5 to anna")
    assert "  nothing" in shown({"orders": []})
