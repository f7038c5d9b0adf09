"""The way back into a plan: how a run that continued as new finds the turn that it had come to."""

from collections.abc import Sequence
from typing import Any


class Returned:
    """The path of the loop to go back to, and what each block on the way there had come to know.

    While `path` is not empty the blocks on the way take the branch, the item or the turn that it
    names, and begin nothing anew; the loop itself ends the return.
    """

    def __init__(self, path: str = "", levels: dict[str, Any] | None = None) -> None:
        self.path = path
        self._levels = levels or {}

    def through(self, path: str) -> bool:
        """Whether the way back leads into the step at `path`, or ends at it."""
        return bool(self.path) and (self.path == path or self.path.startswith(f"{path}."))

    def index(self, path: str, block: str) -> int | None:
        """Which step of the list `block` inside the step at `path` the way back leads to."""
        start = f"{path}.{block}[" if path else f"{block}["
        if not self.path.startswith(start):
            return None
        return int(self.path[len(start) :].partition("]")[0])

    def branch(self, path: str, names: Sequence[str]) -> str | None:
        """Which of the lists of steps of these names the way back leads into."""
        return next((name for name in names if self.index(path, name) is not None), None)

    def level(self, path: str) -> dict[str, Any] | None:
        """What the block at `path` knew; None when the way back does not lead through it."""
        return self._levels.get(path) if self.through(path) else None

    def arrive(self) -> None:
        """The loop is reached: from here on everything is new."""
        self.path = ""
