"""What is no expression, and where it says so."""

import pytest

from dsl.codes import CODES
from dsl.expressions import ExpressionError, compile_expression, errors

SYNTAX = [
    # source, code, the text that is marked, a word of message or help
    ("", "K220", "", "empty"),
    ("  ", "K220", "  ", "empty"),
    ("a >", "K220", "", "a value is expected"),
    ("a b", "K220", "b", "the end of the expression"),
    ("a = 3", "K220", "=", "=="),
    ("a & b", "K220", "&", "&&"),
    ("a | b", "K220", "|", "||"),
    ("(1 + 2", "K220", "", "`)`"),
    ("[1, 2", "K220", "", "`]`"),
    ("{a: 1", "K220", "", "`}`"),
    ("{a 1}", "K220", "1", "between key and value"),
    ("{a: 1, 'a': 2}", "K220", "'a'", "twice"),
    ("{1: 2}", "K220", "1", "a key"),
    ("a + .5", "K220", ".", "as in 0.5"),
    ("a ? b", "K220", "", "`:`"),
    ("a..b", "K220", ".", "name of a field"),
    ("a.1", "K220", "1", "name of a field"),
    ("a[", "K220", "", "a value"),
    ("and a", "K220", "and", "a value"),
    ("in", "K220", "in", "a value"),
    ("1 < 2 < 3", "K220", "<", "chain"),
    ("7%2", "K220", "2", "modulo needs a space"),
    ("5 %", "K220", "", "no space before"),
    ("True AND False", "K220", "AND", "true"),
    ("a.startsWith('x')", "K220", "startsWith", "no `.startsWith(…)`"),
    ("a.size()", "K220", "size", "size(x)"),
    ("a # comment", "K220", "#", "comments"),
    ("${ a }", "K220", "$", "leave out"),
    ("“a”", "K220", "“", "plain quotes"),
    ("a ≥ 3", "K220", "≥", ">="),
    ("a ** 2", "K220", "*", "no power"),
    ("a // 2", "K220", "/", "one `/`"),
    ("a <> 2", "K220", ">", "`!=`"),
    ("a not in [2]", "K220", "not", "`!(a in b)`"),
    ("1 if a else 2", "K220", "if", "`condition ? a : b`"),
    ("a; b", "K220", ";", "no meaning"),
    ("a\x00b", "K220", "\x00", "U+0000"),
    ("ü", "K220", "ü", "no meaning"),
    ("__import__('os')", "K220", "__import__", "no name of the language"),
    ("a.__class__", "K220", "__class__", "no name of the language"),
    ("'abc", "K221", "'abc", "not closed"),
    ('"a\nb"', "K221", '"a', "not closed"),
    (r"'a\qb'", "K221", r"\q", "escape"),
    (r"'\ud800'", "K221", r"\u", "escape"),
    (r"'\u0000'", "K221", r"\u", "escape"),
    (r"'\U00110000'", "K221", r"\U", "escape"),
    (r"'\u12'", "K221", r"\u", "escape"),
    ("'a\\", "K221", "\\", "escape"),
    ("2026-1-31", "K222", "2026-1-31", "2026-01-31"),
    ("2026-02-30", "K222", "2026-02-30", "no day"),
    ("2026-01-311", "K222", "2026-01-311", "no date"),
    ("2026-01-31T09:00:00Z", "K222", "2026-01-31", "in quotes"),
    ("2026-01", "K222", "01", "begins with a zero"),
    ("007", "K222", "007", "write 7"),
    ("00", "K222", "00", "write 0"),
    ("01.5", "K222", "01.5", "write 1.5"),
    ("1_000", "K222", "1_000", "not grouped"),
    ("5x", "K222", "5x", "units"),
    ("3month", "K222", "3month", "units"),
    ("1.5h", "K222", "1.5h", "decimals"),
    ("0x10", "K222", "0x10", "units"),
    ("12345678901234567890123456789012345", "K222", "12345678901234567890123456789012345", "28 digits"),
    ("1e999", "K222", "1e999", "out of range"),
    ("1e99999999999", "K222", "1e99999999999", "digits"),
    ("nosuch(1)", "K229", "nosuch", "no function"),
    ("len([1])", "K229", "len", "size"),
    ("now()", "K229", "now", "run.now"),
    ("filter([1], x)", "K229", "filter", "behind the list"),
    ("size()", "K230", "size()", "1 argument"),
    ("round(1, 2, 3)", "K230", "round(1, 2, 3)", "1 to 2"),
    ("has()", "K230", "has()", "1 argument"),
    ("table(name, {})", "K230", "name", "written out"),
    ("a.filter(1, true)", "K234", "1", "a name for the element"),
    ("a.map(true, 1)", "K234", "true", "a name for the element"),
    ("a.map(x)", "K220", ")", "with each `x`"),
    ("has(a)", "K235", "a", "takes a field"),
    ("has(1 + 1)", "K235", "1 + 1", "takes a field"),
]


@pytest.mark.parametrize(("source", "code", "marked", "words"), SYNTAX)
def test_what_is_no_expression_is_refused_at_its_place(
    source: str, code: str, marked: str, words: str
) -> None:
    """Each slip has a code, the characters to blame, and what to do."""
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source)
    error = caught.value
    assert (error.code, source[error.start : error.end]) == (code, marked)
    assert words in f"{error.message} {error.help}"
    assert error.source == source


def test_every_code_is_in_the_catalogue_of_codes() -> None:
    """A code that nobody can look up would help nobody."""
    used = {value for name, value in vars(errors).items() if name.isupper()}
    assert used <= set(CODES)


@pytest.mark.parametrize(
    "source",
    [
        "(" * 65 + "1" + ")" * 65,
        "(" * 30_000,
        "[" * 30_000 + "]" * 30_000,
        "{a:" * 20_000,
        "-" * 60_000 + "1",
        "!" * 60_000 + "true",
        "not " * 10_000 + "true",
        "a" + ".b" * 30_000,
        "a" + "[0]" * 20_000,
        "true ? 1 : " * 5_000 + "2",
        "true ? " * 5_000 + "1",
        "size(" * 10_000 + "a" + ")" * 10_000,
        "a == " * 10_000 + "a",
        "a.map(x, " * 5 + "1" + ")" * 5,
        "(((a.b.b.b).b.b.b).b.b.b)" + ".b" * 62,
        "1" + " + 1" * 20_000,
    ],
)
def test_hostile_nesting_is_refused_with_a_position(source: str) -> None:
    """However deep a text nests, the answer is an error with a place, and never Python's stack."""
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source)
    assert caught.value.code == "K223"
    assert 0 <= caught.value.start <= caught.value.end <= len(source)


def test_long_is_not_deep() -> None:
    """A sum of thousands of terms is fine: it does not nest."""
    assert compile_expression("1" + "+1" * 9_000).evaluate({}) == 9_001
    assert compile_expression("true" + "&&true" * 9_000).evaluate({}) is True
    assert len(compile_expression("[" + "1," * 9_000 + "]").evaluate({})) == 9_000


def test_nesting_up_to_the_limit_is_fine() -> None:
    """64 deep is allowed, and works."""
    assert compile_expression("(" * 63 + "1" + ")" * 63).evaluate({}) == 1
    assert compile_expression("-" * 63 + "1").evaluate({}) == -1
    assert compile_expression("a.map(x, " * 4 + "1" + ")" * 4).evaluate({"a": [0]}) == [[[[1]]]]
