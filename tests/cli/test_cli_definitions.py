"""`kronos definitions`: explanations, formats, schemas, drawings and differences, as users ask for them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.definitions import GOOD
from tests.support.servers import REPOSITORY, Kronos


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A definition with one misspelt field."""
    file = tmp_path / "rebalancing.yaml"
    file.write_text(GOOD.replace("steps.drift.largest", "steps.drift.larges"))
    return file


def test_a_code_is_explained_with_an_example(kronos: Kronos) -> None:
    """Title, meaning, wrong and right."""
    done = kronos("definitions", "explain", "k204", "-o", "table")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("error[K204]: An unknown field\n")
    assert "Wrong:\n    when: steps.drift.larges" in done.out
    assert "Right:\n    when: steps.drift.largest" in done.out


def test_an_explanation_is_data_for_scripts(kronos: Kronos) -> None:
    """The fields of an explanation."""
    told = json.loads(kronos("definitions", "explain", "K204").out)
    assert list(told) == ["code", "severity", "title", "explanation", "wrong", "right"]
    assert (told["code"], told["severity"]) == ("K204", "error")


def test_an_unknown_code_is_answered_with_a_near_one(kronos: Kronos) -> None:
    """Exit code 1, one line."""
    done = kronos("definitions", "explain", "K2O4")
    assert (done.code, done.out) == (1, "")
    assert done.err == "error: UnknownCode: there is no code K2O4; did you mean K204?\n"


def test_problems_are_written_as_github_and_sarif_want_them(kronos: Kronos, faulty: Path) -> None:
    """The exit code is that of the check, whatever the format."""
    github = kronos("definitions", "validate", str(faulty), "-o", "github")
    assert github.code == 1
    assert f"::error file={faulty},line=24,col=23,endColumn=29,title=K204::step `drift`" in github.out
    sarif = kronos("definitions", "validate", str(faulty), "-o", "sarif")
    assert sarif.code == 1
    assert json.loads(sarif.out)["version"] == "2.1.0"


