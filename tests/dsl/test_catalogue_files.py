"""Files of the catalogue: every fault at its own line, and no file that nobody reads."""

import pytest

from dsl.problems import Problem
from dsl.release import File, Folder, check_folder

PEOPLE = """\
roles:
  operations:
    summary: Looks after runs
  client: {summary: The client}
  boss:
    summary: Decides
people:
  sam: {roles: [operations, operations]}
  kim:
    roles: [complience]
    limits:
      manager: 5
delegations:
  - role: operations
    holder: kim
    delegate: zoe
    since: 2026-01-01
    until: 2026-02-01
    reason: Leave
"""


def found(name: str, text: str) -> list[Problem]:
    """The problems of one file of a catalogue."""
    return check_folder(Folder("", catalogue=(File(f"catalogue/{name}.yaml", name, text.encode()),)))


def test_everything_that_contradicts_itself_among_people_is_said_at_its_line() -> None:
    """Roles, who holds them, limits and delegations, in one pass."""
    problems = found("people", PEOPLE)
    assert {each.code for each in problems} == {"K132"}
    assert [each.line for each in problems] == [4, 5, 8, 10, 12, 14, 16]


def test_both_faults_of_a_delegation_are_said() -> None:
    """It lasts from its first to its last day, and is between two people."""
    text = PEOPLE.replace("until: 2026", "until: 2025").replace("zoe", "kim")
    assert [(each.line, each.pointer) for each in found("people", text)] == [
        (16, "/delegations/0/delegate"),
        (18, "/delegations/0/until"),
    ]


@pytest.mark.parametrize(
    ("name", "help"),
    [
        ("poeple", "did you mean `catalogue/people.yaml`?"),
        ("old/limits", "did you mean `catalogue/limits.yaml`?"),
        ("zzz", "take it away, or give it its name"),
    ],
)
def test_a_file_that_nothing_reads_is_pointed_out(name: str, help: str) -> None:
    """With the name that was perhaps meant, and all those that there are."""
    (problem,) = found(name, "a: 1")
    assert (problem.code, problem.help) == ("K910", help)
    assert "compliance, education, events" in problem.note


@pytest.mark.parametrize("name", ["metrics", "people", "events"])
def test_a_file_that_is_read_is_not(name: str) -> None:
    """Whether its content is right or not."""
    assert "K910" not in [each.code for each in found(name, "a: 1")]
