"""The exchanges whose sessions are known, by market code; `make timetables` writes their names."""

import json
from functools import cache
from pathlib import Path

NAMES = Path(__file__).with_name("exchanges.json")


@cache
def known_exchanges() -> frozenset[str]:
    """Every market code that `calendar` and `session` take: XASX, XNYS, and aliases such as ASX."""
    return frozenset(json.loads(NAMES.read_text(encoding="utf-8")))
