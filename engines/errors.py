"""Errors that engines raise.

    EngineError
    └── (one class an error, beside the engine that raises it)

The class name is the error's type as users and definitions see it.
"""


class EngineError(Exception):
    """The values given cannot be answered: what is wrong, where in the input, and what to do."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class InvalidValue(EngineError):
    """A value is outside what the formula can answer."""
