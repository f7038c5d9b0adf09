"""The worked examples of tax offices, vendors and closed forms hold."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from activities.runner import ActivityFault, run
from payloads import plain_json
from tests.support.contexts import pure_context

CASES = plain_json.loads((Path(__file__).parent / "cases.json").read_text(encoding="utf-8"))
PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]|\[(\w+)=([^\]]+)\]|\[(\*)\]")
ABSENT = object()


def read(answer: Any, path: str) -> Any:
    """The value at a path of the cases' README: names, [n], [id=x], and sum: and len: in front."""
    if path.startswith("sum:"):
        return sum(Decimal(str(value)) for value in _walk(answer, path[4:]))
    if path.startswith("len:"):
        return len(next(_walk(answer, path[4:])))
    return next(_walk(answer, path), ABSENT)


def _walk(answer: Any, path: str) -> Iterator[Any]:
    found = [answer]
    for match in PART.finditer(path):
        found = [deeper for value in found for deeper in _step(value, match)]
    return iter(found)


def _step(value: Any, match: re.Match[str]) -> list[Any]:
    name, place, key, wanted, _ = match.groups()
    if "*" in (name, match[5]):
        return list(value.values() if isinstance(value, dict) else value)
    if name is not None:
        return [value[name]] if name in value else []
    if place is not None:
        return [value[int(place)]]
    return [row for row in value if str(row[key]) == wanted]


def holds(found: Any, expected: dict[str, Any]) -> bool:
    """Whether what was found is what the case expects."""
    wanted = expected["value"]
    found = expected.get("missing", found) if found is ABSENT else found
    if "tolerance" in expected:
        return abs(Decimal(str(found)) - Decimal(str(wanted))) <= Decimal(str(expected["tolerance"]))
    if expected.get("compare") == "set":
        return sorted(map(str, found)) == sorted(map(str, wanted))
    if expected.get("compare") == "instant":
        return datetime.fromisoformat(found) == datetime.fromisoformat(wanted)
    return bool(found == wanted)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_reference_case(case: dict[str, Any]) -> None:
    """An activity answers, or refuses, as the published example says."""
    if "expect_error" in case:
        with pytest.raises(ActivityFault) as refused:
            run(case["activity"], case["input"], pure_context(), strict=True)
        assert case["expect_error"].get("type", refused.value.type) == refused.value.type
        assert case["expect_error"].get("path", "") in refused.value.path
        return
    answer = json.loads(plain_json.dumps(run(case["activity"], case["input"], pure_context(), strict=True)))
    wrong = {
        expected["path"]: (read(answer, expected["path"]), expected["value"])
        for expected in case["expect"]
        if not holds(read(answer, expected["path"]), expected)
    }
    assert not wrong
