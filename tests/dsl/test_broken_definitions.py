"""A definition with one fault is refused with the code of that fault, at its line, and nothing else."""

import shutil
from pathlib import Path

import pytest

from dsl.folder import check_folder, load_folder
from dsl.load import load
from dsl.tree import MapNode, ScalarNode
from tests.support.definitions import problems, seen, small

DEFINITIONS = Path(__file__).parents[2] / "definitions"
FIRST = 15  # the line of the first step in `small`

AGREED = (
    "- approve: {role: compliance, show: {a: 1}}\n  within: 1d\n"
    "  on_reject: [{finish: {}}]\n  on_timeout: [{finish: {}}]"
)

STRUCTURE = [
    ("- cal: portfolio.read", "K120", 0),
    ("- id: x", "K123", 0),
    ("- call: portfolio.read\n  with: {portfolio_id: a}\n  wait: 1d", "K124", 2),
    ("- {}", "K123", 0),
    ("- [wait, 1d]", "K122", 0),
    ("-\n- wait: 1d", "K122", 0),
    ("- wait: 1d\n  notes: x", "K120", 1),
    ("- wait: 1d\n  id: 1st", "K126", 1),
    ("- wait: 1d\n  id: in", "K126", 1),
    ("- wait: 1 day", "K129", 0),
    ("- wait: 1.5h", "K129", 0),
    ("- wait: []", "K122", 0),
    ("- set: [a]", "K122", 0),
    ("- set: {}", "K128", 0),
    ("- fail: {error: TooLate}", "K121", 0),
    ("- fail: {error: too_late, message: no}", "K126", 0),
    ("- call: portfolio.read\n  with: {portfolio_id: a}\n  timeout: soon", "K129", 2),
    ("- call: portfolio.read\n  with: {portfolio_id: a}\n  timeout: 2bd", "K129", 2),
    ("- call: portfolio.read\n  with: {portfolio_id: a}\n  timeout: 0s", "K134", 2),
    ("- call: portfolio.read\n  with: {portfolio_id: a}\n  retry: {first: 0s}", "K134", 2),
    ("- call: portfolio.read\n  with: {portfolio_id: a}\n  retry: {attempts: 0}", "K122", 2),
    ("- call: portfolio.read\n  with: {portfolio_id: a}\n  retry: {frist: 1s}", "K120", 2),
    ("- call: portfolio.read\n  with: {portfolio_id: a}\n  retry: {factor: 0.5}", "K122", 2),
    ("- call: portfolio.read\n  with: {portfolio_id: a}\n  undo: {cal: x}", "K120", 2),
    ("- call: portfolio.read\n  with: {portfolio_id: a}\n  undo: {none: }", "K122", 2),
    ("- choose: []", "K128", 0),
    ("- choose:\n    - steps: [{wait: 1d}]", "K121", 1),
    ("- choose:\n    - {when: input.amount > 1, step: [{wait: 1d}]}", "K120", 1),
    (
        "- choose:\n    - otherwise: [{wait: 1d}]\n    - {when: input.amount > 3, steps: [{wait: 1d}]}",
        "K127",
        1,
    ),
    ("- parallel: {}", "K128", 0),
    ("- receive: []", "K128", 0),
    ("- parallel: {a: {wait: 1d}}", "K122", 0),
    ("- for_each: input.ids\n  steps: [{wait: 1d}]", "K121", 0),
    ("- for_each: input.ids\n  as: i\n  steps: []", "K128", 2),
    ("- for_each: input.ids\n  as: input\n  steps: [{wait: 1d}]", "K126", 1),
    ("- for_each: input.ids\n  as: i\n  at_most: 0\n  steps: [{wait: 1d}]", "K122", 2),
    ("- try: [{wait: 1d}]", "K121", 0),
    ("- try: [{wait: 1d}]\n  catch: [{as: e}]", "K121", 1),
    ("- try: [{wait: 1d}]\n  catch: [{errors: [], steps: [{wait: 1d}]}]", "K128", 1),
    ("- receive: paid\n  on_timeout: [{wait: 1d}]", "K121", 0),
    ("- receive: Paid", "K126", 0),
    ("- run: small\n  with: {id: a, amount: 1, ids: []}\n  detached: 1", "K122", 2),
    ("- wait: 1d\n  record: portfolio_rebalanced", "K126", 1),
    ("- wait: 1d\n  record: {with: {}}", "K121", 1),
]

