"""The catalogue files of a folder, for calls outside a release."""

from pathlib import Path
from typing import Any

from activities.context import CatalogueFiles
from dsl.catalogue_files import read_catalogue_file
from dsl.load import load, read_file
from worker.errors import Refused


class FolderCatalogue:
    """Each file is read, and held against its model, when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, Any] = {}
        self._catalogue = CatalogueFiles(self._files)

    def read(self, name: str, model: type[Any]) -> Any:
        """The file `<name>.yaml` as a validated model."""
        path = self._folder / f"{name}.yaml"
        if name not in self._files and path.is_file():
            self._files[name] = self._load(path, name)
        return self._catalogue.read(name, model)

    def _load(self, path: Path, name: str) -> Any:
        tree, report = load(read_file(path), str(path))
        content = read_catalogue_file(tree, name, report) if tree else None
        if any(problem.is_error for problem in report.problems):
            raise Refused(
                f"{path} has faults; `kronos definitions validate {path}` shows them", name="Faulty"
            )
        return content
