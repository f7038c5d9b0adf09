"""What can be known of a run before it starts: steps and branches never reached, trades nobody guards."""

import pytest

from tests.support.definitions import problems, seen, small

FIRST = 15  # the line of the first step in `small`

GO = "[{wait: 1d}]"
NEVER = [
    ("- when: false\n  wait: 1d", 0),
    ("- when: 1 > 2\n  wait: 1d", 0),
    ("- when: input.amount > 1 and false\n  wait: 1d", 0),
    (f"- choose:\n  - {{when: 1 > 2, steps: {GO}}}\n  - {{otherwise: {GO}}}", 1),
    (f"- choose:\n  - {{when: 1 < 2, steps: {GO}}}\n  - {{otherwise: {GO}}}", 2),
    (
        f"- choose:\n  - {{when: input.amount > 9, steps: {GO}}}\n  - {{when: true, steps: {GO}}}\n"
        f"  - {{when: input.amount > 1, steps: {GO}}}\n  - {{otherwise: {GO}}}",
        3,
    ),
    (f"- choose:\n  - {{when: has(input.note), steps: {GO}}}\n  - {{when: has(input.note), steps: {GO}}}", 2),
    ("- receive: paid\n  where: signal.cents > 3 and false", 1),
    ("- when: 1 < 2\n  finish: {}\n- wait: 1d", 2),
    ("- choose: [{when: true, steps: [{finish: {}}]}]\n- wait: 1d", 1),
    (f"- repeat: {{until: false, every: 1d}}\n  steps: {GO}\n- wait: 1d", 2),
    (
        "- try: [{call: portfolio.read, with: {portfolio_id: a}}]\n  catch:\n"
        f"  - {{errors: [UnknownPortfolio], steps: {GO}}}\n  - {{errors: [Timeout, UnknownPortfolio], steps: {GO}}}",
        3,
    ),
]


@pytest.mark.parametrize(("steps", "line"), NEVER)
def test_what_is_never_reached_is_an_error_at_its_line(steps: str, line: int) -> None:
    """The condition that is never true, or what stands behind the one that always is."""
    assert seen(small(steps)) == [("K301", FIRST + line)]


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        ("- when: true\n  wait: 1d", 0),
        (f"- choose:\n  - {{when: has(input.note), steps: {GO}}}\n  - {{when: 1 < 2, steps: {GO}}}", 2),
        (f"- repeat: {{until: 1 < 2, every: 1d}}\n  steps: {GO}", 0),
    ],
)
def test_what_always_holds_is_a_warning(steps: str, line: int) -> None:
    """It says nothing, and keeps nothing from being published."""
    found = problems(small(steps))
    assert ("K909", FIRST + line) in [(each.code, each.line) for each in found]
    assert not [each for each in found if each.is_error]


def test_a_loop_that_is_left_by_finish_may_have_no_end_of_its_own() -> None:
    """`until: false` is how a loop says so."""
    steps = "- repeat: {until: false, every: 1d}\n  steps: [{when: input.amount > 3, finish: {}}, {wait: 1d}]"
    assert seen(small(steps)) == []


def test_a_condition_with_a_slip_is_not_called_a_copy_of_itself() -> None:
    """The slip is said where it stands, and nothing else."""
    steps = (
        f"- choose:\n  - {{when: has(input.nota), steps: {GO}}}\n  - {{when: has(input.nota), steps: {GO}}}"
    )
    assert [code for code, _ in seen(small(steps))] == ["K204", "K204"]


NO = "[{fail: {error: Refused, message: no}}]"
ASK = f"{{approve: {{role: compliance, show: {{a: 1}}}}, within: 2d, on_reject: {NO}, on_timeout: {NO}}}"
TRADE = (
    '{lock: "${ input.id }", call: orders.submit, with: {portfolio_id: "${ input.id }", trades: []}, '
    "undo: {none: a test}}"
)
HOLD = "on_failure: {hold: 1d, role: operations}"


