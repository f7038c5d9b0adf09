"""What a test sends reaches the run that can take it, whether it names a moment or not."""

import shutil
from pathlib import Path

import pytest

from cli.guard import wait_for
from worker.scenarios.selection import try_definitions
from worker.scenarios.testing import Results
from worker.settings import load_settings

CATALOGUE = Path(__file__).parents[3] / "definitions" / "catalogue"
ASKS = """\
workflow: asks
version: 1
summary: Ask after an hour, and go on for another
steps:
  - wait: 1h
  - id: ok
    approve: {role: compliance, show: {text: go on}}
    within: 2d
    on_reject: [{fail: {error: Declined, message: Compliance said no}}]
    on_timeout: [{fail: {error: Declined, message: Nobody answered}}]
  - wait: 1h
output: {by: "${ steps.ok.by }"}
"""
FANNED = """\
workflow: fanned
version: 1
summary: Have three runs ask, two at once
steps:
  - {id: each, for_each: [1, 2, 3], as: n, at_most: 2, steps: [{id: one, run: asks}], collect: steps.one.by}
output: {by: "${ steps.each }"}
"""
LISTENS = """\
workflow: listens
version: 1
summary: Take an event of one portfolio
signals: {seen: {type: object, additionalProperties: true}}
subscribe: [{event: drift_exceeded, match: {portfolio_id: P-1}, signal: seen}]
steps:
  - {receive: seen, within: 3d, on_timeout: [{finish: {seen: false}}]}
output: {seen: true}
"""
TESTS = {
    "asks": """\
  - name: an approval without a moment
    approvals: [{step: ok, decision: approve, by: kim}]
    expect: {output: {by: kim}}
  - name: a second approval that is refused
    approvals:
      - {step: ok, decision: approve, by: kim}
      - {step: ok, decision: approve, by: kim, refused: true}
    expect: {output: {by: kim}}
""",
    "fanned": """\
  - name: one approval for each run, at no moment
    approvals:
      - {step: ok, decision: approve, by: kim}
      - {step: ok, decision: approve, by: lee}
      - {step: ok, decision: approve, by: max}
    expect: {output: {by: [kim, lee, max]}}
  - name: one approval for each run, two of them at one moment
    approvals:
      - {after: 2h, step: ok, decision: approve, by: kim}
      - {after: 2h, step: ok, decision: approve, by: lee}
      - {after: 9h, step: ok, decision: approve, by: max}
    expect: {output: {by: [kim, lee, max]}}
""",
    "listens": """\
  - name: an event without a moment
    events: [{emit: drift_exceeded, with: {portfolio_id: P-1, drift: 0.1}}]
    expect: {output: {seen: true}}
  - name: an event that nobody takes
    events: [{emit: drift_exceeded, with: {portfolio_id: P-2, drift: 0.1}}]
    expect: {output: {seen: false}}
""",
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What comes of all of them."""
    folder = tmp_path_factory.mktemp("definitions")
    shutil.copytree(CATALOGUE, folder / "catalogue")
    for kind in ("workflows", "tests"):
        (folder / kind).mkdir()
    for text in (ASKS, FANNED, LISTENS):
        name = text.split()[1]
        (folder / "workflows" / f"{name}.yaml").write_text(text)
        written = f"workflow: {name}\ntests:\n{TESTS[name]}"
        (folder / "tests" / f"{name}.yaml").write_text(written)
    return wait_for(try_definitions(load_settings({"definitions": folder})))


@pytest.mark.parametrize(
    "name",
    [
        "an approval without a moment",
        "a second approval that is refused",
        "one approval for each run, at no moment",
        "one approval for each run, two of them at one moment",
        "an event without a moment",
        "an event that nobody takes",
    ],
)
def test_what_is_sent_arrives(results: Results, name: str) -> None:
    """After a timer that stands before it, in each of several runs that ask, and once it is subscribed to."""
    [found] = [test for test in results.tests if test.name == name]
    assert [problem.message for problem in found.problems] == []