NAMES_AND_TYPES = [
    ("- call: portfolio.raed", "K201", 0),
    ("- 5", "K122", 0),
    ("- call: runs.load_release", "K214", 0),
    ("- call: portfolio.read\n  with: {portfolio: a}", "K202", 1),
    ("- portfolio.read", "K203", 0),
    ("- call: portfolio.read\n  with: {}", "K203", 0),
    ("- call: portfolio.read\n  with: {portfolio_id: {a: 1}}", "K206", 1),
    ("- call: portfolio.read\n  with: 5", "K206", 1),
    ('- call: portfolio.read\n  with: {portfolio_id: "a b"}', "K205", 1),
    ('- call: portfolio.read\n  with: {portfolio_id: "${ input.amount }"}', "K206", 1),
    ('- call: portfolio.read\n  with: {portfolio_id: "${ input.idd }"}', "K204", 1),
    ('- call: portfolio.read\n  with: {portfolio_id: "${ input.note }"}', "K226", 1),
    ('- call: portfolio.read\n  with: {portfolio_id: "${ inptu.id }"}', "K225", 1),
    ("- call: portfolio.read\n  with: {portfolio_id: a}\n  undo: {call: portfolio.read}", "K203", 2),
    ('- set: {x: "${ table(\'nope\', {}) }"}\n- finish: {x: "${ vars.x }"}', "K239", 0),
    ("- call: pods.split\n  with: {weights: {POD1: 1}, total_capital: 1.005}", "K205", 1),
    (
        "- call: portfolio.consolidate\n  with: {pods: {POD1: {capital: 1, allocation: {vas: 1}}}}",
        "K205",
        1,
    ),
    (
        "- call: portfolio.consolidate\n  with: {pods: {POD1: {capital: 1, allocation: {VAS: 2}}}}",
        "K205",
        1,
    ),
    ("- call: calendar.next_session\n  with: {exchange: XSAX, after: 2026-01-05}", "K205", 1),
    ("- wait: 1d\n  calendar: XSAX", "K407", 1),
    ("- receive: payed", "K212", 0),
    ("- receive: paid\n  where: signal.amont > 3", "K204", 1),
    ("- receive: paid\n  where: signal.cents", "K233", 1),
    ("- run: bigger", "K210", 0),
    ("- run: small\n  with: {id: a, amount: 1}", "K203", 0),
    ("- run: small\n  with: {id: a, amount: much, ids: []}", "K206", 1),
    ("- emit: drift_exceded", "K208", 0),
    ("- wait: 1d\n  record: PortfolioRebalance", "K209", 1),
    ("- wait: 1d\n  id: a\n- wait: 1d\n  id: a", "K211", 3),
    ("- try: [{portfolio.read: }]\n  finally: [{wait: 1d}]", "K123", 0),
    (
        "- try: [{call: portfolio.read, with: {portfolio_id: a}}]\n"
        "  catch: [{errors: [UnknownPortfolios], steps: [{wait: 1d}]}]",
        "K207",
        1,
    ),
    (
        "- for_each: input.ids\n  as: i\n  steps:\n    - {for_each: input.ids, as: i, steps: [{wait: 1d}]}",
        "K213",
        3,
    ),
    ("- set: {x: 1}\n  when: input.amount", "K233", 1),
    ("- for_each: input.id\n  as: i\n  steps: [{wait: 1d}]", "K233", 0),
    ('- for_each: input.ids\n  as: i\n  at_most: "${ input.id }"\n  steps: [{wait: 1d}]', "K206", 2),
    ('- wait: "${ input.id }"', "K206", 0),
    ('- receive: paid\n  within: "${ input.amount }"', "K206", 1),
    ('- set: {x: 1}\n  lock: "${ input.amount }"', "K206", 1),
    ('- set: {x: 1}\n  title: "Pay ${ input.ids }"', "K231", 1),
    ('- finish: {a: "${ input.id"}', "K224", 0),
    ('- finish: {a: "${ }"}', "K224", 0),
    ('- finish: {a: "${ lenght(input.id) }"}', "K229", 0),
    ('- finish: {a: "${ event.id }"}', "K225", 0),
    ('- finish: {"${ input.id }": 1}', "K224", 0),
    ('- finish: {a: "${ input.id.upper }"}', "K231", 0),
]

