"""Warnings for what is declared and used nowhere."""

import re
from collections.abc import Iterable

from dsl import definition as written
from dsl.definition import Definition
from dsl.problems import Report
from dsl.tree import MapNode

_INPUT = re.compile(r"\binput\b(?:\s*\.\s*([A-Za-z_][A-Za-z0-9_]*))?")
_VARS = re.compile(r"\bvars\b(?:\s*\.\s*([A-Za-z_][A-Za-z0-9_]*))?")


def check_unused(definition: Definition, texts: Iterable[str], report: Report) -> None:
    """Report fields of the input and names of `set` that no expression reads."""
    texts = list(texts)
    properties = definition.input.get("properties") if isinstance(definition.input, MapNode) else None
    read = _read(_INPUT, texts)
    for entry in properties if isinstance(properties, MapNode) and read is not None else ():
        if read is not None and entry.key.text not in read:
            message = f"nothing reads the input `{entry.key.text}`"
            report.node(
                "K901", entry.key, message, "read it as `input." + f"{entry.key.text}`, or take it away"
            )
    read = _read(_VARS, texts)
    for step in definition.walk() if read is not None else ():
        for entry in step.set if isinstance(step, written.Set) else ():
            if read is not None and entry.key.text not in read:
                report.node("K904", entry.key, f"nothing reads `vars.{entry.key.text}`", "take it away")


def _read(pattern: re.Pattern[str], texts: Iterable[str]) -> set[str] | None:
    """The fields that are read by name; None when the whole is read."""
    found = {match[1] for text in texts for match in pattern.finditer(text)}
    return None if None in found else found
