"""Random, mutated and very large files: problems with places, never an exception; and, at night, quickly.

KRONOS_FUZZ=20000 (`make nightly`) checks so many files and measures the processor time of each.
"""

import os
import time

import pytest

from dsl.problems import Problem
from dsl.release import Folder, Refused, build_release, check_folder
from tests.support.definitions import problems
from tests.support.hostile import large, mutations

COUNT = int(os.environ.get("KRONOS_FUZZ", "400"))
MEASURED = "KRONOS_FUZZ" in os.environ
MOST_SECONDS = 1.0


def _checked(given: Folder) -> tuple[list[Problem], float]:
    """The problems, and the processor time that they took."""
    begun = time.process_time()
    found = check_folder(given)
    return found, time.process_time() - begun


def _assert_placed(found: list[Problem]) -> None:
    for problem in found:
        assert problem.line >= 1
        assert problem.end_column > problem.column >= 1


def test_mutated_files_have_problems_or_a_release() -> None:
    """No traceback whatever was done to a file, and at night none that is slow."""
    for given in mutations(COUNT, seed=20261121):
        found, seconds = _checked(given)
        _assert_placed(found)
        assert not MEASURED or seconds < MOST_SECONDS, given
        if not any(problem.is_error for problem in found):
            try:
                build_release(given)
            except Refused:  # valid, and not to be published
                continue


@pytest.mark.parametrize(
    "field",
    [
        "{type: [{a: 1}]}",
        "{type: [string, {a: 1}]}",
        "{type: string, format: {a: 1}}",
        "{type: array, prefixItems: 5}",
        "{type: array, prefixItems: {a: 1}}",
    ],
)
def test_a_schema_that_says_something_else_than_words_has_a_problem_where_it_stands(field: str) -> None:
    """Whatever stands in the place of a type, a format or a list of schemas."""
    definition = (
        "workflow: small\nversion: 1\nsummary: x\ninput:\n  properties:\n"
        f"    a: {field}\nsteps: [{{set: {{b: '${{ input.a }}'}}}}]\n"
    )
    assert 6 in [each.line for each in problems(definition) if each.is_error]


@pytest.mark.parametrize(("name", "given"), large().items(), ids=large())
def test_a_very_large_file_is_refused_or_checked(name: str, given: Folder) -> None:
    """A megabyte costs less than a second, whatever it holds."""
    found, seconds = _checked(given)
    assert found
    _assert_placed(found)
    assert not MEASURED or seconds < MOST_SECONDS, name