def test_the_schema_for_editors_is_printed_or_written(kronos: Kronos, tmp_path: Path) -> None:
    """JSON on stdout, or a file."""
    printed = kronos("definitions", "schema")
    assert json.loads(printed.out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    written = kronos("definitions", "schema", "--kind", "tests", "--output", str(tmp_path / "tests.json"))
    assert (written.code, written.out) == (0, "")
    assert json.loads((tmp_path / "tests.json").read_text())["title"] == "Scenario tests of a definition"
    assert kronos("definitions", "schema", "--kind", "catalogue", "pdos").code == 1


def test_a_definition_is_drawn_as_mermaid_or_svg(kronos: Kronos, tmp_path: Path) -> None:
    """On stdout, or into a file."""
    assert kronos("definitions", "graph", "investment").out.startswith("flowchart TD\n")
    picture = tmp_path / "investment.svg"
    done = kronos("definitions", "graph", "investment", "--format", "svg", "--output", str(picture))
    assert (done.code, done.out) == (0, "")
    assert picture.read_text().startswith("<svg ")


def test_what_cannot_be_drawn_is_said(kronos: Kronos) -> None:
    """An unknown name is 1, a file that is not there 2, no database 3."""
    unknown = kronos("definitions", "graph", "investmen")
    assert unknown.code == 1
    assert "did you mean investment?" in unknown.err
    assert kronos("definitions", "graph", "no-such-file.yaml").code == 2
    assert kronos("definitions", "graph", "investment@newest").code == 3


def test_differences_are_told_without_a_server(kronos: Kronos, tmp_path: Path) -> None:
    """Exit code 0, and that no server was asked."""
    changed = tmp_path / "investment.yaml"
    text = (kronos.folder / "definitions" / "workflows" / "investment.yaml").read_text()
    changed.write_text(text.replace("timeout: 2m", "timeout: 3m"))
    table = kronos("definitions", "diff", "investment", str(changed), "-o", "table")
    assert (table.code, table.err) == (0, "")
    assert "  ~ orders: orders.submit\n      call.timeout: 2m → 3m\n" in table.out
    assert "No Temporal server answered" in table.out
    data = json.loads(kronos("definitions", "diff", "investment", "investment").out)
    assert (data["asked"], data["definitions"][0]["same"]) == (False, True)
    assert kronos("definitions", "diff", "investment", "investmen").code == 1


def test_a_run_is_drawn_and_compared_by_what_it_follows(up: Any) -> None:
    """Its own definition, its states by mark, and that it stays on its version."""
    started = up.kronos("start", "review", "--input", str(up.input), "--id", "R-drawn")
    assert started.code == 0, started.err
    drawn = up.kronos("definitions", "graph", "review", "--format", "svg", "--run", "R-drawn")
    assert drawn.code == 0, drawn.err
    assert drawn.out.startswith("<svg ")
    assert any(mark in drawn.out for mark in ("✓ done", "▶ running", "… waiting"))
    other = up.kronos("definitions", "graph", "another", "--run", "R-drawn")
    assert (other.code, "is of review" in other.err) == (1, True)
    file = up.definitions / "workflows" / "review.yaml"
    changed = up.data / "review.yaml"
    changed.write_text(file.read_text().replace("version: 1", "version: 2", 1))
    told = json.loads(up.kronos("definitions", "diff", "review@newest", str(changed)).out)
    assert told["asked"]
    assert "R-drawn" in [run["workflow_id"] for run in told["runs"]]
    assert {run["will"] for run in told["runs"]} == {"stay"}
    assert up.kronos("cancel", "R-drawn").code == 0


@pytest.fixture
def half_faulty(tmp_path: Path) -> Path:
    """A folder with a definition that is right, one with a fault, and one whose version is no number."""
    folder = tmp_path / "definitions"
    shutil.copytree(REPOSITORY / "definitions", folder)
    (folder / "workflows" / "faulty.yaml").write_text(FAULTY)
    (folder / "workflows" / "odd.yaml").write_text(
        FAULTY.replace("faulty", "odd").replace("version: 1", "version: a")
    )
    return folder


FAULTY = "workflow: faulty\nversion: 1\nsummary: x\nsteps:\n  - cal: portfolio.read\n"


def test_a_definition_compiles_beside_faulty_ones(kronos: Kronos, half_faulty: Path) -> None:
    """Its plan with its digest; of a faulty one the diagnostics, and exit code 1."""
    place = ("--definitions", half_faulty)
    plan = json.loads(kronos("definitions", "compile", "investment", "-o", "json", *place).out)
    assert (plan["workflow"], len(plan["digest"])) == ("investment", 64)
    assert plan == json.loads(kronos("definitions", "compile", "investment").out)
    refused = kronos("definitions", "compile", "faulty", *place)
    assert (refused.code, refused.out) == (1, "")
    assert "error[K120]: there is no step of kind `cal`" in refused.err


def test_what_can_be_read_is_listed(kronos: Kronos, half_faulty: Path) -> None:
    """A version that is no number is none, and each row has its own file."""
    listed = json.loads(kronos("definitions", "list", "--definitions", half_faulty).out)["definitions"]
    found = {row["workflow"]: (row["version"], Path(row["file"]).name) for row in listed}
    assert list(found) == sorted(found)
    assert found["faulty"] == (1, "faulty.yaml")
    assert found["odd"] == (None, "odd.yaml")
    assert found["onboarding"][1] == "onboarding.yaml"


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (("compile", "nope"), 1, "there is no definition nope"),
        (("show", "investmen"), 1, "did you mean investment?"),
        (("compile", "/"), 2, "Is a directory"),
        (("graph", "./nope.yaml"), 2, "No such file or directory"),
        (("schema", "--kind", "catalogue"), 2, "name a catalogue file"),
        (("schema", "pods", "--kind", "tests"), 2, "name a catalogue file"),
        (("schema", "pod"), 1, "did you mean `pods`?"),
    ],
)
def test_mistakes_in_names_are_told_apart(
    kronos: Kronos, command: tuple[str, ...], code: int, said: str
) -> None:
    """1 for a name that nothing has, 2 for a file that cannot be opened and for wrong use."""
    done = kronos("definitions", *command)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_a_folder_without_definitions_is_not_published(kronos: Kronos, tmp_path: Path) -> None:
    """It would leave every new run without its definition."""
    (tmp_path / "workflows").mkdir()
    done = kronos("definitions", "publish", "--definitions", tmp_path, "--data", tmp_path / "data")
    assert (done.code, done.out) == (2, "")
    assert "there is no definition in" in done.err


def test_a_name_is_enough_for_the_schema_of_a_catalogue_file(kronos: Kronos) -> None:
    """The same that is kept in the repository."""
    done = kronos("definitions", "schema", "pods")
    kept = REPOSITORY / "definitions" / ".schema" / "catalogue" / "pods.json"
    assert json.loads(done.out) == json.loads(kept.read_text())


@pytest.mark.parametrize("command", ["validate", "show", "compile", "graph", "test"])
def test_what_is_no_file_is_exit_code_2(kronos: Kronos, command: str) -> None:
    """An endless device is refused by its name and not read."""
    done = kronos("definitions", command, "/dev/zero")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: BadInput: /dev/zero cannot be read: it is not a regular file\n"


def test_a_folder_of_yml_files_is_checked(kronos: Kronos, tmp_path: Path) -> None:
    """Both endings of YAML are read."""
    (tmp_path / "review.yml").write_text("workflow: review\n")
    assert kronos("definitions", "validate", tmp_path).code == 1
    assert kronos("definitions", "validate", tmp_path / "review.yml").code == 1
