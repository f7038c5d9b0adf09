"""A folder becomes a release once nothing is wrong with it; catalogue files are checked by their models."""

import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dsl.release import (
    File,
    Folder,
    Refused,
    build_release,
    check_folder,
    check_paths,
    load_folder,
    validate_input,
)
from tests.support.definitions import EVENTS, GOOD, folder, release, small

SHIPPED = Path(__file__).parents[2] / "definitions"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A definitions folder with one workflow, and the catalogue as it is shipped but for its events."""
    (tmp_path / "workflows").mkdir()
    shutil.copytree(SHIPPED / "catalogue", tmp_path / "catalogue")
    (tmp_path / "workflows" / "rebalancing.yaml").write_text(GOOD)
    (tmp_path / "catalogue" / "events.yaml").write_text(EVENTS)
    return tmp_path


def test_the_shipped_definitions_have_no_problems() -> None:
    """What is shipped can be published."""
    found = load_folder(SHIPPED)
    assert check_folder(found) == []
    assert {"onboarding", "investment"} <= set(build_release(found).plans)


def test_a_catalogue_file_is_checked_wherever_one_stands(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its path may be relative to the folder that one is in."""
    monkeypatch.chdir(written.parent)
    fees = Path(written.name, "catalogue", "fees.yaml")
    assert check_paths([fees]) == []
    fees.write_text(fees.read_text() + "brokrage: 5\n")
    (problem,) = check_paths([fees])
    assert problem.file == str(fees)


def test_a_release_has_plans_catalogue_and_one_digest(written: Path) -> None:
    """The digest covers everything that is published."""
    made = build_release(load_folder(written))
    assert made.plans["rebalancing"]["version"] == 3
    assert set(made.catalogue) >= {"events", "fees", "universe"}
    assert made.document["digest"] == made.digest
    (written / "catalogue" / "more.yaml").write_text("a: 1.50\n")
    more = build_release(load_folder(written))
    assert more.catalogue["more"] == {"a": Decimal("1.50")}
    assert more.digest != made.digest
    assert more.plans == made.plans


def test_a_folder_with_errors_is_no_release() -> None:
    """The refusal says how many errors there are, and where the first is."""
    with pytest.raises(Refused, match=r"2 errors.*workflows/0.yaml:15:5.*K120"):
        release(small("  - cal: x\n  - wait: soon\n"))


def test_warnings_do_not_keep_a_folder_from_being_published() -> None:
    """A definition with warnings is released."""
    assert release(small("  - wait: 1d\n")).plans


@pytest.mark.parametrize(
    ("events", "code", "line"),
    [
        ("facts: {A: {summary: x, producers: [y]}}\nbusiness: {}\nfact: {}\n", "K120", 3),
        ("facts: {A: {summary: x}}\nbusiness: {}\n", "K121", 1),
        ("facts: {A: {summary: x, producers: []}}\nbusiness: {}\n", "K132", 1),
        ("facts: {A: {summary: [x], producers: [y]}}\nbusiness: {}\n", "K132", 1),
        ("facts: {}\nbusiness:\n  a: {summary: x, persnal: []}\n", "K120", 3),
        ("facts: {}\nbusiness: {\n", "K105", 2),
    ],
)
def test_a_catalogue_file_is_checked_by_its_model(events: str, code: str, line: int) -> None:
    """A fault in a catalogue file has a place, like one in a definition."""
    found = check_folder(Folder("", catalogue=(File("events.yaml", "events", events.encode()),)))
    assert [(problem.code, problem.line) for problem in found] == [(code, line)]


def test_a_number_in_a_catalogue_is_text_where_the_model_wants_text() -> None:
    """`summary: 12` is the text that was written."""
    made = build_release(folder(events="facts: {}\nbusiness: {a: {summary: 012}}\n"))
    assert made.catalogue["events"]["business"]["a"]["summary"] == "012"


def test_a_single_file_is_checked_against_the_folder_that_it_lies_in(written: Path) -> None:
    """Only the file's own problems are reported, with its neighbours known to it."""
    other = written / "workflows" / "other.yaml"
    other.write_text(
        "workflow: other\nversion: 1\nsummary: x\nsteps: [{run: rebalancing, with: {portfolio_id: a}}]\n"
    )
    (written / "workflows" / "broken.yaml").write_text("steps: 1\n")
    assert check_paths([other]) == []
    assert {problem.code for problem in check_paths([written / "workflows" / "broken.yaml"])} == {
        "K121",
        "K122",
    }


