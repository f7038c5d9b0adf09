"""How a block of steps can end other than by reaching its end.

Exception
├── StepFailed   a typed error, looking for a `catch`
└── Finished     `finish`: the whole run is done
"""

from typing import Any

from temporalio.exceptions import (
    ApplicationError,
    FailureError,
    TimeoutError,
)


class StepFailed(Exception):
    """A step ended with a typed error.

    `where` is the place in the step's input that the error names, `deliberate` that a `fail` step
    raised it (which never holds), `final` that the activity said that trying again does not help, `cause`
    Temporal's own failure, kept for the run's history.
    """

    def __init__(
        self,
        type: str,
        message: str,
        path: str,
        *,
        where: str = "",
        deliberate: bool = False,
        final: bool = False,
        cause: BaseException | None = None,
    ) -> None:
        super().__init__(message)
        self.type = type
        self.message = message
        self.path = path
        self.where = where
        self.deliberate = deliberate
        self.final = final
        self.cause = cause

    def as_value(self) -> dict[str, Any]:
        """The error as a `catch` sees it under its `as` name, and as `status` shows it."""
        return {"type": self.type, "message": self.message, "step": self.path, "path": self.where}

    def as_failure(self) -> ApplicationError:
        """The error as the run's failure, its cause kept."""
        failure = ApplicationError(self.message, self.as_value(), type=self.type, non_retryable=True)
        failure.__cause__ = self.cause
        return failure


class Finished(Exception):
    """A `finish` step was reached: the run ends completed, with this output."""

    def __init__(self, output: Any) -> None:
        super().__init__("finished")
        self.output = output


def step_failed(error: FailureError, path: str) -> StepFailed:
    """The typed error behind a failed activity or child."""
    root: BaseException = error
    while (
        isinstance(root, FailureError) and root.cause is not None and not isinstance(root, ApplicationError)
    ):
        root = root.cause
    if isinstance(root, ApplicationError):
        facts = root.details[0] if root.details and isinstance(root.details[0], dict) else {}
        return StepFailed(
            root.type or "Failed",
            root.message,
            path,
            where=str(facts.get("path", "")),
            final=root.non_retryable,
            cause=error,
        )
    if isinstance(root, TimeoutError):
        return StepFailed("Timeout", "no answer within the step's timeout", path, cause=error)
    return StepFailed(type(root).__name__, str(root), path, cause=error)
