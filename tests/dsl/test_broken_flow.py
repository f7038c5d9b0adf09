"""Approvals that let a run go on, loops without a bound, roles that nobody holds: each at its line."""

from pathlib import Path

import pytest

from dsl.codes import CODES
from dsl.folder import check_folder
from tests.support.definitions import EVENTS, folder, problems, seen, small

FIRST = 15  # the line of the first step in `small`
TRADE = 'lock: "${ input.id }"\n      call: orders.submit\n      with: {portfolio_id: "${ input.id }", trades: []}\n      undo: {none: a test}'
NO = "[{fail: {error: Refused, message: no}}]"
ASK = "approve: {role: compliance, show: {a: 1}}"
AGAIN = f"[{{{ASK}, within: 1d, on_reject: {NO}, on_timeout: {NO}}}]"


def of(steps: str) -> str:
    """A definition with these steps, whose trades wait for a person when they fail."""
    return small(steps, "on_failure: {hold: 1d, role: operations}")


def approval(on_reject: str = NO, on_timeout: str = NO, ask: str = ASK) -> str:
    return f"- {ask}\n  within: 2d\n  on_reject: {on_reject}\n  on_timeout: {on_timeout}\n"


def guarded(catch: str, after: str) -> str:
    return (
        f"- try:\n    - {ASK}\n      within: 2d\n      on_reject: {NO}\n      on_timeout: {NO}\n"
        f"  catch:\n    - {catch}\n{after}"
    )


SENDS = f"- parallel:\n    a:\n    - {TRADE}\n"

FAULTS = [
    (approval(on_reject="[{wait: 1d}]"), "K306", 2),
    (approval(on_timeout="[{wait: 1d}]"), "K306", 3),
    (approval(on_reject="[{when: input.amount > 1, fail: {error: No, message: no}}]"), "K306", 2),
    (approval(on_reject=AGAIN.replace("[{", "[{when: input.amount > 1, ", 1)), "K306", 2),
    (
        approval(on_reject=f"[{{choose: [{{when: input.amount > 1, steps: {AGAIN}}}]}}]"),
        "K306",
        2,
    ),
    (
        approval(on_timeout="\n    - " + TRADE + "\n    - finish: {}"),
        "K306",
        4,
    ),
    (guarded("steps: [{wait: 1d}]", SENDS), "K306", 6),
    (guarded("{errors: [Refused], steps: [{wait: 1d}]}", SENDS), "K306", 6),
    (approval(ask=ASK.replace("compliance", "complience")), "K216", 0),
    (approval(ask=ASK.replace("show", "quorum: 2, show")), "K217", 0),
    (
        "- repeat: {until: input.amount > 1}\n  steps: [{set: {x: 1}}, {finish: {x: '${ vars.x }'}, when: input.amount > 2}]",
        "K308",
        0,
    ),
    ("- repeat: {at_most: 3}\n  steps: [{finish: {}}]\n- wait: 1d", "K301", 2),
    ("- wait: 2d\n  calendar: ASXX", "K407", 1),
    ("- wait: {session: ASXX, at: open}", "K407", 0),
]


@pytest.mark.parametrize(("steps", "code", "line"), FAULTS)
def test_one_fault_of_flow_is_one_problem_at_its_line(steps: str, code: str, line: int) -> None:
    """The code of the fault, the line it stands on, and nothing else."""
    assert seen(of(steps)) == [(code, FIRST + line)]


VALID = [
    approval(on_reject=AGAIN, on_timeout=f"[{{wait: 1d}}, {AGAIN[1:]}"),
    approval(on_reject=f"[{{choose: [{{when: input.amount > 1, steps: {NO}}}, {{otherwise: {AGAIN}}}]}}]"),
    guarded("{errors: [Refused], steps: [{finish: {}}]}", SENDS),
    guarded(f"{{errors: [Refused], steps: {AGAIN}}}", SENDS),
    guarded("{errors: [Refused], steps: [{wait: 1d}]}", ""),
    guarded("{errors: [Timeout], steps: [{wait: 1d}]}", SENDS),
    approval(ask=ASK.replace("compliance", "client")),
    "- repeat: {until: input.amount > 1, every: 1d}\n  steps: [{wait: 1d}]",
    "- repeat: {until: input.amount > 1}\n  steps: [{receive: paid}]",
    "- repeat: {at_most: 5}\n  steps: [{call: portfolio.read, with: {portfolio_id: a}}]",
    f"- repeat: {{until: input.amount > 1}}\n  steps: {AGAIN}",
]