def test_a_file_elsewhere_is_checked_against_the_given_folder(written: Path, tmp_path: Path) -> None:
    """A file that lies in no folder of definitions may name what the given one has."""
    alone = tmp_path / "alone.yaml"
    alone.write_text(
        "workflow: other\nversion: 1\nsummary: x\nsteps: [{run: rebalancing, with: {portfolio_id: a}}]\n"
    )
    assert check_paths([alone], load_folder(written)) == []
    assert [problem.code for problem in check_paths([alone])] == ["K210"]


def test_a_changed_copy_of_a_known_workflow_takes_its_place(written: Path, tmp_path: Path) -> None:
    """A draft elsewhere with the name of a known workflow is no second definition of it."""
    draft = tmp_path / "rebalancing.yaml"
    draft.write_text(GOOD.replace("version: 3", "version: 4"))
    assert check_paths([draft], load_folder(written)) == []


def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    """Whoever asked decides what to say of it."""
    with pytest.raises(FileNotFoundError):
        check_paths([tmp_path / "nowhere.yaml"])


SCHEMA = {
    "type": "object",
    "required": ["amount"],
    "properties": {
        "amount": {"type": "number", "format": "money", "exclusiveMinimum": 0},
        "on": {"type": "string", "format": "date"},
        "goals": {
            "type": "array",
            "items": {"type": "object", "properties": {"units": {"type": "integer", "default": 3}}},
        },
    },
}


def test_defaults_are_filled_at_any_depth() -> None:
    """What is left out in an item of a list is filled in, too."""
    assert validate_input(SCHEMA, {"amount": 5, "goals": [{}]}) == (
        {"amount": 5, "goals": [{"units": 3}]},
        [],
    )


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({}, "amount"),
        ({"amount": "5"}, "amount"),
        ({"amount": Decimal("5.005")}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": Decimal("1e999999")}, "amount"),
        ({"amount": Decimal("1e13")}, "amount"),
        ({"amount": 10**13}, "amount"),
        ({"amount": 5, "on": "2026-02-30"}, "on"),
        ({"amount": 5, "on": "20260228"}, "on"),
        ({"amount": 5, "goals": [{}, {"units": Decimal("1.5")}]}, "goals[1].units"),
        ({"amount": 5, "goals": [{"unit": 1}]}, "goals[0]"),
        ({"amount": 5, "more": 1}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_what_breaks_the_schema_is_named_by_its_path(value: object, path: str) -> None:
    """The path leads to the value, or to the field that is missing."""
    _, misfits = validate_input(SCHEMA, value)
    assert [misfit.path for misfit in misfits] == [path]


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"type": "array", "minItems": 1}, [], "needs at least 1 item"),
        ({"type": "array", "maxItems": 2}, [1, 2, 3], "may have at most 2 items"),
        ({"type": "string", "minLength": 2}, "a", "needs at least 2 characters"),
        ({"type": "string", "maxLength": 1}, "ab", "may have at most 1 character"),
        ({"type": "string", "pattern": "^[A-Z]{2}$"}, "au", "does not have the form ^[A-Z]{2}$"),
        ({"type": "number", "minimum": Decimal("1500.0")}, 1499, "must be at least 1500"),
        ({"type": "number", "exclusiveMaximum": Decimal("0.50")}, 1, "must be below 0.5"),
        ({"type": "array", "uniqueItems": True}, [1, 1], "has an item twice"),
        ({"type": ["object", "null"]}, 1, "must be an object or null"),
        ({"type": "integer"}, "1", "must be a whole number"),
        ({"enum": ["a", None, True]}, "b", "must be one of a, null, true"),
    ],
)
def test_what_breaks_the_schema_is_said_as_people_say_it(schema: Any, value: object, message: str) -> None:
    """No keyword of JSON Schema, no 1500.0 for 1500, and never the value itself."""
    _, [misfit] = validate_input(schema, value)
    assert misfit.message == message


def test_exact_amounts_fit() -> None:
    """Cents written as decimals are no fractions of a cent."""
    assert validate_input(SCHEMA, {"amount": Decimal("0.10")})[1] == []
    assert validate_input(SCHEMA, {"amount": Decimal("1.500")})[1] == []
