"""Answers of Yahoo's chart address, in the shape it had in 2025: no test asks Yahoo itself."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

SYDNEY = ZoneInfo("Australia/Sydney")
NOT_FOUND = json.dumps(
    {
        "chart": {
            "result": None,
            "error": {"code": "Not Found", "description": "No data found, symbol may be delisted"},
        }
    }
).encode()


def moment(day: date) -> int:
    """When the exchange opens on that day: what Yahoo stamps a daily bar with."""
    return int(datetime.combine(day, time(10), SYDNEY).timestamp())


def chart_answer(
    days: Sequence[date],
    closes: Sequence[float | None],
    *,
    dividends: Mapping[date, float] | None = None,
    splits: Mapping[date, tuple[int, int]] | None = None,
) -> bytes:
    """The body for one code; a close that is None is a halted bar."""
    quote = {name: list(closes) for name in ("open", "high", "low", "close")}
    events: dict[str, Any] = {}
    if dividends:
        paid = {str(moment(day)): {"amount": cash, "date": moment(day)} for day, cash in dividends.items()}
        events["dividends"] = paid
    if splits:
        events["splits"] = {
            str(moment(day)): {
                "date": moment(day),
                "numerator": new,
                "denominator": old,
                "splitRatio": f"{new}:{old}",
            }
            for day, (new, old) in splits.items()
        }
    result = {
        "meta": {"currency": "AUD", "exchangeName": "ASX", "exchangeTimezoneName": "Australia/Sydney"},
        "timestamp": [moment(day) for day in days],
        "indicators": {
            "quote": [{**quote, "volume": [1000] * len(days)}],
            "adjclose": [{"adjclose": list(closes)}],
        },
        **({"events": events} if events else {}),
    }
    return json.dumps({"chart": {"result": [result], "error": None}}).encode()
