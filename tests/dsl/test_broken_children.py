"""A refusal in a run, or in a run that it starts, never ends in a trade; a child locks for itself."""

from itertools import pairwise

import pytest

from tests.support.definitions import problems, small

FIRST = 15  # the line of the first step in `small`
NO = "[{fail: {error: Refused, message: no}}]"
ASK = f"{{approve: {{role: compliance, show: {{a: 1}}}}, within: 1d, on_reject: {NO}, on_timeout: {NO}}}"
LOCK = 'lock: "${ input.id }"'
GIVEN = 'with: {id: "${ input.id }", amount: 1, ids: []}'
SELLS = f'{{{LOCK}, call: orders.submit, with: {{portfolio_id: "${{ input.id }}", trades: []}}, undo: {{none: a test}}}}'


def workflow(name: str, *steps: str) -> str:
    """A definition of that name with these steps."""
    text = small("\n".join(f"- {step}" for step in steps), "on_failure: {hold: 1d, role: operations}")
    return text.replace("workflow: small", f"workflow: {name}")


def run(name: str) -> str:
    return f"{{run: {name}, {GIVEN}}}"


def found(parent: str, *children: str) -> list[tuple[str, int]]:
    """Code and line of each error of the first of these definitions; the others have none."""
    errors = [problem for problem in problems(parent, *children) if problem.is_error]
    assert {problem.file for problem in errors} <= {"workflows/0.yaml"}
    return [(problem.code, problem.line) for problem in errors]


def refusal(name: str) -> str:
    """An approval after whose refusal that workflow is run."""
    after = f"[{run(name)}, {{finish: {{}}}}]"
    return (
        f"{{approve: {{role: compliance, show: {{a: 1}}}}, within: 1d, on_reject: {after}, on_timeout: {NO}}}"
    )


TRADER = workflow("trader", SELLS)
BROKER = workflow("broker", f"try: [{run('trader')}]\n  finally: [{{wait: 1s}}]")
ASKER = workflow("asker", ASK)


@pytest.mark.parametrize("name", ["trader", "broker", "pair", "small"])
def test_a_refusal_runs_nothing_that_trades(name: str) -> None:
    """Neither a workflow that trades, nor one that runs it, nor one of a circle, nor itself."""
    pair = workflow("pair", f"choose: [{{when: input.amount > 1, steps: [{run('other')}]}}]")
    other = workflow("other", run("trader"), f"choose: [{{when: input.amount > 2, steps: [{run('pair')}]}}]")
    own = workflow("small", f"{{when: input.amount > 1, run: trader, {GIVEN}}}", refusal(name))
    assert found(own, TRADER, BROKER, pair, other) == [("K306", FIRST + 1)]


@pytest.mark.parametrize(
    "asks",
    [
        ASK,
        f"try: [{ASK}]\n  catch: [{{errors: [Refused], steps: [{{finish: {{}}}}]}}]",
        f"choose: [{{when: input.amount > 1, steps: {NO}}}, {{otherwise: [{ASK}]}}]",
    ],
)
def test_a_refusal_may_run_what_asks_again_before_it_trades(asks: str) -> None:
    """The child's own approval stands before its trade, on every way to it."""
    assert (
        found(workflow("small", refusal("careful")), workflow("careful", asks, run("trader")), TRADER) == []
    )


@pytest.mark.parametrize(
    "asks",
    [
        "{when: input.amount > 1, " + ASK[1:],
        f"try: [{ASK}]\n  catch: [{{errors: [Refused], steps: [{{when: input.amount > 1, finish: {{}}}}, {{wait: 1s}}]}}]",
    ],
)
def test_an_approval_that_may_be_passed_by_is_none(asks: str) -> None:
    """One that is skipped, one whose refusal is caught."""
    careless = workflow("careless", asks, run("trader"))
    errors = problems(workflow("small", refusal("careless")), careless, TRADER)
    assert ("workflows/0.yaml", "K306") in {(one.file, one.code) for one in errors}


def caught(steps: str, error: str = "Refused", inside: str = "asker") -> str:
    return f"try: [{run(inside)}]\n  catch: [{{errors: [{error}], steps: [{steps}]}}]"


@pytest.mark.parametrize("trade", [SELLS, run("broker")])
@pytest.mark.parametrize("error", ["Refused", "NobodyCanApprove"])
def test_a_caught_refusal_of_a_child_does_not_go_on_to_a_trade(trade: str, error: str) -> None:
    """What the child's approval ends with is the child's error, too, a child of the child included."""
    between = workflow("between", run("asker"))
    parent = workflow("small", caught("{wait: 1d}", error, "between"), trade)
    assert found(parent, ASKER, TRADER, BROKER, between) == [("K306", FIRST + 1)]


