"""Files of tests are checked before they run: every fault with its code and line."""

from pathlib import Path

import pytest

from dsl.folder import File, Folder, check_folder, load_folder
from dsl.scenarios.coverage import reached_by
from dsl.scenarios.verdict import difference

DEFINITIONS = Path(__file__).parents[3] / "definitions"
REBALANCING = Path(__file__).parents[2] / "worker/scenarios/definitions/workflows/rebalancing.yaml"


def problems(test: str, top: str = "workflow: rebalancing") -> list[tuple[str, int]]:
    """Codes and lines of what is wrong with a file of one test."""
    around = load_folder(DEFINITIONS)
    text = f"{top}\ntests:\n  - name: one\n    input: {{portfolio_id: P-1}}\n{test}"
    own = Folder(
        path="",
        workflows=(File("rebalancing.yaml", "rebalancing", REBALANCING.read_bytes()),),
        catalogue=around.catalogue,
        tests=(File("tests.yaml", "tests", text.encode()),),
    )
    return [(found.code, found.line) for found in check_folder(own) if found.file == "tests.yaml"]


@pytest.mark.parametrize(
    ("test", "code"),
    [
        ("    activities: {orders.submitt: {returns: {orders: []}}}", "K502"),
        ("    activities: {orders.submit: {returns: {orders: O-1}}}", "K503"),
        ("    activities: {orders.submit: {returns: {order: [O-1]}}}", "K503"),
        ("    activities: {orders.submit: {fails: {error: BrokerUnavailble}}}", "K504"),
        ("    activities: {orders.submit: {by_step: {order: {returns: {orders: []}}}}}", "K507"),
        ("    activities: {orders.submit: {}}", "K121"),
        ("    activities: {orders.submit: []}", "K128"),
        ("    activities: {orders.submit: {return: {orders: []}}}", "K120"),
        ("    signals: [{after: 3d, send: deposit_recieved, with: {amount: 5}}]", "K505"),
        ("    signals: [{after: 3d, send: deposit_received, with: {amount: much}}]", "K505"),
        ("    signals: [{after: 3 days, send: deposit_received, with: {amount: 5}}]", "K129"),
        ("    events: [{after: 1h, emit: market_open}]", "K505"),
        ("    approvals: [{after: 1h, step: trade, decision: approve, by: kim}]", "K505"),
        ("    expect: {path: [drfit]}", "K507"),
        ("    expect: {undone: [order]}", "K507"),
        ("    expect: {emitted: [drift_exceded]}", "K507"),
        ("    expect: {not_called: [orders.sumbit]}", "K502"),
        ("    expect: {calls: {orders.sumbit: 1}}", "K502"),
        ("    expect: {outcome: done}", "K125"),
        ("    expect: {outputs: {}}", "K120"),
        ("    expect: {error: RebalancingFailed}", "K508"),
        ("    expect: {outcome: failed, output: {}}", "K508"),
        ("    expect: {outcome: held}", "K508"),
    ],
)
def test_a_fault_has_a_code_and_a_line(test: str, code: str) -> None:
    """One fault, one problem, where it stands."""
    assert problems(test) == [(code, 5)]


def test_the_workflow_must_exist() -> None:
    """A misspelt one is reported at its name."""
    assert problems("", "workflow: rebalancin") == [("K501", 1)]


def test_the_input_must_fit_unless_a_misfit_is_what_is_tested() -> None:
    """A wrong field, and one that is missing."""
    assert ("K506", 5) in problems("  - {name: two, input: {portfolio: P-1}}")
    wanted = "{outcome: failed, error: InvalidInput}"
    assert problems(f"  - {{name: two, input: {{portfolio: P-1}}, expect: {wanted}}}") == []


def test_two_tests_have_two_names() -> None:
    """Reports would not tell them apart."""
    assert problems("  - {name: one, input: {portfolio_id: P-1}}") == [("K509", 5)]


def test_stand_ins_may_leave_fields_out() -> None:
    """What is given must fit, and nothing must be given."""
    assert problems("    activities: {portfolio.measure_drift: {returns: {largest: 0.02}}}") == []


@pytest.mark.parametrize(
    ("expected", "came", "found"),
    [
        ({"a": 1}, {"a": 1}, None),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, ("output.a[1].b 2", "3")),
        ({"a": 1}, {}, ("output.a 1", "nothing")),
        ({}, {"a": 1}, ("no output.a", "1")),
        (True, 1, ("output true", "1")),
        ([1], [1, 2], ("output [1]", "[1,2]")),
    ],
)
def test_the_first_difference_is_named(expected: object, came: object, found: tuple[str, str] | None) -> None:
    """Outputs are compared whole; true is not one."""
    assert difference(expected, came, "output") == found


def test_branches_are_reached_through_their_steps() -> None:
    """A choose that took no branch, a turn of a loop, a branch of parallel, a step left out."""

    def step(path: str, kind: str = "call", attempts: int = 1) -> dict[str, object]:
        return {"path": path, "kind": kind, "attempts": attempts, "started_at": "now", "state": "done"}

    found = reached_by(
        [
            step("steps[0]", "choose"),
            step("steps[1]", "choose"),
            step("steps[1].choose[0].steps[0]"),
            step("steps[2].repeat[7].steps[0]"),
            step("steps[3].parallel.a[1]", attempts=0),
        ]
    )
    assert ("steps[0]", "none") in found
    assert ("steps[1]", "choose[0].steps") in found
    assert ("steps[1]", "none") not in found
    assert ("steps[2]", "repeat[].steps") in found
    assert ("steps[3].parallel.a[1]", "skipped") in found
    assert ("steps[3]", "parallel.a") in found
