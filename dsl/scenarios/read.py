"""Reads a file of tests: its structure as K1xx, and what it names in definitions and catalogue as K5xx."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dsl.literals import value_of
from dsl.near import listed, suggestion
from dsl.problems import Report
from dsl.scenarios.expectations import read_expectations
from dsl.scenarios.messages import read_messages
from dsl.scenarios.model import Scenario, ScenarioFile, StandIn
from dsl.scenarios.stand_ins import read_stand_ins
from dsl.scenarios.subject import Subject, check_value
from dsl.structure.fields import Fields, kind_of
from dsl.tree import ListNode, MapNode, Node, ScalarNode, Tree
from dsl.world import World

KEYS = ("workflow", "tests", "people", "given")
TEST_KEYS = (
    "name",
    "input",
    "activities",
    "signals",
    "events",
    "approvals",
    "retries",
    "cancel",
    "until",
    "expect",
)


def read_scenarios(
    tree: Tree, report: Report, world: World, subjects: dict[str, Subject]
) -> ScenarioFile | None:
    """The tests of a file; None when it does not say which workflow they are of."""
    root = tree.root
    if not isinstance(root, MapNode):
        message = f"a file of tests must be a mapping, not {kind_of(root)}"
        report.at("K122", root.start, root.end, message, "begin with `workflow: …`")
        return None
    top = Fields(root, "a file of tests", report)
    top.allow(KEYS, required=("workflow", "tests"))
    workflow, tests = top.text("workflow"), top.sequence("tests")
    people = _people(top)
    if workflow is None or tests is None:
        return None
    subject = subjects.get(workflow.text)
    if subject is None:
        _unknown(workflow, subjects, report)
        return None
    given = _given(top, subject, world)
    read = tuple(_scenarios(tests, subject, world, given, report))
    return ScenarioFile(report.source.file, workflow.text, tree, read, people)


def _unknown(workflow: ScalarNode, subjects: dict[str, Subject], report: Report) -> None:
    report.node(
        "K501",
        workflow,
        f"there is no workflow `{workflow.text[:60]}`",
        suggestion(workflow.text, subjects),
        note=f"there are {listed(subjects)}" if subjects else "there is no workflow at all",
    )


@dataclass(frozen=True, slots=True)
class _Given:
    """What every test of the file starts from: an input, and stand-ins that a test may replace."""

    input: Node | None = None
    stand_ins: Mapping[str, StandIn] = field(default_factory=dict)


def _given(top: Fields, subject: Subject, world: World) -> _Given:
    mapping = top.mapping("given")
    if mapping is None:
        return _Given()
    fields = Fields(mapping, "`given`", top.report)
    fields.allow(("input", "activities"))
    return _Given(fields.get("input"), read_stand_ins(fields, subject, world))


def _people(top: Fields) -> dict[str, tuple[str, ...]] | None:
    mapping = top.mapping("people")
    if mapping is None:
        return None
    fields = Fields(mapping, "`people`", top.report)
    found: dict[str, tuple[str, ...]] = {}
    for entry in mapping:
        names = fields.sequence(entry.key.text, filled=False)
        found[entry.key.text] = tuple(
            item.text for item in (names.items if names else ()) if isinstance(item, ScalarNode)
        )
    return found


def _scenarios(
    tests: ListNode, subject: Subject, world: World, given: _Given, report: Report
) -> Iterator[Scenario]:
    names: dict[str, int] = {}
    for node in tests.items:
        if not isinstance(node, MapNode):
            report.node("K122", node, f"a test must be a mapping, not {kind_of(node)}")
            continue
        scenario = _scenario(Fields(node, "a test", report), subject, world, given)
        if scenario is None:
            continue
        line, _ = report.source.place(scenario.node.start)
        first = names.setdefault(scenario.name, line)
        if first != line:
            report.node(
                "K509",
                scenario.node,
                f"two tests are called `{scenario.name[:60]}`",
                f"the first is on line {first}",
            )
        yield scenario


def _scenario(fields: Fields, subject: Subject, world: World, common: _Given) -> Scenario | None:
    fields.allow(TEST_KEYS, required=("name",))
    name = fields.text("name")
    expect = read_expectations(fields, subject, world)
    own, until = fields.get("input"), fields.duration("until")
    given = own if own is not None else common.input
    schema = subject.input
    error = expect.get("error")
    if error is None or error.value != "InvalidInput":
        node = given if given is not None else fields.node
        check_value(node, schema, "K506", "the input", fields.report, written=given is not None)
    if "outcome" in expect and expect["outcome"].value == "held" and until is None:
        help = "a run is held for a while only: say when to look, as in `until: 1h`"
        fields.report.node("K508", expect["outcome"].node, "`held` needs `until`", help)
    stand_ins = {**common.stand_ins, **read_stand_ins(fields, subject, world)}
    messages = read_messages(fields, subject, world)
    if name is None:
        return None
    return Scenario(
        name=name.text,
        node=name,
        whole=fields.node,
        input=value_of(given, schema) if given is not None else {},
        stand_ins=stand_ins,
        messages=messages,
        until=subject.span(until),
        expect=expect,
    )