SCOPE = [
    (
        '- finish: {c: "${ steps.r.cash }"}\n  when: input.amount > 3\n- {id: r, call: portfolio.read, with: {portfolio_id: a}}',
        "K227",
        0,
    ),
    (
        '- {id: r, when: input.amount > 3, call: portfolio.read, with: {portfolio_id: a}}\n- finish: {c: "${ steps.r.cash }"}',
        "K226",
        1,
    ),
    (
        '- for_each: input.ids\n  as: i\n  steps: [{id: r, call: portfolio.read, with: {portfolio_id: "${ i }"}}]\n- finish: {c: "${ steps.r.cash }"}',
        "K227",
        3,
    ),
    ('- for_each: input.ids\n  as: i\n  steps: [{wait: 1d}]\n- finish: {c: "${ i }"}', "K225", 3),
    (
        '- choose:\n    - {when: input.amount > 3, steps: [{set: {x: 1}}]}\n- finish: {c: "${ vars.x }"}',
        "K226",
        2,
    ),
    (
        '- choose:\n    - {when: input.amount > 3, steps: [{set: {x: 1}}]}\n    - otherwise: [{set: {y: 1}}]\n- finish: {c: "${ vars.x }"}',
        "K226",
        3,
    ),
    (
        '- id: w\n  choose:\n    - {when: input.amount > 3, steps: [{wait: 1d}]}\n- finish: {c: "${ steps.w }"}',
        "K226",
        3,
    ),
    (
        '- parallel:\n    a: [{id: r, call: portfolio.read, with: {portfolio_id: a}}]\n    b: [{set: {x: "${ steps.r.cash }"}}]\n- finish: {x: "${ vars.x }"}',
        "K227",
        2,
    ),
    ('- try: [{set: {x: 1}}]\n  catch: [{steps: [{wait: 1d}]}]\n- finish: {x: "${ vars.x }"}', "K226", 2),
    ('- try: [{set: {x: 1}}]\n  finally: [{finish: {x: "${ vars.x }"}}]', "K226", 1),
    (
        '- try: [{wait: 1d}]\n  catch: [{as: e, steps: [{wait: 1d}]}]\n- finish: {x: "${ e.message }"}',
        "K225",
        2,
    ),
    ('- try: [{wait: 1d}]\n  catch: [{as: e, steps: [{finish: {x: "${ e.mesage }"}}]}]', "K204", 1),
    (
        '- {id: p, receive: paid, within: 1d, on_timeout: [{wait: 1d}]}\n- finish: {x: "${ steps.p.payload.cents }"}',
        "K228",
        1,
    ),
    (
        '- for_each: input.ids\n  as: i\n  steps: [{set: {x: "${ i }"}}]\n- finish: {x: "${ vars.x }"}',
        "K226",
        3,
    ),
    (
        '- call: portfolio.read\n  id: r\n  with: {portfolio_id: a}\n  undo: {call: portfolio.read, with: {portfolio_id: "${ steps.r.portfolio_id }"}}',
        "K226",
        3,
    ),
    (
        '- {id: p, receive: paid, within: 1d, on_timeout: [{wait: 1d}]}\n- finish: {x: "${ steps.p.timed_out ? steps.p.payload.cents : 0 }"}',
        "K228",
        1,
    ),
    ('- {id: nothing, wait: 1d}\n- finish: {x: "${ steps.nothing }"}', "K227", 1),
]

