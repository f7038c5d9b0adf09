"""Errors of this package.

StoreError
├── DatabaseUnavailable   cannot be reached or is full; try again
├── DatabaseBusy          another transaction was in the way; try again
├── DatabaseOutdated      its schema is not the one this code knows
└── (one class an error, beside the module that raises it; `retryable` says whether trying again helps)
"""


class StoreError(Exception):
    """What is wrong, where in the input (`path`), and what to do."""

    retryable = False

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class DatabaseUnavailable(StoreError):
    """The database cannot be reached, or cannot take more; nothing of the transaction was kept."""

    retryable = True


class DatabaseBusy(StoreError):
    """Another transaction was in the way; nothing of this one was kept."""

    retryable = True


class DatabaseOutdated(StoreError):
    """The database's schema is not the one this code knows."""
