"""On what both languages have, expressions mean what they mean in CEL.

`cel_cases.json` has random expressions and the values that another implementation of CEL gave for them.
"""

import json
from pathlib import Path

import pytest

from dsl.expressions import compile_expression

RECORDED = json.loads(Path(__file__).with_name("cel_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", RECORDED["cases"], ids=lambda case: case["source"])
def test_the_common_subset_means_the_same_as_in_cel(case: dict[str, object]) -> None:
    """Precedence, modulo, macros, `in`, `has` and `? :` agree."""
    found = compile_expression(str(case["source"])).evaluate(RECORDED["scope"])
    assert found == case["value"]
    assert type(found) is type(case["value"])