FLOW = [
    (
        "- try: [{wait: 1d}]\n  catch:\n    - {steps: [{wait: 1d}]}\n    - {errors: [Timeout], steps: [{wait: 1d}]}",
        "K301",
        3,
    ),
    ("- finish: {}\n- wait: 1d", "K301", 1),
    (
        "- choose:\n    - {when: input.amount > 3, steps: [{finish: {}}]}\n    - otherwise: [{fail: {error: No, message: n}}]\n- wait: 1d",
        "K301",
        3,
    ),
    ("- try: [{finish: {}}]\n  catch: [{steps: [{finish: {}}]}]\n- wait: 1d", "K301", 2),
    ('- lock: "${ input.id }"\n  call: orders.submit\n  with: {portfolio_id: a, trades: []}', "K302", 1),
    ("- call: orders.submit\n  with: {portfolio_id: a, trades: []}\n  undo: {none: a test}", "K303", 0),
    ('- parallel:\n    a: [{set: {x: 1}}]\n    b: [{set: {x: 2}}]\n- finish: {x: "${ vars.x }"}', "K304", 2),
    (
        '- for_each: input.ids\n  as: i\n  at_most: 4\n  steps: [{set: {x: "${ i }"}}]\n- finish: {x: "${ default(vars.x, 1) }"}',
        "K305",
        3,
    ),
    ("- wait: 2bd", "K307", 0),
]


def of(steps: str) -> str:
    return small("".join(f"  {line}\n" for line in steps.splitlines()))


@pytest.mark.parametrize(("steps", "code", "offset"), [*STRUCTURE, *NAMES_AND_TYPES, *SCOPE, *FLOW])
def test_one_fault_is_one_problem_at_its_line(steps: str, code: str, offset: int) -> None:
    """One fault is one problem, with its code, at its line."""
    assert seen(of(steps)) == [(code, FIRST + offset)]


APPROVE = "approve: {role: compliance, show: {a: 1}}\n  within: 2d"

