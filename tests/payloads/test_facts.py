"""Facts of activities are those of the catalogue, and what is kept of them is never stale."""

from pathlib import Path

import pytest

from payloads import remembered
from payloads.catalogue import catalogue
from payloads.facts import activity_facts, entry
from tests.support.files_read import files_read


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep things in a folder of the test."""
    monkeypatch.setattr(remembered, "_path", lambda name: tmp_path / "kept" / f"{name}.json")
    return tmp_path / "kept"


def test_facts_say_what_the_catalogue_says() -> None:
    """Every activity is there, with the schemas of its models."""
    facts = activity_facts()
    assert list(facts) == list(catalogue())
    for name, found in catalogue().items():
        assert (facts[name].effect, facts[name].role) == (found.effect.value, found.role.value)
        assert set(facts[name].errors) == {error.name for error in found.errors}
        assert facts[name].input_schema == found.input_schema
        assert facts[name].output_schema == found.output_schema


def test_what_is_kept_is_not_made_again(folder: Path) -> None:
    """The second time costs a look into a file."""
    made: list[int] = []
    for _ in range(2):
        assert remembered.remembered("a", lambda: made.append(1) or {"b": 1}) == {"b": 1}  # type: ignore[func-returns-value]
    assert made == [1]


def test_what_was_made_from_other_sources_is_thrown_away(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed model makes everything anew."""
    remembered.keep("a", 1)
    assert remembered.recall("a") == 1
    monkeypatch.setattr(remembered, "_sources", lambda: "others")
    assert remembered.recall("a") is None


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"sources": 1}'])
def test_a_damaged_file_is_as_none(folder: Path, content: str) -> None:
    """What cannot be read is made again."""
    folder.mkdir()
    (folder / "a.json").write_text(content)
    assert remembered.recall("a") is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept, and nothing fails."""
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(remembered, "_path", lambda name: tmp_path / "file" / f"{name}.json")
    remembered.keep("a", 1)
    assert remembered.recall("a") is None


def test_activities_declare_the_catalogue_files_that_they_read() -> None:
    """By what their functions in `activities/` can reach; the checker misses no file then."""
    reads = files_read()
    declared = {name: set(entry.files) for name, entry in catalogue().items() if not entry.internal}
    assert declared == {name: reads[name] for name in declared}


def test_every_entry_is_found_by_its_name() -> None:
    """Also one that takes what another domain's activities take."""
    assert [entry(name).name for name in catalogue()] == list(catalogue())
