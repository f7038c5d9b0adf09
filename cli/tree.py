"""A run's steps as a tree: live at a terminal, a line for each change elsewhere."""

import re
import sys
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, TextIO

MARKS = {
    "pending": "○",
    "running": "▶",
    "waiting": "…",
    "done": "✓",
    "skipped": "-",
    "failed": "✗",
    "undone": "↩",
}
STYLES = {
    "running": "bold cyan",
    "waiting": "yellow",
    "done": "green",
    "failed": "bold red",
    "undone": "magenta",
    "pending": "dim",
    "skipped": "dim",
}
WIDTH = 80
# A step, or a turn of a loop, within a path.
PLACE = re.compile(r"[a-z_]+\[\d+\]|parallel\.[A-Za-z_]\w*\[\d+\]")
# What stands between a step's path and the path of a step inside it.
BLOCK = re.compile(r"(?:\.(?:for_each|choose|catch|repeat)\[\d+\])?\.(?:[a-z_]+\[|parallel\.)")


def plain_tree(run: Mapping[str, Any]) -> str:
    """The steps as indented lines, each with its mark."""
    return "\n".join(_line(step) for step in shown(run["steps"]))


def shown(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps worth a line: without those on ways that the run did not take, turn by turn."""
    return _together([step for step in flat(steps) if step["state"] != "skipped" or step["started_at"]])


def _together(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What lies in one block or turn, one after the other: turns that overlap take steps by turns."""
    ranks: dict[str, int] = {}

    def place(step: dict[str, Any]) -> list[int]:
        path = step["path"]
        around = [path[: found.end()] for found in PLACE.finditer(path)]
        return [ranks.setdefault(each, len(ranks)) for each in around]

    places = {step["path"]: place(step) for step in steps}
    return sorted(steps, key=lambda step: places[step["path"]])


def flat(steps: list[dict[str, Any]], inside: str = "") -> list[dict[str, Any]]:
    """Steps and, below each that runs another workflow, that run's steps, their paths continued."""
    found = []
    for step in steps:
        path = inside + step["path"]
        found.append({**step, "path": path})
        if step.get("child"):
            found += flat(step["child"]["steps"], f"{path}.")
    return found


async def follow(statuses: AsyncIterator[dict[str, Any]], *, live: bool, talk: bool = False) -> str:
    """Show a run until its statuses end; the last state. With `talk` stdout stays free for data."""
    if live and not talk:
        return await _follow_live(statuses)
    return await _follow_plain(statuses, sys.stderr if talk else sys.stdout)


async def _follow_plain(statuses: AsyncIterator[dict[str, Any]], out: TextIO) -> str:
    """One line for each step that changed, and for each thing that is waited for."""
    seen: dict[str, str] = {}
    waits: str | None = None
    state = ""
    async for run in statuses:
        for step in shown(run["steps"]):
            if step["state"] != "pending" and seen.get(step["path"]) != step["state"]:
                seen[step["path"]] = step["state"]
                print(_line(step), file=out, flush=True)
        if run["waits_for"] and run["waits_for"] != waits:
            print(f"… waits for {run['waits_for']}", file=out, flush=True)
        waits, state = run["waits_for"], run["state"]
    print(state, file=out, flush=True)
    return state


async def _follow_live(statuses: AsyncIterator[dict[str, Any]]) -> str:
    """A tree that is drawn anew at each change; the last one stays on the screen."""
    from rich.console import Console
    from rich.live import Live

    console = Console(highlight=False)
    state = ""
    # What is said on stderr stands above the tree on the same screen, and in its own file otherwise.
    with Live(
        console=console,
        auto_refresh=False,
        vertical_overflow="visible",
        redirect_stderr=sys.stderr.isatty(),
    ) as screen:
        async for run in statuses:
            screen.update(rich_tree(run, console.height), refresh=True)
            state = run["state"]
    return state


def rich_tree(run: Mapping[str, Any], height: int) -> Any:
    """The run for a screen of `height` lines: finished blocks fold when it would not fit."""
    from rich.text import Text

    steps = shown(run["steps"])
    if len(steps) + 3 > height:
        steps = _folded(steps)
    lines = [Text(f"{run['workflow_id']}  {run['state']}", style="bold", no_wrap=True, overflow="ellipsis")]
    for step in steps:
        lines.append(Text(_line(step), style=STYLES[step["state"]], no_wrap=True, overflow="ellipsis"))
    if run["waits_for"]:
        lines.append(Text(f"waits for {run['waits_for']}", style="yellow"))
    return Text("\n").join(lines)


def _folded(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what lies inside steps that are not at work."""
    open_paths = {step["path"] for step in steps if step["state"] in ("running", "waiting", "failed")}
    return [step for step in steps if _parent(step["path"]) == "" or _parent(step["path"]) in open_paths]


def _line(step: Mapping[str, Any]) -> str:
    indent = "  " * _depth(step["path"])
    name = step.get("title") or step["id"] or step["kind"]
    text = f"{indent}{MARKS[step['state']]} {name}"
    facts = _facts(step)
    room = WIDTH - len(facts) - 1
    text = text if len(text) <= room else f"{text[: room - 1]}…"
    return f"{text:<{room}} {facts}".rstrip()


def _facts(step: Mapping[str, Any]) -> str:
    """How long it took, and how often it was tried when more than once."""
    facts = []
    if (step["attempts"] or 0) > 1:
        facts.append(f"{step['attempts']} attempts")
    started, ended = _moment(step["started_at"]), _moment(step["ended_at"])
    if started and ended and step["state"] != "skipped":
        facts.append(f"{(ended - started).total_seconds():.2f} s")
    return ", ".join(facts)


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _depth(path: str) -> int:
    """How many blocks the step lies in; a loop's turn and its list count as one."""
    return len(BLOCK.findall(path))


def _parent(path: str) -> str:
    """The path of the step that the step at `path` lies in; empty at the top."""
    blocks = list(BLOCK.finditer(path))
    return path[: blocks[-1].start()] if blocks else ""