def test_a_refusal_that_the_child_takes_itself_is_not_one_of_its_errors() -> None:
    """What it ends with then is another error."""
    lenient = workflow(
        "lenient",
        f"try: [{ASK}, {{fail: {{error: Late, message: no}}}}]\n  catch: [{{errors: [Refused], steps: [{{finish: {{}}}}]}}]",
    )
    assert found(workflow("small", caught("{wait: 1d}", "Late", "lenient"), SELLS), lenient) == []


@pytest.mark.parametrize("trade", [SELLS, run("trader")])
def test_neither_a_catch_nor_a_finally_trades_after_a_refusal(trade: str) -> None:
    """Also where the run ends behind it."""
    catching = workflow("small", caught(f"{trade}, {{finish: {{}}}}"))
    assert found(catching, ASKER, TRADER) == [("K306", FIRST + 1)]
    finally_ = workflow("small", f"try: [{ASK}]\n  finally: [{trade}]")
    assert found(finally_, TRADER) == [("K306", FIRST + 1)]


def test_the_next_turn_comes_after_a_refusal() -> None:
    """A loop that trades, then asks, and takes the refusal; one that asks first may."""
    trying = f"{{try: [{ASK}], catch: [{{errors: [Refused], steps: [{{wait: 1d}}]}}]}}"
    loop = f"repeat: {{at_most: 3}}\n  steps: [{run('trader')},\n    {trying}]"
    assert found(workflow("small", loop), TRADER) == [("K306", FIRST + 2)]
    inside = f"{{try: [{ASK}, {run('trader')}], catch: [{{errors: [Refused], steps: [{{wait: 1d}}]}}]}}"
    assert found(workflow("small", f"repeat: {{at_most: 3}}\n  steps: [{inside}]"), TRADER) == []


def test_an_error_of_what_is_done_after_a_refusal_is_a_refusal() -> None:
    """`on_reject` sends a notice; that it cannot be sent must not let the run go on."""
    notice = "{call: customers.register, with: {customer: {}}}"
    asks = ASK.replace(NO, f"[{notice}, {{finish: {{}}}}]", 1)
    text = workflow(
        "small", f"try: [{asks}]\n  catch: [{{errors: [CustomerConflict], steps: [{{wait: 1d}}]}}]", SELLS
    )
    assert ("K306", FIRST + 1) in found(text)


@pytest.mark.parametrize("inside", ["trader", "broker"])
def test_a_child_does_not_wait_for_the_lock_of_its_parent(inside: str) -> None:
    """The child, or one that it runs, takes the lock that its parent holds."""
    held = f"{LOCK}\n  try: [{run(inside)}]\n  finally: [{{wait: 1s}}]"
    assert found(workflow("small", held), TRADER, BROKER) == [("K309", FIRST + 1)]


def test_another_lock_a_child_without_one_and_a_detached_one_wait_for_nobody() -> None:
    """The parent holds what the child does not take, or does not wait for the child."""
    other = 'lock: "${ input.note }"'.replace("note", "ids[0]")
    assert (
        found(workflow("small", f"{other}\n  try: [{run('trader')}]\n  finally: [{{wait: 1s}}]"), TRADER)
        == []
    )
    assert found(workflow("small", f"{{{LOCK}, run: asker, {GIVEN}}}"), ASKER) == []
    assert found(workflow("small", f"{{{LOCK}, run: trader, detached: true, {GIVEN}}}"), TRADER) == []


def test_a_parents_lock_does_not_cover_what_its_child_trades() -> None:
    """The child is refused, whoever runs it."""
    bare = workflow("bare", SELLS.replace(f"{LOCK}, ", ""))
    errors = [
        one for one in problems(workflow("small", f"{{{LOCK}, run: bare, {GIVEN}}}"), bare) if one.is_error
    ]
    assert [(one.code, one.file) for one in errors] == [("K303", "workflows/1.yaml")]

    """The last of two hundred workflows trades."""
    names = [f"w{place}" for place in range(200)]
    chain = [workflow(name, run(after)) for name, after in pairwise(names)]
    last = workflow(names[-1], SELLS)
    assert found(workflow("small", refusal("w0")), *chain, last) == [("K306", FIRST)]