VALID = [
    "- wait: 2bd\n  calendar: XASX",
    "- wait: {until: run.now}",
    "- wait: {session: XASX, at: open}",
    "- repeat: {at_most: 3}\n  steps: [{wait: 1d}]",
    "- repeat: {until: steps.p.timed_out, every: 1bd}\n  calendar: XASX\n  upgrade: next_turn\n  steps: [{id: p, receive: [paid], within: 1d, on_timeout: [{wait: 1h}]}]",
    f'- id: ok\n  {APPROVE}\n  on_reject: [{{finish: {{}}}}]\n  on_timeout: [{{finish: {{}}}}]\n- finish: {{by: "${{ steps.ok.by }}"}}',
    "- wait: 1d",
    '- {id: r, when: input.amount > 3, call: portfolio.read, with: {portfolio_id: a}}\n- finish: {c: "${ default(steps.r.cash, 0) }"}',
    '- {id: r, when: input.amount > 3, call: portfolio.read, with: {portfolio_id: a}}\n- when: has(steps.r)\n  finish: {c: "${ steps.r.cash }"}',
    '- choose:\n    - {when: has(input.note), steps: [{finish: {n: "${ input.note }"}}]}\n- wait: 1d',
    '- choose:\n    - {when: "!has(input.note)", steps: [{finish: {}}]}\n- finish: {n: "${ input.note }"}',
    '- choose:\n    - {when: input.amount > 3, steps: [{set: {x: 1}}]}\n    - otherwise: [{set: {x: 2}}]\n- finish: {c: "${ vars.x + 1 }"}',
    '- choose:\n    - {when: input.amount > 3, steps: [{set: {x: 1}}]}\n    - otherwise: [{finish: {}}]\n- finish: {c: "${ vars.x }"}',
    '- parallel:\n    a: [{id: r, call: portfolio.read, with: {portfolio_id: a}}]\n    b: [{set: {x: 1}}]\n- finish: {x: "${ vars.x }", c: "${ steps.r.cash }"}',
    '- id: cash\n  for_each: input.ids\n  as: i\n  at_most: 3\n  steps: [{id: r, call: portfolio.read, with: {portfolio_id: "${ i }"}}]\n  collect: {id: i, cash: steps.r.cash}\n- finish: {c: "${ sum(steps.cash.map(c, c.cash)) }"}',
    '- set: {total: 0}\n- for_each: [1, 2]\n  as: n\n  steps: [{set: {total: "${ vars.total + n }"}}]\n- finish: {t: "${ vars.total }"}',
    '- try: [{id: r, call: portfolio.read, with: {portfolio_id: a}}]\n  catch: [{errors: [UnknownPortfolio], as: e, steps: [{fail: {error: Gone, message: "${ e.message }"}}]}]\n- finish: {c: "${ steps.r.cash }"}',
    '- {id: p, receive: paid, within: "${ days(2) }", on_timeout: [{finish: {}}]}\n- finish: {x: "${ steps.p.payload.cents }"}',
    '- {id: p, receive: paid, where: signal.cents > 3, within: 1d, on_timeout: [{wait: 1d}]}\n- when: steps.p.payload != null\n  finish: {x: "${ steps.p.payload.cents }"}',
    '- {id: p, receive: paid, within: 1d, on_timeout: [{wait: 1d}]}\n- when: not steps.p.timed_out\n  finish: {x: "${ steps.p.payload.cents }"}',
    '- {id: p, receive: paid, within: 1d, on_timeout: [{wait: 1d}]}\n- finish: {x: "${ steps.p.timed_out ? 0 : steps.p.payload.cents }"}',
    "- call: portfolio.read\n  with: {portfolio_id: 007}",
    "- call: portfolio.read\n  with: {portfolio_id: NO}",
    "- lock: ${ input.id }\n  parallel:\n    a: [{call: orders.submit, with: {portfolio_id: a, trades: []}, undo: {none: a test}}]",
    '- when: >-\n    input.amount > 3\n    && input.id == "a: b # c"\n  wait: 1d',
    "- run: small\n  detached: true\n  with: {id: a, amount: 1, ids: [x]}",
    "- emit: drift_exceeded\n  with: {by: 5%}\n  record: {fact: PortfolioRebalanced, with: {a: 1}}",
]


@pytest.mark.parametrize("steps", VALID)
def test_what_the_language_allows_has_no_problems(steps: str) -> None:
    """What the language allows is not refused."""
    assert seen(of(steps)) == []


TOP = [
    ("workflow: Small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]", "K126", 1),
    ("workflow: small\nversion: one\nsummary: x\nsteps: [{wait: 1d}]", "K122", 2),
    ("workflow: small\nversion: 0\nsummary: x\nsteps: [{wait: 1d}]", "K122", 2),
    ("workflow: small\nversion: 1\nsteps: [{wait: 1d}]", "K121", 1),
    ("workflow: small\nversion: 1\nsummry: x\nsteps: [{wait: 1d}]", "K120", 3),
    ("workflow: small\nversion: 1\nsummary: x\nsteps: {wait: 1d}", "K122", 4),
    ("workflow: small\nversion: 1\nsummary: x\nsteps: []", "K128", 4),
    ("workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\ndefaults: {timeout: 1y}", "K129", 5),
    ("workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\non_failure: {hold: 1d}", "K121", 5),
    ("workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\nsearch: {customer: a}", "K120", 5),
    ('workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\noutput: {a: "${ steps.b }"}', "K204", 5),
    ("workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\ninput: {type: array}", "K130", 5),
    ("workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\ninput: {type: objekt}", "K130", 5),
    ("workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\ninput: {propertys: {}}", "K120", 5),
    ("workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\ninput: {properties: {a: 5}}", "K130", 5),
    (
        "workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\ninput: {required: [a], properties: {}}",
        "K130",
        5,
    ),
    (
        "workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\ninput: {properties: {a: {$ref: '#/$defs/b'}}}",
        "K130",
        5,
    ),
    (
        "workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\ninput: {properties: {a: {pattern: '('}}}",
        "K130",
        5,
    ),
    (
        "workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\ninput: {dependentRequired: {a: 5}}",
        "K130",
        5,
    ),
    (
        "workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\ninput: {properties: {a: {type: integer, default: x}}}",
        "K131",
        5,
    ),
    (
        "workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\ninput: {properties: {a: {type: integer, minimum: 3, default: 1}}}",
        "K131",
        5,
    ),
    (
        "workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\n"
        "input: {properties: {a: {type: object, properties: {b: {type: array, items: {type: number, default: x}}}}}}",
        "K131",
        5,
    ),
    ("workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\nsignals: {Paid: {}}", "K126", 5),
    ("workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\nsubscribe: [{event: a}]", "K121", 5),
    (
        "workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\ntriggers: [{schedule: 0 9 * * *, timezone: Australia/Sidney}]",
        "K403",
        5,
    ),
    (
        "workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\ntriggers: [{schedule: 0 9 * * *}]",
        "K121",
        5,
    ),
    ("workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\ntriggers: [{where: a}]", "K402", 5),
    (
        "workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]\ntriggers: [{event: drift_exceeded, overlap: skip}]",
        "K120",
        5,
    ),
    ("- workflow: small", "K122", 1),
    ("just text", "K122", 1),
]