@pytest.mark.parametrize("steps", VALID)
def test_what_cannot_go_wrong_is_not_refused(steps: str) -> None:
    """Refusals that end, loops that rest."""
    assert seen(of(steps)) == []


SELF = "run: small\n  with: {id: a, amount: 1, ids: []}"


@pytest.mark.parametrize(
    ("steps", "warned"),
    [
        (f"- {SELF}", True),
        (f"- set: {{x: 1}}\n- {SELF}", True),
        (f"- {SELF}\n  when: input.amount > 1", False),
        (f"- choose: [{{when: input.amount > 1, steps: [{{finish: {{}}}}]}}]\n- {SELF}", False),
        ("- for_each: input.ids\n  as: i\n  steps: [{run: small, with: {id: a, amount: 1, ids: []}}]", False),
        ("- try: [{run: small, with: {id: a, amount: 1, ids: []}}]\n  catch: [{steps: [{wait: 1d}]}]", True),
    ],
)
def test_a_workflow_that_always_runs_itself_is_warned_of(steps: str, warned: bool) -> None:
    """It would end in `TooDeep`; what may be skipped may end before."""
    assert ("K908" in [problem.code for problem in problems(small(steps))]) is warned


def test_the_role_of_a_hold_is_known() -> None:
    """With a near name; `client` is nobody's role in the house, but that of the run's client."""
    text = small("- wait: 1d", "on_failure: {hold: 1d, role: operation}")
    (found,) = [problem for problem in problems(text) if problem.is_error]
    assert (found.code, found.help) == ("K216", "did you mean `operations`?")


WARNINGS = [
    (
        small("- wait: 1d").replace(
            "{type: string}\nsignals", "{type: string}\n    more: {type: string}\nsignals"
        ),
        "K901",
    ),
    (small("- wait: 1d"), "K902"),
    (small("- set: {x: 1}"), "K904"),
    (small(SENDS), "K905"),
]


@pytest.mark.parametrize(("text", "code"), WARNINGS)
def test_what_may_be_a_slip_is_a_warning(text: str, code: str) -> None:
    """It is said, and keeps nothing from being published."""
    found = problems(text)
    assert code in [problem.code for problem in found]
    assert not any(problem.is_error for problem in found)


def test_more_steps_than_can_be_checked_quickly_are_refused() -> None:
    """One problem, and nothing else is looked at."""
    assert seen(small("- wait: 1d\n" * 1001)) == [("K116", 1)]


def test_a_trigger_is_a_mapping() -> None:
    """A name alone says neither what starts a run nor with what."""
    assert seen(small("- wait: 1d", "triggers: [daily]")) == [("K401", 13)]


def test_an_emitted_event_is_held_against_its_schema() -> None:
    """The catalogue says what an event carries; a map that is not given lacks what is required."""
    schema = "{summary: x, schema: {type: object, required: [by], properties: {by: {type: number}}}}"
    events = EVENTS.replace("{summary: It drifted}", schema)
    for given, code in (
        ("{by: 5}", None),
        ("{by: much}", "K206"),
        ("{to: 5, by: 1}", "K202"),
        ("{}", "K203"),
    ):
        text = small(f"- emit: drift_exceeded\n  with: {given}")
        errors = [problem.code for problem in check_folder(folder(text, events=events)) if problem.is_error]
        assert errors == ([code] if code else [])
    text = small("- emit: drift_exceeded")
    assert "K203" in [problem.code for problem in check_folder(folder(text, events=events))]


def test_every_code_is_shown_by_a_test() -> None:
    """No code is promised that no broken file has."""
    texts = [file.read_text() for file in Path(__file__).parent.rglob("*.py")]
    shown = {code for code in CODES if any(f'"{code}"' in text for text in texts)}
    elsewhere = {code for code in CODES if code.startswith("K5")}
    assert set(CODES) - shown == elsewhere - shown


@pytest.mark.parametrize(
    "steps",
    [
        '- finish: {x: "${ ' + " + ".join(["1"] * 30_000) + ' }"}',
        "- for_each: [" + ", ".join(['"1 + 1"'] * 21_000) + "]\n  as: i\n  steps: [{wait: 1d}]",
        "".join(f"- when: {' or '.join(['input.amount > 3'] * 30)}\n  wait: 1d\n" for _ in range(200)),
        "- {run: small, with: {id: a, amount: 1, ids: []}}\n" * 3
        + f"- finish: {{x: '${{ \"{'a' * 100_000}\" }}'}}",
    ],
)
def test_more_expressions_than_can_be_checked_quickly_are_refused(steps: str) -> None:
    """One problem, and no expression is looked at: not even to see what the workflow puts out."""
    assert seen(small(steps)) == [("K116", 1)]
