"""Errors of this package.

AdapterError
└── (one class an error; `retryable` says whether trying again can help)
"""


class AdapterError(Exception):
    """What is wrong, where in the input (`path`), and what to do."""

    retryable = False

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = path
