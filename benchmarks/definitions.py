"""How long definitions take: checking and compiling a long one, the whole folder, and an expression."""

import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dsl.check.whole import check_definition
from dsl.compile import compile_definition
from dsl.definition import Definition
from dsl.expressions import compile_expression
from dsl.folder import load_folder
from dsl.load import load
from dsl.structure.document import read_definition
from dsl.world import World
from payloads import plain_json

LINES = 700
ROUNDS = 15
EVALUATIONS = 20_000
HEAD = """\
workflow: long
version: 1
summary: A definition of {lines} lines
on_failure: {{hold: 1d, role: operations}}
input:
  type: object
  required: [portfolio_id, customer_id, amount]
  properties:
    portfolio_id: {{type: string}}
    customer_id: {{type: string}}
    amount: {{type: number, format: money}}
steps:
"""
BLOCK = """\
  - id: held_{n}
    title: Read the portfolio, time {n}
    call: portfolio.read
    with: {{portfolio_id: "${{ input.portfolio_id }}"}}
  - title: Tell the client when there is enough
    choose:
      - when: steps.held_{n}.available_cash > input.amount * {n} and size(steps.held_{n}.positions) > 0
        steps:
          - call: notifications.send
            with:
              customer_id: "${{ input.customer_id }}"
              template: cash_to_invest
              values: {{cash: "${{ steps.held_{n}.available_cash }}"}}
      - otherwise:
          - set: {{missing: "${{ default(input.amount, 0) - steps.held_{n}.cash }}"}}
"""
TAIL = 'output: {missing: "${ default(vars.missing, 0) }"}\n'
EXPRESSIONS = {
    "a comparison": "steps.drift.largest > input.max_drift",
    "arithmetic": "round(input.amount * 0.05 + 3, 2)",
    "a condition": 'input.kind == "a" ? input.amount : 0',
    "a list of 3": "steps.drift.weights.filter(w, w > 0.1)",
}
SCOPE: dict[str, Any] = plain_json.loads(
    '{"input": {"max_drift": 0.05, "amount": 1500.25, "kind": "a"}, '
    '"steps": {"drift": {"largest": 0.09, "weights": [0.1, 0.2, 0.7]}}}'
)


def measure() -> None:
    """Print every figure beside what it may be."""
    gc.set_threshold(50_000, 20, 20)  # as the command line does
    text, world = long_definition(), load_folder(Path("definitions")).checked.world
    check = [_taken(lambda: _checked(text, world)) for _ in range(ROUNDS)]
    whole = [_taken(lambda: compile_definition(_checked(text, world), world)) for _ in range(ROUNDS)]
    print(f"\nDefinitions ({len(text.splitlines())} lines), median of {ROUNDS}, and the best")
    for name, taken, limit in (("check", check, ""), ("and compile", whole, "   (at most 50)")):
        print(f"  {name:11} {statistics.median(taken) * 1e3:8.1f} ms {min(taken) * 1e3:8.1f} ms{limit}")
    print(f"  kronos definitions validate {_command():.2f} s   (at most 1)")
    for name, source in EXPRESSIONS.items():
        print(f"  expression, {name:14} {_evaluation(source) * 1e6:6.2f} µs")


def long_definition() -> str:
    """A definition of about 700 lines with calls, branches, templates and expressions."""
    count = (LINES - HEAD.count("\n")) // BLOCK.count("\n")
    return HEAD.format(lines=LINES) + "".join(BLOCK.format(n=n) for n in range(count)) + TAIL


def _checked(text: str, world: World) -> Definition:
    """All that is done with a file: read as YAML, its structure and then everything else checked."""
    tree, report = load(text.encode(), "long.yaml")
    assert tree is not None
    definition = read_definition(tree, report)
    assert definition is not None
    check_definition(definition, world, report)
    assert not [problem for problem in report.problems if problem.is_error], report.problems[:3]
    return definition


def _taken(work: Callable[[], Any]) -> float:
    """Seconds of this process's processor: what else runs on the machine does not count."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _command() -> float:
    """The whole command, as a person waits for it; the first run, which fills caches, does not count."""
    command = [str(Path(sys.executable).with_name("kronos")), "definitions", "validate"]
    taken = []
    for _ in range(4):
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken[1:])


def _evaluation(source: str) -> float:
    """Seconds that one evaluation takes, the best of five."""
    expression = compile_expression(source)
    best = float("inf")
    for _ in range(5):
        begun = time.perf_counter()
        for _ in range(EVALUATIONS):
            expression.evaluate(SCOPE)
        best = min(best, (time.perf_counter() - begun) / EVALUATIONS)
    return best
