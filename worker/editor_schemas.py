"""The JSON Schemas that editors check definitions, catalogue files and tests with."""

from dataclasses import replace
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from dsl.editor_schema import Names, catalogue_schema, definition_schema, names_of
from dsl.editor_tables import table_schema
from dsl.editor_tests import tests_schema
from dsl.folder import load_folder
from dsl.narrowing import naming
from dsl.near import listed, suggestion
from dsl.survey import Surveyed
from payloads import plain_json
from worker.errors import BadInput, UnknownId
from worker.settings import Settings

DEFINITION, CATALOGUE, TESTS = "definition", "catalogue", "tests"


def editor_schema(settings: Settings, kind: str, name: str | None = None) -> dict[str, Any]:
    """The schema of definitions, of scenario tests, or of the catalogue file or decision table `name`.

    UnknownId when neither a model nor a decision table of the folder has that name; BadInput when a catalogue
    file is meant and not named, or named and not meant.
    """
    if (kind == CATALOGUE) != (name is not None):
        raise BadInput(f"name a catalogue file, such as {_catalogue_files()[0]}; other kinds take no name")
    if kind != CATALOGUE:
        names = _names(settings)
        return definition_schema(names) if kind == DEFINITION else tests_schema(names)
    tables = _tables(settings)
    known = [*_catalogue_files(), *tables]
    schema = table_schema(tables[name]) if name in tables else catalogue_schema(name or "")
    if name is None or schema is None:
        hint = suggestion(name or "", known) or f"there are {listed(known, 40)}"
        raise UnknownId(f"there is no schema of catalogue file {name}; {hint}", name="UnknownFile")
    return schema


def write_schemas(settings: Settings, folder: Path) -> list[str]:
    """Write every schema below `folder`: definition.json, tests.json, catalogue/<name>.json; the files."""
    written = []
    for file, schema in schema_files(settings).items():
        path = folder / file
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(as_file(schema), encoding="utf-8")
        except OSError as error:
            raise BadInput(f"{path} cannot be written: {error.strerror}") from error
        written.append(str(path))
    return written


def schema_files(settings: Settings) -> dict[str, dict[str, Any]]:
    """Every schema by its file."""
    files = {
        f"{DEFINITION}.json": editor_schema(settings, DEFINITION),
        f"{TESTS}.json": editor_schema(settings, TESTS),
    }
    for name in (*_catalogue_files(), *_tables(settings)):
        files[f"catalogue/{name}.json"] = editor_schema(settings, CATALOGUE, name)
    return files


def as_file(schema: dict[str, Any]) -> str:
    """The text of a schema's file, the same whenever the schema is."""
    return plain_json.dumps(schema, indent=1) + "\n"


def _surveyed(settings: Settings) -> Surveyed:
    try:
        folder = load_folder(settings.definitions)
    except OSError as error:
        raise BadInput(f"{error.filename} cannot be read: {error.strerror}") from error
    return replace(folder, catalogue=naming(folder.catalogue)).surveyed


def _tables(settings: Settings) -> dict[str, dict[str, Any]]:
    """The decision tables of the folder that have no fault, by the names of their files."""
    found = _surveyed(settings).catalogue.items()
    return {name: content for name, content in found if isinstance(content, dict) and "table" in content}


def _names(settings: Settings) -> Names:
    surveyed = _surveyed(settings)
    people = surveyed.catalogue.get("people")
    roles = people.get("roles") if isinstance(people, dict) else None
    return names_of(surveyed.world, roles if isinstance(roles, dict) else ())


def _catalogue_files() -> list[str]:
    """The catalogue files that a model reads."""
    import payloads.files
    from dsl.catalogue_files import model_of

    modules = sorted(module.name for module in iter_modules(payloads.files.__path__))
    return [name for name in modules if model_of(name) is not None]
