"""Tests of definitions come out as written: on virtual time, each reason for failing at its line."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.guard import wait_for
from cli.output import as_yaml
from worker.errors import BadInput, UnknownId
from worker.scenarios.driver import Driver
from worker.scenarios.recording import scenario_of_run
from worker.scenarios.selection import try_definitions
from worker.scenarios.testing import Result, Results
from worker.settings import Settings, load_settings

HERE = Path(__file__).parent / "definitions"
CATALOGUE = Path(__file__).parents[3] / "definitions" / "catalogue"

WRONG = """\
workflow: rebalancing
given:
  input: {portfolio_id: P-1}
  activities:
    portfolio.measure_drift:
      returns: {largest: 0.09, total_drift: 0.09, by_etf: {VAS: -0.09}, trades: [{etf: VAS, side: buy, units: 10}]}
    orders.cancel_open: {returns: {cancelled: []}}
tests:
  - name: comes out otherwise
    activities:
      orders.submit: {fails: {error: OrderRejected}}
    expect:
      outcome: completed
      path: [trade]
      calls: {orders.submit: 2}
      not_called: [orders.cancel_open]
      undone: []
  - name: reaches what has no stand-in
    expect: {outcome: completed}
  - name: reads what was left out
    activities:
      portfolio.measure_drift: {returns: {total_drift: 0.09}}
  - name: sends too late
    activities:
      portfolio.measure_drift: {returns: {largest: 0.01}}
    retries: [{after: 1d, step: orders}]
    expect: {outcome: completed}
  - name: is held for a person
    activities:
      orders.submit: {fails: {error: BrokerUnavailable}}
    until: 1h
    expect: {outcome: held, error: BrokerUnavailable}
  - name: is cancelled
    activities:
      orders.submit: {fails: {error: BrokerUnavailable}}
    cancel: {after: 2h}
    expect: {outcome: cancelled, undone: [orders]}
  - name: a person has the step tried again
    activities:
      orders.submit: [{fails: {error: BrokerUnavailable, times: 5}}, {returns: {orders: [O-1]}}]
      orders.await_fills: {returns: {status: filled}}
    retries: [{after: 2h, step: orders, by: kim}]
    expect: {outcome: completed, calls: {orders.submit: 6}, undone: []}
  - name: cannot be run
    activities:
      orders.submit: {returns: {orders: O-1}}
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("definitions")
    shutil.copytree(CATALOGUE, folder / "catalogue")
    shutil.copytree(HERE / "workflows", folder / "workflows")
    shutil.copytree(HERE / "tests", folder / "tests")
    (folder / "tests" / "wrong.yaml").write_text(WRONG)
    return load_settings({"definitions": folder})


@pytest.fixture(scope="module")
def results(settings: Settings) -> Iterator[Results]:
    return wait_for(try_definitions(settings))


def of(results: Results, name: str) -> Result:
    return next(test for test in results.tests if test.name == name)


@pytest.mark.parametrize(
    "name",
    [
        "a small drift is left alone",
        "the broker comes back on the third try",
        "half a year of looking every day",
        "two people approve",
        "compliance rejects",
        "nobody decides",
        "the decision is waited for",
        "an event of another portfolio is left alone",
        "is held for a person",
        "is cancelled",
        "a person has the step tried again",
    ],
)
def test_what_comes_as_expected_passes(results: Results, name: str) -> None:
    """The examples of the language, and a test of every kind of message."""
    assert of(results, name).problems == ()


def test_half_a_year_is_virtual(results: Results) -> None:
    """Time is the run's own: 180 turns, a day each."""
    assert of(results, "half a year of looking every day").virtual_seconds >= 179 * 86_400


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("comes out otherwise", [("K521", line) for line in (13, 14, 15, 16, 17)]),
        ("reaches what has no stand-in", [("K522", 18)]),
        ("reads what was left out", [("K523", 22)]),
        ("sends too late", [("K524", 26)]),
        ("cannot be run", [("K503", 46)]),
    ],
)
def test_what_comes_otherwise_fails_at_its_line(
    results: Results, name: str, expected: list[tuple[str, int]]
) -> None:
    """Each expectation that was missed is a problem where the file says it."""
    found = [(problem.code, problem.line) for problem in of(results, name).problems]
    assert list(dict.fromkeys(found)) == expected


def test_what_no_test_reached_is_listed(results: Results) -> None:
    """The tests above reach all of `review`, and its coverage says so."""
    assert results.coverage["review"].as_json()["missing"] == []
    assert results.coverage["review"].as_json()["timeouts"] == {"covered": 2, "total": 2}


def test_a_workflow_alone_is_tried_by_its_name(settings: Settings) -> None:
    """Only its own tests run, and what they missed has its line."""
    only = settings.definitions / "tests" / "rebalancing.yaml"
    found = wait_for(try_definitions(settings, [str(only)]))
    missing = found.coverage["rebalancing"].missing
    assert [test.file for test in found.tests] == [str(only)] * 2
    assert [(goal.kind, goal.line) for goal in missing] == [("catches", 61), ("steps", 61)]
    assert found.passed
    assert not found.complete


def test_a_name_that_does_not_exist_is_refused_with_near_ones(settings: Settings) -> None:
    """Nothing runs, and the name that was perhaps meant is said."""
    with pytest.raises(UnknownId, match="did you mean rebalancing"):
        wait_for(try_definitions(settings, ["rebalancin"]))


def test_a_file_that_cannot_be_opened_is_bad_input(settings: Settings) -> None:
    """Exit code 2, as for every file."""
    with pytest.raises(BadInput):
        wait_for(try_definitions(settings, ["nowhere.yaml"]))


def test_a_recorded_run_becomes_a_test_that_passes(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its input, what its activities answered, what was sent to it, and what came of it."""
    recorded = {}
    play = Driver.play

    async def play_and_record(driver: Driver) -> None:
        await play(driver)
        test = await scenario_of_run(driver._skipper.client, driver._trial.id)
        recorded[driver._scenario.name] = test
        (tmp_path / f"{len(recorded)}.yaml").write_text(as_yaml(test))

    monkeypatch.setattr(Driver, "play", play_and_record)
    only = settings.definitions / "tests" / "rebalancing.yaml"
    wait_for(try_definitions(settings, [str(only)]))
    monkeypatch.undo()

    again = wait_for(try_definitions(settings, [str(path) for path in sorted(tmp_path.iterdir())]))
    third = recorded["the broker comes back on the third try"]["tests"][0]
    assert third["activities"]["orders.submit"]["fails"]["times"] == 2
    assert len(again.tests) == 2
    assert again.passed
