"""The run as Markdown for the web UI: its top-level steps, ticked off."""

from dsl import plan as p
from workflows.progress import KINDS, MARKS, Progress


class Panel:
    """Keeps a line for each top-level step, since a long definition has many and few change at once."""

    def __init__(self, plan: p.Plan, progress: Progress) -> None:
        self._summary = plan.summary
        self._steps = plan.steps
        self._progress = progress
        self._lines: list[str] = []

    def whole(self) -> str:
        """The Markdown, everything looked at anew."""
        self._lines = [self._line(index) for index in range(len(self._steps))]
        return self._text()

    def after(self, path: str) -> str:
        """The Markdown, now that something has happened to the step at `path` or inside it."""
        index = int(path.partition("]")[0].removeprefix("steps["))
        if index < len(self._lines):  # a run that took a newer release may undo steps that this one lacks
            self._lines[index] = self._line(index)
        return self._text()

    def _text(self) -> str:
        waits_for = self._progress.waits_for
        waits = [f"Waits for: {waits_for}", ""] if waits_for else []
        return "\n".join([f"**{self._summary}**", "", *waits, *self._lines])

    def _line(self, index: int) -> str:
        step, begun = self._steps[index], self._progress.steps.get(f"steps[{index}]")
        name = (begun.title if begun else None) or step.id or KINDS[type(step)]
        return f"- {MARKS[begun.state if begun else 'pending']} {name}"
