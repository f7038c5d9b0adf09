"""Expressions mean what they mean in CEL, by the implementation that others use; where not, the page says so."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.expressions import EvaluationError, ExpressionError, compile_expression

cel = pytest.importorskip("cel_expr_python.cel", reason="cel-expr-python has no wheel for this machine")

PAGE = Path(__file__).parents[3] / "docs" / "language.md"
SECTION = (
    PAGE.read_text(encoding="utf-8").split("### Where expressions differ from CEL")[1].split("\n### ")[0]
)
ROWS = [
    [cell.strip().strip("`").replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:4]]
    for line in SECTION.splitlines()
    if line.startswith("| `")
]
ERROR = "error"
NAMES = ("n", "k", "text", "flag", "nums", "words", "rows", "one")
ENVIRONMENT = cel.NewEnv(variables=dict.fromkeys(NAMES, cel.Type.DYN))


def in_cel(source: str, scope: dict[str, Any]) -> str:
    """What CEL makes of an expression, as JSON, or that it is an error."""
    try:
        value = ENVIRONMENT.compile(source, disable_check=True).eval(data=scope)
    except RuntimeError:
        return ERROR
    return ERROR if value.type() == cel.Type.ERROR else as_text(value.plain_value())


def here(source: str, scope: dict[str, Any]) -> str:
    """The same of this language."""
    try:
        return as_text(compile_expression(source).evaluate(scope))
    except (ExpressionError, EvaluationError):
        return ERROR


def as_text(value: Any) -> str:
    """JSON in one spelling: `1` is no `true`, and keys are in order."""
    return json.dumps(value, sort_keys=True, default=float)


# Texts of expressions. Each strategy's own operators bind in it as they like, so that precedence is
# compared too; operands of another level stand in brackets where the two could be told apart.

SAFE = st.characters(codec="utf-8", exclude_characters="\x00")
ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"', "'": "\\'", "ä": "\\u00e4"}


def quoted(text: str, quote: str) -> str:
    """A text literal, with escapes where it needs them and in a place where it does not."""
    escaped = "".join(ESCAPES.get(char, char) for char in text)
    return f"{quote}{escaped}{quote}"


texts_given = st.text(st.sampled_from("ab'\"\\\n\tä€😀 ") | SAFE, max_size=4)
literal_texts = st.builds(quoted, texts_given, st.sampled_from("\"'"))
literal_numbers = st.integers(0, 20).map(str)


def numbers(depth: int, *, errors: bool, bound: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    """Whole numbers; with `errors` also a place that is not there, a field that is missing, and modulo 0."""
    atoms = st.sampled_from(("n", "k", *bound)) | literal_numbers
    if depth == 0:
        return atoms
    inner = numbers(depth - 1, errors=errors, bound=bound)
    sizes = st.one_of(lists(depth - 1, errors=errors), words(depth - 1), texts(depth - 1, errors=errors))
    found = [
        atoms,
        st.builds("{} {} {}".format, inner, st.sampled_from("+-"), inner),
        st.builds("({} {} {})".format, inner, st.sampled_from("+-"), inner),
        st.builds("{} * {}".format, atoms, atoms),
        st.builds("{} % {}".format, atoms, st.integers(1, 9)),
        st.builds("-({})".format, inner),
        st.builds("size({})".format, sizes),
        st.builds("({} ? {} : {})".format, truths(depth - 1, errors=errors), inner, inner),
    ]
    if errors:
        found += [
            st.builds("{}[{}]".format, lists(depth - 1, errors=errors), st.integers(0, 3)),
            st.builds("{}[{}]".format, lists(depth - 1, errors=errors), atoms),
            st.sampled_from(("one.a", "one.b", 'one["a"]', "one.c.d", "rows[0].a", "rows[1].b", "text.a")),
            st.builds("{} % {}".format, atoms, atoms),
            st.builds("({} + {})".format, inner, texts(depth - 1, errors=errors)),
        ]
    return st.one_of(found)


def texts(depth: int, *, errors: bool) -> st.SearchStrategy[str]:
    atoms = st.just("text") | literal_texts
    if depth == 0:
        return atoms
    inner = texts(depth - 1, errors=errors)
    found = [
        atoms,
        st.builds("{} + {}".format, inner, inner),
        st.builds("({} ? {} : {})".format, truths(depth - 1, errors=errors), inner, inner),
    ]
    return st.one_of([*found, st.just("words[1]")] if errors else found)


def words(depth: int) -> st.SearchStrategy[str]:
    """Lists of texts."""
    atoms = st.just("words") | st.lists(literal_texts, max_size=3).map(lambda items: f"[{', '.join(items)}]")
    if depth == 0:
        return atoms
    inner = words(depth - 1)
    condition = st.builds("w {} {}".format, st.sampled_from(("<", "==", "!=")), literal_texts)
    return st.one_of(
        atoms,
        st.builds("({} + {})".format, inner, inner),
        st.builds("{}.filter(w, {})".format, inner, condition),
        st.builds("{}.map(w, w + {})".format, inner, literal_texts),
    )


def lists(depth: int, *, errors: bool) -> st.SearchStrategy[str]:
    """Lists of whole numbers."""
    atoms = st.just("nums") | st.just("rows.map(r, size(r))")
    if depth == 0:
        return atoms
    inner, name = lists(depth - 1, errors=errors), f"x{depth}"
    item = numbers(depth - 1, errors=errors, bound=(name,))
    condition = truths(depth - 1, errors=errors, bound=(name,))
    items = st.lists(numbers(depth - 1, errors=errors), max_size=3).map(lambda found: f"[{', '.join(found)}]")
    return st.one_of(
        atoms,
        items,
        st.builds("({} + {})".format, inner, inner),
        st.builds(f"{{}}.map({name}, {{}})".format, inner, item),
        st.builds(f"{{}}.filter({name}, {{}})".format, inner, condition),
        st.builds(f"{{}}.map({name}, {{}}, {{}})".format, inner, condition, item),
    )


def truths(depth: int, *, errors: bool, bound: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    """True or false; `&&`, `||`, `exists` and `all` only of parts that have a value: there the two differ."""
    atoms = st.sampled_from(("flag", "true", "false", "has(one.b)"))
    if depth == 0:
        return atoms
    number = numbers(depth - 1, errors=errors, bound=bound)
    text = texts(depth - 1, errors=errors)
    inner = truths(depth - 1, errors=errors, bound=bound)
    compared = st.sampled_from(("==", "!=", "<", "<=", ">", ">="))
    found = [
        atoms,
        st.builds("{} {} {}".format, number, compared, number),
        st.builds("{} {} {}".format, text, compared, text),
        st.builds("({}) == ({})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("{} in {}".format, number, lists(depth - 1, errors=errors)),
        st.builds("{} in {}".format, text, words(depth - 1)),
        st.builds("{} in one".format, literal_texts | st.just('"a"')),
        st.builds("{} == {}".format, lists(depth - 1, errors=errors), lists(depth - 1, errors=errors)),
        st.builds('one == {{"a": {}, "b": {}}}'.format, number, number),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
    ]
    if not errors:
        name = f"y{depth}"
        each = truths(depth - 1, errors=errors, bound=(*bound, name))
        found += [
            st.builds("{} && {}".format, inner, inner),
            st.builds("{} || {}".format, inner, inner),
            st.builds("({} || {})".format, inner, inner),
            st.builds(f"{{}}.exists({name}, {{}})".format, lists(depth - 1, errors=errors), each),
            st.builds(f"{{}}.all({name}, {{}})".format, lists(depth - 1, errors=errors), each),
        ]
    return st.one_of(found)


def expressions(*, errors: bool) -> st.SearchStrategy[str]:
    return st.one_of(
        numbers(3, errors=errors),
        texts(3, errors=errors),
        lists(3, errors=errors),
        truths(3, errors=errors),
        st.builds('{{"a": {}, "b": [{}]}}'.format, numbers(2, errors=errors), truths(2, errors=errors)),
    )


rows = st.fixed_dictionaries({"a": st.integers(-9, 9)}, optional={"b": st.integers(-9, 9)})
scopes = st.fixed_dictionaries(
    {
        "n": st.integers(-9, 9),
        "k": st.integers(-9, 9),
        "text": texts_given,
        "flag": st.booleans(),
        "nums": st.lists(st.integers(-9, 9), max_size=4),
        "words": st.lists(texts_given, max_size=3),
        "rows": st.lists(rows, max_size=3),
        "one": rows,
    }
)


@settings(max_examples=200, deadline=None)
@given(expressions(errors=False), scopes)
def test_an_expression_means_what_it_means_in_cel(source: str, scope: dict[str, Any]) -> None:
    """Operators with their precedence, macros, fields, lists, maps and texts give the same value."""
    found = here(source, scope)
    assert found == in_cel(source, scope)
    assert found != ERROR


@settings(max_examples=200, deadline=None)
@given(expressions(errors=True), scopes)
def test_what_has_no_value_here_has_none_in_cel(source: str, scope: dict[str, Any]) -> None:
    """A missing field or place, modulo 0 and operands that do not fit are errors on both sides, or on neither."""
    assert here(source, scope) == in_cel(source, scope)


@pytest.mark.parametrize(("source", "ours", "theirs"), ROWS, ids=[row[0] for row in ROWS])
def test_each_difference_is_as_the_page_says(source: str, ours: str, theirs: str) -> None:
    """The table of `docs/language.md` shows what either language makes of an expression."""

    def shown(cell: str) -> str:
        return cell if cell == ERROR else as_text(eval(cell, {"true": True, "false": False}))

    assert (here(source, {}), in_cel(source, {})) == (shown(ours), shown(theirs))


def test_the_page_has_differences() -> None:
    """The pattern above finds what it is meant to find."""
    assert len(ROWS) > 20
