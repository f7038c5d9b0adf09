"""What an editor accepts and marks while a definition is written."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dsl.editor_schema import catalogue_schema, definition_schema, names_of
from dsl.editor_tests import tests_schema as schema_of_tests
from dsl.folder import load_folder
from dsl.structure.steps import COMMON_KEYS, KIND_KEYS
from tests.support.definitions import GOOD, folder
from tests.support.editors import complaints as complaints_of
from tests.support.servers import REPOSITORY

DEFINITIONS = REPOSITORY / "definitions"
WORLD = folder(GOOD).checked.world
SCHEMA = definition_schema(names_of(WORLD, ["operations", "compliance"]))
EVERY_KIND = """\
workflow: rebalancing
version: 1
summary: Every kind of step
input: {type: object, required: [ids], properties: {ids: {type: array, items: {type: string}}}}
signals: {paid: {type: object, properties: {amount: {type: number, format: money}}}}
subscribe: [{event: drift_exceeded, match: {id: "${ input.ids[0] }"}, signal: paid}]
triggers:
  - {schedule: "0 9 * * MON-FRI", timezone: Australia/Sydney, each: portfolio, where: "true", input: {ids: []}}
  - {event: drift_exceeded, where: event.drift > 0.05}
  - {threshold: portfolio_drift > 5%, rearm: portfolio_drift < 3%, cooldown: 1d}
steps:
  - market.latest_snapshot
  - {id: a, set: {x: 1}, record: PortfolioRebalanced}
  - choose: [{when: vars.x > 1, steps: [{wait: 2bd}]}, {otherwise: [{wait: {until: "date('2027-01-01')"}}]}]
  - parallel: {one: [{wait: {session: XASX, at: open}}], two: [{emit: drift_exceeded, with: {drift: 1}}]}
  - {for_each: [1, 2], as: n, at_most: "${ vars.x }", steps: [{set: {y: "${ n }"}}], collect: {n: n}}
  - {repeat: {until: vars.x > 3, at_most: 3, every: 1d}, steps: [{wait: 1h}], on_exhausted: [{finish: {}}], upgrade: next_turn}
  - try: [{call: orders.submit, with: {portfolio_id: P, trades: "${ vars.trades }"}, undo: {none: "a stated reason"}}]
    catch: [{errors: [OrderRejected, MyOwnError], as: e, steps: [{fail: {error: X, message: "${ e.message }"}}]}]
    finally: [{receive: [paid], where: signal.amount > 5, within: 5d, on_timeout: [{wait: 1d}]}]
  - approve: {role: compliance, show: {a: 1}, quorum: 2, four_eyes: vars.x}
    within: 2d
    on_reject: [{fail: {error: X, message: refused}}]
    on_timeout: [{finish: {status: late}}]
  - {run: rebalancing, with: {portfolio_id: "${ input.ids[0] }"}, detached: true}
