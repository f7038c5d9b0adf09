"""The few files of a folder that one definition is checked with: it, what it runs, and what these can name.

Most files need not even be read as YAML to know that, which is most of the time of a command about one
definition. Whatever their text leaves open is kept, so that the answer is the same as of the whole folder.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from dsl import definition as written
from dsl.folder import File, Folder
from dsl.survey import NAMED

_NAME = re.compile(
    rb"""^["']?workflow["']?[ \t]*:[ \t]+["']?([\w.-]+)["']?[ \t]*(?:#.*)?\r?$""", re.MULTILINE
)
_RUN = re.compile(rb"""\brun["']?[ \t]*:[ \t]+["']?([\w.-]+)""")


def narrowed(folder: Folder, name: str) -> Folder:
    """The folder without what does not concern the workflow `name`; all of it when that cannot be told."""
    names = {file: _name(file) for file in folder.workflows}
    kept = set(_reached(names, name))
    narrow = replace(
        folder,
        workflows=tuple(file for file in folder.workflows if file in kept),
        catalogue=naming(folder.catalogue),
        tests=(),
    )
    definitions = [definition for definition, _ in narrow.structure.definitions.values()]
    known = {definition.workflow.text for definition in definitions}
    run = {step.run.text for one in definitions for step in one.walk() if isinstance(step, written.Run)}
    return narrow if {name, *run} <= known else folder


def naming(catalogue: Iterable[File]) -> tuple[File, ...]:
    """The files of a catalogue whose entries definitions can name, and any that may be a decision table."""
    return tuple(file for file in catalogue if file.name in NAMED or b"table" in file.content)


def _reached(names: dict[File, str | None], name: str) -> Iterator[File]:
    """The files of a workflow and of all that it runs, and those that do not say whose they are."""
    waiting, met = [name], {name}
    yield from (file for file, found in names.items() if found is None)
    while waiting:
        wanted = waiting.pop()
        for file in (file for file, found in names.items() if found == wanted):
            yield file
            new = set(_runs(file)) - met
            met |= new
            waiting += sorted(new)


def _name(file: File) -> str | None:
    """The workflow that a file defines; None when its text alone does not say so."""
    found: list[bytes] = _NAME.findall(file.content)
    return found[0].decode(errors="replace") if len(found) == 1 else None


def _runs(file: File) -> Iterable[str]:
    return (name.decode(errors="replace") for name in _RUN.findall(file.content))
