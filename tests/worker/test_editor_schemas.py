"""The schemas in the repository are those that this code makes, and every definition names its own."""

import json
from pathlib import Path

import pytest

from tests.support.editors import complaints
from tests.support.servers import REPOSITORY
from worker.editor_schemas import as_file, editor_schema, schema_files, write_schemas
from worker.errors import BadInput
from worker.settings import load_settings

DEFINITIONS = REPOSITORY / "definitions"
HEADER = "# yaml-language-server: $schema=../.schema/definition.json"


def test_the_schemas_of_the_repository_are_up_to_date() -> None:
    """`make schemas` writes them."""
    made = schema_files(load_settings({"definitions": DEFINITIONS}))
    kept = {
        path.relative_to(DEFINITIONS / ".schema").as_posix(): path.read_text()
        for path in (DEFINITIONS / ".schema").rglob("*.json")
    }
    assert kept == {name: as_file(schema) for name, schema in made.items()}


def test_every_definition_names_its_schema() -> None:
    """Any editor with a YAML language server finds it, without settings."""
    for file in (DEFINITIONS / "workflows").glob("*.yaml"):
        assert HEADER in file.read_text().splitlines()[:3], file.name


def test_every_catalogue_file_names_its_schema_and_fits_it() -> None:
    """A decision table, too: whoever opens one sees no complaint."""
    for file in (DEFINITIONS / "catalogue").rglob("*.yaml"):
        schema = f"../.schema/catalogue/{file.stem}.json"
        assert file.read_text().splitlines()[0] == f"# yaml-language-server: $schema={schema}"
        assert complaints(file.read_text(), json.loads((file.parent / schema).read_text())) == [], file.name


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("mandate: advised,", "mandate: advise,"),
        ("mandate: advised,", "mandat: advised,"),
        ('value: "> 0 and < 250000"', 'value: "about 250000"'),
        ("client: false", "client: perhaps"),
        (", client: true", ""),
        ("table: approvals", "table: reviews"),
        ("when: {", "if: {"),
    ],
)
def test_a_slip_in_a_decision_table_is_marked(before: str, after: str) -> None:
    """By the table's own columns and what it answers."""
    text = (DEFINITIONS / "catalogue" / "approvals.yaml").read_text()
    schema = editor_schema(load_settings({"definitions": DEFINITIONS}), "catalogue", "approvals")
    assert before in text
    assert complaints(text.replace(before, after, 1), schema)


def test_the_editor_settings_name_every_schema() -> None:
    """Each schema is bound to its files, and no setting leads nowhere."""
    settings = json.loads((REPOSITORY / ".vscode" / "settings.json").read_text())
    named = {REPOSITORY / file for file in settings["yaml.schemas"]}
    assert named == set((DEFINITIONS / ".schema").rglob("*.json"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """One line, no traceback."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        write_schemas(load_settings({"definitions": DEFINITIONS}), tmp_path / "taken")
