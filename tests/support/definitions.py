"""A small definition that is right, and a way to check texts as if they lay in a folder."""

from textwrap import dedent

from dsl.problems import Problem
from dsl.release import File, Folder, Release, build_release, check_folder

GOOD = """\
workflow: rebalancing
version: 3
summary: Bring a drifted portfolio back to its target
input:
  type: object
  required: [portfolio_id]
  properties:
    portfolio_id: {type: string}
    max_drift: {type: number, default: 0.05}
    note: {type: string}
signals:
  deposit_received:
    type: object
    required: [amount]
    properties: {amount: {type: number, format: money}}
defaults: {timeout: 30s, retry: {attempts: 3, first: 1s, factor: 2, longest: 1m}}
on_failure: {hold: 1d, role: operations}
search: {portfolio: "${ input.portfolio_id }"}
steps:
  - id: drift
    call: portfolio.measure_drift
    with: {portfolio_id: "${ input.portfolio_id }"}
  - id: trade
    when: steps.drift.largest > input.max_drift
    lock: "${ input.portfolio_id }"
    try:
      - id: orders
        call: orders.submit
        with: {portfolio_id: "${ input.portfolio_id }", trades: "${ steps.drift.trades }"}
        undo: {call: orders.cancel_open, with: {portfolio_id: "${ input.portfolio_id }"}}
      - id: fills
        call: orders.await_fills
        timeout: 2d
        with: {portfolio_id: "${ input.portfolio_id }", within: 1d}
    catch:
      - errors: [OrderRejected]
        as: err
        steps: [{fail: {error: RebalancingFailed, message: "${ err.message }"}}]
  - id: deposit
    receive: deposit_received
    within: 5d
    on_timeout:
      - finish: {rebalanced: false, note: "${ default(input.note, 'none') }"}
output: {rebalanced: "${ has(steps.fills) }", paid: "${ steps.deposit.payload.amount }"}
"""

EVENTS = """\
facts:
  PortfolioRebalanced: {summary: It was brought back, producers: [rebalancing]}
business:
  drift_exceeded: {summary: It drifted}
"""

METRICS = """\
metrics:
  portfolio_drift: {summary: It drifted so far, type: number, unit: share}
  drawdown: {summary: It lost so much, type: number, unit: share}
  regime_changed: {summary: The market turned, type: boolean, unit: true or false}
"""

PEOPLE = """\
roles:
  operations: {summary: Looks after runs}
  compliance: {summary: Answers for the rules}
people:
  sam: {roles: [operations]}
  kim: {roles: [compliance]}
"""

TABLE = """\
table: reviews
summary: Who reviews a proposal
inputs:
  kind: {type: string, enum: [advised, discretionary]}
  value: {type: number, format: money, minimum: 0}
outputs:
  manager: {type: boolean}
  days: {type: integer}
rows:
  - {when: {value: "< 250000"}, then: {manager: false, days: 1}}
  - {when: {value: ">= 250000", kind: advised}, then: {manager: true, days: 2}}
  - {then: {manager: true, days: 3}}
"""


def folder(*workflows: str, events: str = EVENTS) -> Folder:
    """A folder with these definitions and a small catalogue of events."""
    files = tuple(
        File(f"workflows/{place}.yaml", f"file{place}", text.encode()) for place, text in enumerate(workflows)
    )
    texts = {"events": events, "metrics": METRICS, "people": PEOPLE, "reviews": TABLE}
    catalogue = tuple(File(f"catalogue/{name}.yaml", name, text.encode()) for name, text in texts.items())
    return Folder("", workflows=files, catalogue=catalogue)


def problems(*workflows: str) -> list[Problem]:
    """What is wrong with these definitions."""
    return check_folder(folder(*(dedent(text) for text in workflows)))


def release(*workflows: str) -> Release:
    """The release of these definitions."""
    return build_release(folder(*(dedent(text) for text in workflows)))


def small(steps: str, top: str = "") -> str:
    """A definition with an input, a signal, and these steps; `top` goes before them. The first step is on line 15."""
    assert top.count("\n") <= 1
    return f"""\
workflow: small
version: 1
summary: A small one
input:
  type: object
  required: [id, amount, ids]
  properties:
    id: {{type: string}}
    amount: {{type: number, format: money}}
    ids: {{type: array, items: {{type: string}}}}
    note: {{type: string}}
signals: {{paid: {{type: object, required: [cents], properties: {{cents: {{type: integer}}}}}}}}
{top or "owner: someone"}
steps:
{steps}"""


def seen(*workflows: str) -> list[tuple[str, int]]:
    """Code and line of every problem but the warnings."""
    return [(problem.code, problem.line) for problem in problems(*workflows) if problem.is_error]
