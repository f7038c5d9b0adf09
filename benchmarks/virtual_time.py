"""Half a virtual year: a definition that looks at a portfolio every day, tested on a server of its own."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from worker.scenarios.selection import try_definitions
from worker.settings import load_settings

ROOT = Path(__file__).parents[1]
FIXTURE = ROOT / "tests" / "worker" / "scenarios" / "definitions"
DAILY = """\
workflow: review
tests:
  - name: 180 days, a look every day
    input: {portfolio_id: P-1}
    activities: {portfolio.measure_drift: {returns: {largest: 0.01}}}
    expect: {outcome: completed}
  - name: a day, one wait
    input: {portfolio_id: P-1, days: 2}
    activities: {portfolio.measure_drift: {returns: {largest: 0.01}}}
    expect: {outcome: completed}
"""


def measure() -> None:
    """Seconds of the world's own time for each test."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "definitions" / "catalogue", folder / "catalogue")
        shutil.copytree(FIXTURE / "workflows", folder / "workflows")
        (folder / "tests").mkdir()
        (folder / "tests" / "daily.yaml").write_text(DAILY)
        results = asyncio.run(try_definitions(load_settings({"definitions": folder})))
    print("\nTests of definitions on virtual time")
    for test in results.tests:
        days = test.virtual_seconds / 86_400
        outcome = "passed" if test.passed else "FAILED"
        print(f"  {test.name:<30} {days:6.1f} days in {test.seconds:6.2f} s  {outcome}")
