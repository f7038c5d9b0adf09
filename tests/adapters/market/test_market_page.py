"""The page on market data names what there is."""

import re
from pathlib import Path

from engines.covariance import METHODS
from payloads.market_estimates import AskEstimates
from worker.data import SOURCES

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "market-data.md").read_text(encoding="utf-8")


def test_the_page_names_every_finding() -> None:
    """Each code that reading, cleaning and cutting can report stands on it."""
    found = set()
    for name in ("vendor_files", "cleaning", "cutting"):
        source = (ROOT / "adapters" / "market" / f"{name}.py").read_text(encoding="utf-8")
        found |= set(re.findall(r'"((?:[A-Z][a-z]+){1,3})"', source))
    assert {"Split", "PossibleSplit", "ReusedCode", "BadField", "NoPrice", "Gap"} <= found
    assert [code for code in sorted(found) if f"`{code}`" not in PAGE] == []


def test_the_page_names_every_method_and_source() -> None:
    """Methods of estimates, and the sources that can be pulled."""
    choices = AskEstimates.model_json_schema()["properties"]
    for method in [*METHODS, *choices["return_method"]["enum"], *SOURCES]:
        assert f"`{method}`" in PAGE
    assert set(METHODS) == set(choices["covariance_method"]["enum"])
