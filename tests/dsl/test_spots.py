"""A token of an expression is marked where it stands in the file, behind quotes, escapes, folds and indents."""

import pytest

from tests.support.definitions import problems, small


@pytest.mark.parametrize(
    ("scalar", "line"),
    [
        ("${ input.idd }", 0),
        ('"${ input.idd }"', 0),
        ("'it''s ${ input.idd }'", 0),
        ('"a\\tb \\u00e9\\\\ ${ input.idd }"', 0),
        ('"\\x20\\n${ input.idd }"', 0),
        ("é ä ${ input.idd }", 0),
        (">\n          ${ input.id +\n          input.idd }", 2),
        ("|\n\n          text\n            ${ input.idd }", 3),
        (">-\n          ${ input.idd }", 1),
        ("one\n          two ${ input.idd }", 1),
        ('"one\n\n          two ${ input.idd }"', 2),
        ('"one \\\n          two ${ input.idd }"', 1),
        ("'${ input.id\n          + input.idd }'", 1),
    ],
)
def test_the_misspelt_field_is_marked_where_it_is_written(scalar: str, line: int) -> None:
    """However the text is quoted or folded, the carets stand under the field that does not exist."""
    found = [each for each in problems(small(f"  - finish:\n      a: {scalar}\n")) if each.is_error]
    assert [(each.code, each.line) for each in found] == [("K204", 16 + line)]
    marked = found[0].source_line[found[0].column - 1 : found[0].end_column - 1]
    assert marked == "idd"