@pytest.mark.parametrize(
    ("steps", "lines"),
    [
        (f"- parallel:\n    ask: [{ASK}]\n    sell: [{TRADE}]", [2]),
        (f"- parallel:\n    sell: [{TRADE}]\n    ask: [{GO[1:-1]}, {ASK}]", [1]),
        (
            f"- for_each: input.ids\n  as: i\n  steps:\n  - parallel:\n      ask: [{ASK}]\n      x: [{TRADE}]",
            [5],
        ),
        (f"- parallel:\n    ask: [{ASK}]\n    a: [{TRADE}]\n    b: [{TRADE}]", [2, 3]),
        (f"- parallel:\n    ask: [{ASK}]\n    sell: [{ASK}, {TRADE}]", []),
        (f"- parallel:\n    large: [{ASK}, {TRADE}]\n    small: [{TRADE}]", []),
        (f"- {ASK}\n- parallel:\n    ask: [{ASK}]\n    sell: [{TRADE}]", []),
        (f"- parallel:\n    ask: [{ASK}]\n    look: {GO}\n- {TRADE}", []),
    ],
)
def test_a_trade_does_not_wait_for_an_approval_beside_it(steps: str, lines: list[int]) -> None:
    """Branches run at once: ask before them, or in the one that trades."""
    assert seen(small(steps, HOLD)) == [("K310", FIRST + line) for line in lines]


READ = "- call: portfolio.read\n  with: {portfolio_id: a}\n"


@pytest.mark.parametrize(
    ("steps", "top", "expected"),
    [
        (f"{READ}  retry: {{first: 5m}}", "", ("K136", FIRST + 2)),
        (f"{READ}  retry: {{first: 2s, longest: 1s}}", "", ("K136", FIRST + 2)),
        (f"{READ}  retry: {{longest: 1s}}", "defaults: {retry: {first: 2s}}", ("K136", FIRST + 2)),
        (READ, "defaults: {retry: {first: 2m}}", ("K136", FIRST - 2)),
        (
            f"{READ}  undo: {{call: portfolio.read, with: {{portfolio_id: a}}, retry: {{first: 1h}}}}",
            "",
            ("K136", FIRST + 2),
        ),
        (
            f"- repeat: {{until: input.amount > 1, every: 1d}}\n  steps: {GO}\n  on_exhausted: {GO}",
            "",
            ("K121", FIRST + 2),
        ),
        (f"- for_each: []\n  as: i\n  steps: {GO}", "", ("K128", FIRST)),
        (f'- for_each: "[]"\n  as: i\n  steps: {GO}', "", ("K128", FIRST)),
        (
            f"- approve: {{role: compliance, show: {{a: 1}}}}\n  within: 0s\n  on_reject: {NO}\n  on_timeout: {NO}",
            "",
            ("K134", FIRST + 1),
        ),
        (
            f"- approve: {{role: compliance, show: {{a: 1}}}}\n  calendar: XASX\n  within: 0bd\n"
            f"  on_reject: {NO}\n  on_timeout: {NO}",
            "",
            ("K134", FIRST + 2),
        ),
        (f"- repeat: {{at_most: 3, every: 0s}}\n  steps: {GO}", "", ("K134", FIRST)),
        (f"- repeat: {{at_most: 3, every: 0bd}}\n  calendar: XASX\n  steps: {GO}", "", ("K134", FIRST)),
        (READ, "on_failure: {hold: 0d, role: operations}", ("K134", FIRST - 2)),
        ("- repeat: {until: input.amount > 1}\n  steps: [{wait: 0s}]", "", ("K308", FIRST)),
        ("- repeat: {until: input.amount > 1}\n  steps: [{wait: 0bd, calendar: XASX}]", "", ("K308", FIRST)),
        (
            "- repeat: {until: input.amount > 1}\n"
            "  steps: [{receive: paid, within: 0m, on_timeout: [{set: {late: true}}]}]",
            "",
            ("K308", FIRST),
        ),
    ],
)
def test_numbers_that_cannot_go_together_are_found(steps: str, top: str, expected: tuple[str, int]) -> None:
    """What would fail, or do nothing, in every run."""
    assert seen(small(steps, top)) == [expected]


@pytest.mark.parametrize(
    ("steps", "top"),
    [
        (f"{READ}  retry: {{first: 5m, longest: 5m}}", ""),
        (f"{READ}  retry: {{first: 5m}}", "defaults: {retry: {longest: 1h}}"),
        (f"- for_each: input.ids\n  as: i\n  steps: {GO}", ""),
        ("- wait: 0s", ""),
        ("- wait: 0bd\n  calendar: XASX", ""),
        (f"- receive: paid\n  within: 0s\n  on_timeout: {GO}", ""),
        ("- repeat: {until: input.amount > 1}\n  steps: [{wait: 0s}, {wait: '${ days(1) }'}]", ""),
    ],
)
def test_what_goes_together_is_not_refused(steps: str, top: str) -> None:
    """The defaults of the file count."""
    assert seen(small(steps, top)) == []