@pytest.mark.parametrize(("text", "code", "line"), TOP)
def test_the_top_of_a_file_is_checked_key_by_key(text: str, code: str, line: int) -> None:
    """A fault at the top of a file is reported with its code, at its line."""
    assert seen(text) == [(code, line)]


def test_two_workflows_of_one_name_are_refused() -> None:
    """The name of a workflow is its type, so two files cannot share it."""
    text = "workflow: small\nversion: 1\nsummary: x\nsteps: [{wait: 1d}]"
    assert seen(text, text) == [("K133", 1)]


def test_all_problems_are_found_in_one_pass() -> None:
    """Faults of structure, names, types and flow in one file are all reported together."""
    steps = "- cal: x\n- wait: soon\n- call: portfolio.raed\n- wait: 1d\n  when: input.amont > 1\n- finish: {}\n- wait: 1d"
    assert [code for code, _ in seen(of(steps))] == ["K120", "K129", "K201", "K204", "K301"]


SMALL = """\
workflow: small
version: 1
summary: x
input:
  type: object
  required: [share, goals]
  properties:
    share: {type: number, maximum: 1}
    count: {type: integer, default: 1}
    goals:
      type: array
      items:
        type: object
        required: [priority]
        properties: {priority: {type: string, enum: [high, low]}, years: {type: number, minimum: 0}}
steps:
  - finish: {a: "${ input.share }", b: "${ input.count }", c: "${ input.goals }"}
"""
BIG = """\
workflow: big
version: 1
summary: x
steps:
  - run: small
    with:
      share: 2
      count: a
      gaols: 1
      goals:
        - {priority: high, years: 3}
        - {priority: hihg}
        - {priority: low, years: -1}
        - {years: a}
"""


def test_a_value_that_does_not_fit_hides_no_other() -> None:
    """Types, bounds, words, unknown and missing fields of one `with` are reported in one pass, item by item."""
    found = problems(SMALL, BIG)
    assert [(each.code, each.line) for each in found] == [
        ("K205", 7),
        ("K206", 8),
        ("K202", 9),
        ("K205", 12),
        ("K205", 13),
        ("K203", 14),
        ("K206", 14),
    ]
    assert found[3].help == "did you mean `high`?"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('version: "1"', "`version` must be a whole number from 1, and the quotes make text of it"),
        ("version: 0", "`version` must be a whole number from 1, not `0`"),
        ("version: 1\ndefaults: {retry: {factor: 0.5}}", "`factor` must be a number from 1, not 0.5"),
        ("version: 1\ndefaults: {retry: {factor: two}}", "`factor` must be a number from 1, not text"),
    ],
)
def test_a_wrong_number_is_told_why(text: str, message: str) -> None:
    """The message names what was written, or what YAML made of it."""
    assert [each.message for each in problems(f"workflow: a\nsummary: x\nsteps: [{{wait: 0d}}]\n{text}")] == [
        message
    ]


