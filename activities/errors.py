"""Errors that activities raise themselves.

    ActivityError
    ├── InvalidInput      the input breaks its schema
    └── (one class an error, beside the activity that raises it)

Engines, adapters and the store have trees of their own; the runner reports all of them by class
name, with `path` saying where in the input the cause lies.
"""


class ActivityError(Exception):
    """Something the caller must know: what is wrong, where in the input, and what to do."""

    retryable = False

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class InvalidInput(ActivityError):
    """The input breaks its schema."""
