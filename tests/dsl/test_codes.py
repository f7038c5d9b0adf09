"""Every code stands once, is reported somewhere, and has a heading in the documentation."""

import re
from pathlib import Path

import pytest

from dsl.codes import CODES, Code
from dsl.codes_page import errors_page

ROOT = Path(__file__).parents[2]
CODE = re.compile(r'"(K\d{3})"')


def named_in_sources() -> set[str]:
    """The codes that any module of the language names, but for the list itself."""
    files = [file for file in (ROOT / "dsl").rglob("*.py") if file.name != "codes.py"]
    return {code for file in files for code in CODE.findall(file.read_text())}


def test_every_code_that_is_reported_is_explained() -> None:
    """No module reports a code that the list does not have, and the list has none that nobody reports."""
    assert named_in_sources() == set(CODES)


def test_no_code_stands_twice() -> None:
    """Each id is written once in the list."""
    written = CODE.findall((ROOT / "dsl" / "codes.py").read_text())
    assert sorted(written) == sorted(set(written))


def test_the_page_of_errors_is_made_from_the_codes() -> None:
    """docs/errors.md is up to date; `python -m dsl.codes_page > docs/errors.md` writes it."""
    assert (ROOT / "docs" / "errors.md").read_text() == errors_page()


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_a_code_says_what_it_means(code: Code) -> None:
    """A title, a sentence, and an example of how it is right."""
    assert re.fullmatch(r"K[1-59]\d\d", code.id)
    assert code.title
    assert code.explanation.rstrip("`}").endswith((".", ")", "'"))
    assert code.right


def test_only_k9_are_warnings() -> None:
    """Severity follows from the number."""
    assert {code.severity for code in CODES.values() if code.id < "K9"} == {"error"}
    assert {code.severity for code in CODES.values() if code.id > "K9"} == {"warning"}
