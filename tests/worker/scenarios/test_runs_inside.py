"""Runs that a run starts do each thing once, whether the test lets time run on or stops it for a message."""

import shutil
from pathlib import Path

import pytest

from cli.guard import wait_for
from worker.scenarios.selection import try_definitions
from worker.scenarios.testing import Results
from worker.settings import load_settings

CATALOGUE = Path(__file__).parents[3] / "definitions" / "catalogue"
INNER = """\
workflow: inner
version: 1
summary: Measure twice
input: {required: [portfolio_id], properties: {portfolio_id: {type: string}}}
steps:
  - {id: before, call: portfolio.measure_drift, with: {portfolio_id: "${ input.portfolio_id }"}}
  - {id: after, call: portfolio.measure_drift, with: {portfolio_id: "${ input.portfolio_id }"}}
output: {before: "${ steps.before.largest }", after: "${ steps.after.largest }"}
"""
OUTER = """\
workflow: outer
version: 1
summary: Have it measured, and wait for a word where there is to be one
input:
  required: [portfolio_id]
  properties: {portfolio_id: {type: string}, asks: {type: boolean, default: false}}
signals:
  go_on: {type: object}
steps:
  - {id: measured, run: inner, with: {portfolio_id: "${ input.portfolio_id }"}}
  - {id: word, when: input.asks, receive: go_on, within: 2d}
output: "${ steps.measured }"
"""
DRIFT = "{total_drift: 0.1, by_etf: {}, trades: [], largest: %s}"
ONCE = "{outcome: completed, output: {before: 0.02, after: 0.01}, calls: {portfolio.measure_drift: 2}}"
TESTS = f"""\
workflow: outer
given:
  activities:
    portfolio.measure_drift: [{{returns: {DRIFT % 0.02}}}, {{returns: {DRIFT % 0.01}}}]
tests:
  - {{name: free, input: {{portfolio_id: P-1}}, expect: {ONCE}}}
  - name: stopped for a message
    input: {{portfolio_id: P-1, asks: true}}
    signals: [{{after: 1d, send: go_on, with: {{}}}}]
    expect: {ONCE}
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What comes of both tests."""
    folder = tmp_path_factory.mktemp("definitions")
    shutil.copytree(CATALOGUE, folder / "catalogue")
    for name, text in (("workflows/inner", INNER), ("workflows/outer", OUTER), ("tests/outer", TESTS)):
        path = folder / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return wait_for(try_definitions(load_settings({"definitions": folder}), ["outer"]))


@pytest.mark.parametrize("name", ["free", "stopped for a message"])
def test_a_run_inside_does_each_thing_once(results: Results, name: str) -> None:
    """Its calls are counted once, and take what stands in for them in its order."""
    (result,) = (test for test in results.tests if test.name == name)
    assert result.problems == ()
