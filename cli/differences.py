"""Differences between definitions, for people."""

from collections.abc import Iterator
from typing import Any

from cli.output import columns, folded
from payloads import plain_json

SHOWN = 60
_PARTS = ("top", "input", "signals", "triggers", "subscribe", "tables")


def differences_table(data: Any) -> str:
    """One paragraph a definition, then what each live run will do."""
    parts = ["\n".join(_definition(found)) for found in data["definitions"]]
    parts += [f"{name}: added" for name in data["added"]] + [f"{name}: removed" for name in data["removed"]]
    return "\n\n".join([*parts, _runs(data)])


def _definition(found: Any) -> Iterator[str]:
    versions = f"version {found['old_version']} → {found['new_version']}"
    yield f"{found['workflow']}, {versions}" + (": nothing changed" if found["same"] else "")
    steps = found["steps"]
    for mark, key in (("+", "added"), ("-", "removed"), ("~", "changed")):
        for step in steps[key]:
            yield folded(f"  {mark} {step['id'] or step['path']}: {step['does']}", 4)
            yield from (folded(f"      {_change(change)}", 8) for change in step.get("changes", ()))
    for part in _PARTS:
        for change in found[part]:
            yield folded(f"  ~ {_change(change) if part == 'top' else f'{part}: {_change(change)}'}", 4)


def _change(change: Any) -> str:
    return f"{change['key']}: {_value(change['old'])} → {_value(change['new'])}"


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else plain_json.dumps(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _runs(data: Any) -> str:
    if not data["asked"]:
        return "No Temporal server answered, so nothing is said of live runs."
    if not data["runs"]:
        return "No live runs of what changed."
    rows = [
        [run["workflow_id"], run["version"], _WILL[run["will"]], run["reason"] or ""] for run in data["runs"]
    ]
    more = "\nThere are more live runs than are shown." if data["more_runs"] else ""
    return columns(["run", "version", "at its next turn", "because"], rows) + more


_WILL = {"upgrade": "upgrades", "stay": "stays", "unknown": "unknown"}