def test_a_file_that_is_a_list_is_refused_at_its_first_character() -> None:
    """The dash is what is wrong, not the first item."""
    assert [(each.line, each.column) for each in problems("- a")] == [(1, 1)]


@pytest.mark.parametrize("char", ["\x85", "\u2028", "\u2029"])
def test_lines_are_counted_as_an_editor_counts_them(char: str) -> None:
    """U+0085, U+2028 and U+2029 end no line, in text, plain or quoted, or in a comment, and stay in the text."""
    text = f'# a{char}b\nworkflow: a\nversion: 1\nsummary: x{char}y\nowner: "o{char}"\nsteps: [{{wait: 1d}}]\nnote: {char}z'
    assert seen(text) == [("K120", 7)]
    tree, _ = load(text.encode(), "a.yaml")
    assert tree is not None
    assert isinstance(tree.root, MapNode)
    kept = [entry.value.text for entry in tree.root if isinstance(entry.value, ScalarNode)]
    assert kept[2:] == [f"x{char}y", f"o{char}", f"{char}z"]


@pytest.mark.parametrize(
    ("name", "steps", "at"),
    [
        ("people", AGREED, ["compliance"]),
        ("events", "- wait: 1d\n  record: PortfolioRebalanced", ["PortfolioRebalanced"]),
        ("events", "- emit: drift_exceeded", ["drift_exceeded"]),
    ],
)
def test_a_file_that_the_engine_reads_for_a_step_is_missed(
    tmp_path: Path, name: str, steps: str, at: list[str]
) -> None:
    """Who approves and which events there are stand in the catalogue, too."""
    shutil.copytree(DEFINITIONS / "catalogue", tmp_path / "catalogue")
    (tmp_path / "catalogue" / f"{name}.yaml").unlink()
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "small.yaml").write_text(small(steps))
    found = [problem for problem in check_folder(load_folder(tmp_path)) if problem.is_error]
    assert {problem.code for problem in found} == {"K215"}
    lines = small(steps).splitlines()
    assert [lines[one.line - 1][one.column - 1 : one.end_column - 1] for one in found] == at


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        (AGREED, "NobodyCanApprove"),
        ("- repeat: {until: input.amount > 1, at_most: 2}\n  steps: [{wait: 1d}]", "RepeatExhausted"),
        ("- wait: {session: XASX, at: open}", "OutsideCalendar"),
        ("- wait: 2bd\n  calendar: XASX", "OutsideCalendar"),
        ("- run: small\n  when: has(input.note)\n  with: {id: a, amount: 1, ids: []}", "Cancelled"),
    ],
)
def test_an_error_that_a_step_itself_can_end_with_is_taken(steps: str, error: str) -> None:
    """A `catch` may name it around such a step, and around no other."""
    clause = f"\n  catch: [{{errors: [{error}], steps: [{{finish: {{}}}}]}}]"
    inside = "\n".join(f"    {line}" for line in steps.splitlines())
    assert seen(small(f"- try:\n{inside}{clause}")) == []
    assert [code for code, _ in seen(small(f"- try: [{{wait: 1d}}]{clause}"))] == ["K207"]


def test_a_catalogue_file_that_an_activity_needs_is_missed(tmp_path: Path) -> None:
    """A folder without it is refused at every call that reads it, with the file's name."""
    shutil.copytree(DEFINITIONS, tmp_path, dirs_exist_ok=True)
    assert check_folder(load_folder(tmp_path)) == []
    (tmp_path / "catalogue" / "limits.yaml").unlink()
    found = check_folder(load_folder(tmp_path))
    assert {problem.code for problem in found} == {"K215"}
    assert "portfolio.optimize needs catalogue/limits.yaml, which is not there" in {
        problem.message for problem in found
    }