"""


def complaints(text: str, schema: Any = SCHEMA) -> list[str]:
    """What an editor would mark in a text."""
    return complaints_of(text, schema)


def test_the_schema_is_json_schema() -> None:
    """It fits the metaschema, and every reference leads somewhere."""
    Draft202012Validator.check_schema(SCHEMA)
    assert set(references(SCHEMA)) <= {f"#/$defs/{name}" for name in SCHEMA["$defs"]}


def references(value: Any) -> list[str]:
    """Every `$ref` in a schema."""
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return [*own, *(found for inner in value.values() for found in references(inner))]
    return [found for inner in value for found in references(inner)] if isinstance(value, list) else []


def test_every_definition_of_the_repository_fits() -> None:
    """Whoever opens one sees no complaint."""
    checked = load_folder(DEFINITIONS).checked
    schema = definition_schema(names_of(checked.world, checked.catalogue["people"]["roles"]))
    for file in sorted((DEFINITIONS / "workflows").glob("*.yaml")):
        assert complaints(file.read_text(), schema) == [], file.name


def test_every_kind_of_step_fits() -> None:
    """The whole language, each part once."""
    assert complaints(GOOD) == []
    assert complaints(EVERY_KIND) == []


def test_every_key_of_every_kind_has_a_shape() -> None:
    """A key that the language gains is a key that editors know."""
    for kind, keys in KIND_KEYS.items():
        part = SCHEMA["$defs"][f"step.{kind}"]
        assert set(part["properties"]) == {*COMMON_KEYS, kind, *keys}
        assert part["additionalProperties"] is False


def with_step(step: str) -> str:
    """A definition whose only step is this."""
    return f"workflow: a\nversion: 1\nsummary: s\nsteps:\n  - {step}\n"


BROKEN = {
    "a misspelt activity": "{call: portfolio.mesure_drift, with: {portfolio_id: P}}",
    "a misspelt bare activity": "market.latest_snapshots",
    "an activity of the engine itself": "{call: leases.acquire}",
    "a misspelt input": "{call: portfolio.measure_drift, with: {portfolio: P}}",
    "a missing input": "{call: portfolio.measure_drift, with: {}}",
    "no input where one is needed": "{call: portfolio.measure_drift}",
    "an input of another type": "{call: portfolio.investment_limits, with: {cash: [1]}}",
    "an option that there is not": "{call: tax.capital_gains, with: {jurisdiction: NZ, year: 2025-26, method: fifo, parcels: [], disposals: []}}",
    "a nested field that there is not": '{call: goals.map_to_pods, with: {as_of: "2026-01-01", goals: [{goal: 1}]}}',
    "a misspelt input of an undo": "{call: orders.submit, with: {portfolio_id: P, trades: []}, undo: {call: orders.cancel_open, with: {id: P}}}",
    "a misspelt workflow": "{run: rebalancin, with: {portfolio_id: P}}",
    "a misspelt input of a workflow": "{run: rebalancing, with: {portfolio: P}}",
    "an unknown event": "{emit: drift_exeeded}",
    "an unknown fact": "{set: {a: 1}, record: PortfolioRebalancd}",
    "an unknown role": "{approve: {role: complience}, within: 1d, on_reject: [], on_timeout: []}",
    "an unknown key": "{wait: 1d, wen: true}",
    "two kinds": "{wait: 1d, set: {a: 1}}",
    "no kind": "{id: a}",
    "a key of another kind": "{wait: 1d, with: {}}",
    "a loop without its name": "{for_each: input.ids, steps: [{wait: 1d}]}",
    "an approval that falls through": "{approve: {role: compliance}, within: 1d}",
    "a try with nothing to catch": "{try: [{wait: 1d}]}",
    "a repeat without bound": "{repeat: {every: 1d}, steps: [{wait: 1d}]}",
    "no duration": "{wait: soon}",
    "no steps": "{choose: [{when: a, steps: []}]}",
}


@pytest.mark.parametrize("step", BROKEN.values(), ids=BROKEN)
def test_a_broken_step_is_marked(step: str) -> None:
    """Names, inputs and keys are checked while they are typed."""
    assert complaints(with_step(step))


def test_an_expression_may_stand_wherever_a_value_does() -> None:
    """Only a run knows what it comes to; around it everything is still checked."""
    goal = "{goal_id: g, goal_name: n, target_amount: '${ a }', target_date: '${ b }', priority: '${ c }', flexibility: rigid}"
    step = "{call: goals.map_to_pods, with: {as_of: '${ d }', goals: [%s]}}"
    assert complaints(with_step(step % goal)) == []
    assert complaints(with_step("{call: goals.map_to_pods, with: {as_of: '${ d }', goals: '${ e }'}}")) == []
    assert complaints(with_step("{call: goals.map_to_pods, with: '${ input }'}")) == []
    assert complaints(with_step(step % goal.replace("rigid", "stiff")))


@pytest.mark.parametrize(
    "line", ["workflow: Rebalancing", "version: one", "stepps: []", "triggers: [{event: a, schedule: b}]"]
)
def test_a_broken_top_is_marked(line: str) -> None:
    """The keys of a file have their forms too."""
    key = line.partition(":")[0]
    kept = [other for other in GOOD.splitlines() if not other.startswith(f"{key}:")]
    assert complaints("\n".join([*kept, line]))


def test_catalogue_files_fit_the_schemas_of_their_models() -> None:
    """Every catalogue file that a model reads."""
    for file in sorted((DEFINITIONS / "catalogue").glob("*.yaml")):
        schema = catalogue_schema(file.stem)
        if schema is not None:
            assert complaints(file.read_text(), schema) == [], file.name


def test_tests_of_definitions_are_checked_too() -> None:
    """The names of workflows and activities, and the words of a test."""
    schema = schema_of_tests(names_of(WORLD))
    good = """\
workflow: rebalancing
tests:
  - name: the broker comes back on the third try
    input: {portfolio_id: P-1}
    activities:
      orders.submit: {fails: {error: BrokerUnavailable, times: 2}, returns: {orders: [O-1]}}
    signals: [{after: 3d, send: deposit_received, with: {amount: 5}}]
    approvals: [{after: 1h, step: ask, decision: approve, by: kim}]
    expect: {outcome: completed, calls: {orders.submit: 3}, output: {rebalanced: true}, path: [drift]}
"""
    assert complaints(good, schema) == []
    for right, wrong in (
        ("orders.submit:", "orders.submitt:"),
        ("outcome", "outcom"),
        ("times", "time"),
        ("workflow: r", "workflow: p"),
    ):
        assert complaints(good.replace(right, wrong), schema)


def test_every_test_of_the_repository_fits() -> None:
    """Whoever opens one sees no complaint."""
    schema = schema_of_tests(names_of(load_folder(DEFINITIONS).checked.world))
    for file in sorted((DEFINITIONS / "tests").glob("*.yaml")):
        assert complaints(file.read_text(), schema) == [], file.name
