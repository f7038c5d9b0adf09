"""A file that cannot be a definition is refused at a place, with a code, quickly and without a traceback."""

import pytest

from dsl.literals import value_of
from dsl.load import DEEPEST, MOST_BYTES, load
from dsl.problems import LIMIT, Problem
from dsl.release import File, Folder, check_folder
from dsl.tree import MapNode


def codes(content: bytes) -> list[tuple[str, int, int]]:
    """Code, line and column of what is wrong with a file's bytes as YAML."""
    _, report = load(content, "a.yaml")
    return [(problem.code, problem.line, problem.column) for problem in report.problems]


@pytest.mark.parametrize(
    ("content", "code", "line", "column"),
    [
        (b"", "K101", 1, 1),
        (b"# nothing here\n", "K101", 1, 1),
        (b"\n\n---\n", "K101", 1, 1),
        (b"a: 1\nb: \xff\n", "K102", 2, 4),
        (b"a: 1\nb: x\x00y\n", "K103", 2, 5),
        (b"a: \x1b[31m\n", "K103", 1, 4),
        (b"a: 1\n" + b"#" * MOST_BYTES, "K104", 1, 1),
        (b"a: [1, 2\nb: 3\n", "K105", 2, 2),
        (b"a: 1\n\tb: 2\n", "K105", 2, 1),
        (b"a: &x 1\n", "K107", 1, 4),
        (b"a: &x [1]\n", "K107", 1, 4),
        (b"a: *x\n", "K108", 1, 4),
        (b"a: !!int 3\n", "K109", 1, 4),
        (b"a: !Ref b\n", "K109", 1, 4),
        (b"a: 1\n---\nb: 2\n", "K110", 2, 1),
        (b"a: 1\nb: 2\na: 3\n", "K111", 3, 1),
        (b"a: {b: 1, b: 2}\n", "K111", 1, 11),
        (b"%YAML 1.2\n---\na: 1\n", "K112", 1, 1),
        (b"? [a]\n: 1\n", "K113", 1, 3),
        (b"a: .inf\n", "K114", 1, 4),
        (b"a: -.NaN\nb: .nan\n", "K114", 2, 4),
        (b"a: " + b"9" * 29 + b"\n", "K114", 1, 4),
        (b"a: 1e29\n", "K114", 1, 4),
        (b"a: 1e-29\n", "K114", 1, 4),
        (b"a: 1e999999999999\n", "K114", 1, 4),
        (b"- a\n" * 50_000, "K115", 40_001, 3),
    ],
)
def test_what_has_no_place_in_a_file_is_refused_where_it_stands(
    content: bytes, code: str, line: int, column: int
) -> None:
    """Each refusal has its own code and the place of the first character that is wrong."""
    assert codes(content) == [(code, line, column)]


def test_values_nest_64_deep_and_no_deeper() -> None:
    """64 levels are read; the bracket that opens the 65th is refused."""
    assert codes(b"[" * DEEPEST + b"]" * DEEPEST) == []
    assert codes(b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1)) == [("K106", 1, DEEPEST + 1)]


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    """Files that begin with a UTF-8 byte order mark are read as if it were not there."""
    tree, report = load(b"\xef\xbb\xbfa: 1\n", "a.yaml")
    assert not report.problems
    assert tree is not None
    assert value_of(tree.root) == {"a": 1}


HOSTILE = {
    "open brackets": b"[" * MOST_BYTES,
    "open braces": b"{" * MOST_BYTES,
    "bangs": b"when: " + b"!" * 900_000,
    "dashes": b"- " * 400_000,
    "question marks": b"? " * 400_000,
    "anchors": b"- &a b\n" * 100_000,
    "duplicates on one line": b"x: {" + b"a: b, " * 150_000 + b"[",
    "documents": b"---\n" * 200_000,
    "one long sum": b"workflow: a\nversion: 1\nsummary: b\nsteps:\n  - when: "
    + b"a+" * 400_000
    + b"a\n    wait: 1d\n",
    "many templates": b'workflow: a\nversion: 1\nsummary: b\nsteps:\n  - finish: "'
    + b"${ a }" * 150_000
    + b'"\n',
    "open parentheses": b"workflow: a\nversion: 1\nsummary: b\nsteps:\n  - when: " + b"(" * 60_000,
    "many steps": b"workflow: a\nversion: 1\nsummary: b\nsteps:\n" + b"  - wait: 1d\n" * 12_000,
    "a slow pattern": b"workflow: a\nversion: 1\nsummary: b\nsteps: [{wait: 1d}]\n"
    b'input: {properties: {a: {pattern: "(a+)+$", type: string, default: ' + b"a" * 60 + b"!}}}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_has_few_problems_and_no_traceback(name: str) -> None:
    """Whatever a megabyte is made of, a list of problems comes back that a person can read."""
    problems = check_folder(Folder("", workflows=(File("a.yaml", "a", HOSTILE[name]),)))
    assert problems
    assert len(problems) <= 2 * LIMIT
    assert all(len(problem.message) + len(problem.help) < 2000 for problem in problems)


def test_many_warnings_do_not_hide_an_error() -> None:
    """Warnings are cut when there are very many; the errors behind them are still found."""
    fields = ", ".join(f"a{number}: {{type: string}}" for number in range(3 * LIMIT))
    text = (
        f"workflow: a\nversion: 1\nsummary: b\nsteps: [{{wait: soon}}]\ninput: {{properties: {{{fields}}}}}\n"
    )
    problems = check_folder(Folder("", workflows=(File("a.yaml", "a", text.encode()),)))
    assert [problem.code for problem in problems if problem.is_error] == ["K129"]
    assert sum(not problem.is_error for problem in problems) == LIMIT


def test_lines_are_counted_as_editors_count_them() -> None:
    """Windows line ends, and characters beyond ASCII before the fault, do not shift the place."""
    assert codes("ä: ö\r\nü: {é: 1, é: 2}\r\n".encode()) == [("K111", 2, 11)]


def test_pointers_lead_to_the_value_or_key_that_is_wrong() -> None:
    """A pointer is JSON's, with its escapes, also for what is found while the file is still being read."""
    _, report = load(b"a:\n  - x\n  - b/c: {d~e: 1, d~e: 2, f: !!int 3}\n", "a.yaml")
    found: list[Problem] = report.problems
    assert [(problem.code, problem.pointer) for problem in found] == [
        ("K111", "/a/1/b~1c"),
        ("K109", "/a/1/b~1c/f"),
    ]


def test_keys_keep_the_order_written() -> None:
    """The tree has its keys in the order of the file."""
    tree, _ = load(b"b: 1\na: 2\n", "a.yaml")
    assert tree is not None
    assert isinstance(tree.root, MapNode)
    assert [entry.key.text for entry in tree.root] == ["b", "a"]
