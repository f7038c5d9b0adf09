"""A run to which nobody writes goes on at the moments of its own timers, as it would on the server's."""

import shutil
from pathlib import Path

import pytest

from cli.guard import wait_for
from worker.scenarios import server, skipping
from worker.scenarios.selection import try_definitions
from worker.scenarios.testing import Result, Results
from worker.settings import load_settings

CATALOGUE = Path(__file__).parents[3] / "definitions" / "catalogue"
WORKFLOWS = {
    "side_by_side": """\
workflow: side_by_side
version: 1
summary: Waits in three branches, one of them in two parts
input: {required: [portfolio_id], properties: {portfolio_id: {type: string}}}
steps:
  - parallel:
      late: [{id: three_days, wait: 3d}]
      early:
        - {id: one_day, wait: 1d}
        - id: drift
          call: portfolio.measure_drift
          retry: {attempts: 2, first: 1d, factor: 1, longest: 1d}
          with: {portfolio_id: "${ input.portfolio_id }"}
        - {id: half_a_day, wait: 12h}
      middle: [{id: two_days, wait: 2d}, {id: four_days, wait: 2d}]
output: {largest: "${ steps.drift.largest }"}
""",
    "daily": """\
workflow: daily
version: 1
summary: Look every day, for a month
input: {required: [portfolio_id], properties: {portfolio_id: {type: string}}}
steps:
  - set: {looks: 0}
  - repeat: {at_most: 30, every: 1d}
    steps:
      - call: portfolio.measure_drift
        with: {portfolio_id: "${ input.portfolio_id }"}
      - set: {looks: "${ vars.looks + 1 }"}
output: {looks: "${ vars.looks }"}
""",
    "parent": """\
workflow: parent
version: 1
summary: Wait, have a month looked at, and wait again
input: {required: [portfolio_id], properties: {portfolio_id: {type: string}}}
steps:
  - {id: before, wait: 5d}
  - parallel:
      child: [{id: month, run: daily, with: {portfolio_id: "${ input.portfolio_id }"}}]
      beside: [{id: beside, wait: 1h}]
  - {id: after, wait: 1d}
output: {looks: "${ steps.month.looks }"}
""",
}
TESTS = """\
workflow: {workflow}
given:
  input: {{portfolio_id: P-1}}
tests:
  - name: {name}
    activities: {{portfolio.measure_drift: {stand_in}}}
    expect: {expect}
"""
ANSWER = "{returns: {largest: 0.01}}"
CASES = (
    (
        "side_by_side",
        "what answers at once",
        ANSWER,
        "{path: [one_day, drift, half_a_day, two_days, three_days, four_days], output: {largest: 0.01}}",
    ),
    (
        "side_by_side",
        "what is tried again a day later",
        "{fails: {error: Timeout, times: 1}, returns: {largest: 0.01}}",
        "{outcome: completed, output: {largest: 0.01}}",
    ),
    ("daily", "a month", ANSWER, "{outcome: completed, output: {looks: 30}}"),
    ("parent", "a child", ANSWER, "{output: {looks: 30}}"),
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What came of all, where runs go on as new after a few days."""
    folder = tmp_path_factory.mktemp("definitions")
    shutil.copytree(CATALOGUE, folder / "catalogue")
    for kind in ("workflows", "tests"):
        (folder / kind).mkdir()
    for name, text in WORKFLOWS.items():
        (folder / "workflows" / f"{name}.yaml").write_text(text)
    for number, (workflow, name, stand_in, expect) in enumerate(CASES):
        text = TESTS.format(workflow=workflow, name=name, stand_in=stand_in, expect=expect)
        (folder / "tests" / f"{number}.yaml").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        short = "limit.historyCount.suggestContinueAsNew=20"
        patch.setattr(server, "DYNAMIC", (*server.DYNAMIC, short))
        patch.setattr(skipping, "AT_MOST", 4)
        return wait_for(try_definitions(load_settings({"definitions": folder})))


def of(results: Results, name: str) -> Result:
    return next(test for test in results.tests if test.name == name)


@pytest.mark.parametrize("name", [name for _, name, _, _ in CASES])
def test_all_happens_in_its_order(results: Results, name: str) -> None:
    """Timers of branches that run at once, beside a call, through turns and in a child."""
    assert of(results, name).problems == ()


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("what answers at once", 96),
        ("what is tried again a day later", 96),
        ("a month", 696),
        ("a child", 145),
    ],
)
def test_the_clock_ends_where_it_should(results: Results, name: str, hours: int) -> None:
    """Also that of a run that went on as new: it loses no day, and none counts twice."""
    assert of(results, name).virtual_seconds == pytest.approx(hours * 3600, abs=60)
