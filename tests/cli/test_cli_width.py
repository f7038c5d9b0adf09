"""What people read at a terminal of 80 columns fits it: tables fold between words."""

import json
import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest

from cli.output import columns, fields, folded, screen_width
from tests.cli.conftest import Installation
from tests.support.screens import screen
from tests.support.servers import REPOSITORY, Kronos

# Below the folder of the repository, whose definitions they show.
WITHOUT_DATA = [
    *("activities list", "activities show portfolio.optimize", "activities show risk.score_questionnaire"),
    *("definitions list", "definitions show automated_investment", "definitions explain K204"),
    *("version", "definitions test rebalancing", "events emit --help"),
]
OF_AN_INSTALLATION = [
    *("list", "approvals list", "events list", "events verify", "trading show", "doctor"),
    *("schedules list", "schedules plan", "triggers list", "data list", "data show", "data check"),
    *("agents show", "definitions list", "definitions diff review review"),
]


def too_long(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if len(line) > 80]


@pytest.mark.parametrize("command", WITHOUT_DATA)
def test_a_listing_fits_80_columns(kronos: Kronos, command: str) -> None:
    """Each column folds; no line leaves the screen."""
    lines = screen(kronos, *command.split())
    assert len(lines) > 2
    assert too_long(lines) == []


@pytest.mark.parametrize("command", OF_AN_INSTALLATION)
def test_a_listing_of_an_installation_fits_80_columns(up: Installation, command: str) -> None:
    """Whatever is on record; only a folder's name may be longer than the screen."""
    run = f"review-{uuid.uuid4().hex[:8]}"
    up.kronos("start", "review", "--input", up.input, "--id", run)
    lines = screen(up.kronos, *command.split())
    assert len(lines) >= 2
    assert [line for line in too_long(lines) if str(up.data) not in line] == []


def test_a_run_fits_80_columns(up: Installation) -> None:
    """With all that is told about it."""
    run = f"review-{uuid.uuid4().hex[:8]}"
    up.kronos("start", "review", "--input", up.input, "--id", run)
    assert too_long(screen(up.kronos, "status", run)) == []


def test_what_is_wrong_with_a_definition_fits_80_columns(kronos: Kronos, tmp_path: Path) -> None:
    """Also where the help is long: it is folded, what it says to write is not."""
    text = (REPOSITORY / "definitions/workflows/onboarding.yaml").read_text()
    (tmp_path / "a.yaml").write_text(text.replace("    call: ", "    cal: ").replace("when:", "wenn:"))
    lines = screen(Kronos(kronos.environment, tmp_path), "definitions", "validate", "a.yaml")
    assert len(lines) > 20
    assert too_long(lines) == []


def test_into_a_file_a_row_is_a_line(kronos: Kronos) -> None:
    """A script that reads a table finds each row on one line."""
    names = {row["name"] for row in json.loads(kronos("activities", "list").out)["activities"]}
    rows = kronos("activities", "list", "-o", "table").out.splitlines()[1:]
    assert {row.split()[0] for row in rows} == names
    assert len(rows) == len(names)


def test_cells_fold_between_words_and_stay_under_their_header(monkeypatch: pytest.MonkeyPatch) -> None:
    """The widest column gives way first; a word is never broken."""
    monkeypatch.setenv("COLUMNS", "30")
    rows = [["VAS", "Australian shares, the largest 300"], ["GOLD", "Gold"]]
    assert columns(["etf", "summary"], rows).split("\n") == [
        "ETF   SUMMARY",
        "VAS   Australian shares, the",
        "      largest 300",
        "GOLD  Gold",
    ]


def test_a_word_longer_than_the_screen_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be copied; the rest of its column folds all the same."""
    monkeypatch.setenv("COLUMNS", "40")
    path = "/a/path/that/is/much/longer/than/the/screen/is/wide"
    lines = columns(["check", "finding"], [["database", f"the file {path} has this version's schema"]])
    assert path in lines.split()
    assert [line for line in lines.split("\n") if len(line) > 40] == [f"          {path}"]


def test_a_field_folds_under_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nested values fold between their parts."""
    monkeypatch.setenv("COLUMNS", "24")
    assert fields({"a": "one two three four five", "bcd": {"x": 1, "yes": [2, 3]}}).split("\n") == [
        "a    one two three four",
        "     five",
        'bcd  { "x": 1, "yes": [',
        "     2, 3 ] }",
    ]


def test_an_indented_line_folds_deeper(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes on is told from what begins."""
    monkeypatch.setenv("COLUMNS", "20")
    assert folded("  ✓ everything comes in time", 4) == "  ✓ everything comes\n    in time"


def test_a_screen_of_no_width_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """COLUMNS that is no number does not count."""
    monkeypatch.setenv("COLUMNS", "0")
    assert screen_width() is None
    monkeypatch.setenv("COLUMNS", "wide")
    assert screen_width() is None
