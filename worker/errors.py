"""Errors of this package: what keeps a command from doing what it was asked.

    WorkerError
    ├── BadSettings           a setting or flag that makes no sense          exit 2
    ├── BadInput              a file or value that breaks what it must fit   exit 2
    ├── Refused               the thing asked for was refused or failed      exit 1
    │   └── UnknownId         there is no such run, release or portfolio
    └── ServerUnreachable     Temporal or the database does not answer       exit 3
        └── ServerKeepsDying  the embedded server dies again and again       exit 3

`name` is the error type users see; `path` says where in the input the cause lies.
"""


class WorkerError(Exception):
    """What is wrong, where in the input (`path`), and what to do."""

    exit_code = 1

    def __init__(self, message: str, path: str = "", name: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.name = name or type(self).__name__


class BadSettings(WorkerError):
    """A setting or flag that makes no sense."""

    exit_code = 2


class BadInput(WorkerError):
    """A file that cannot be read, or a value that breaks its schema."""

    exit_code = 2


class Refused(WorkerError):
    """The thing asked for was refused or failed; `name` may carry the refusal's own type."""


class UnknownId(Refused):
    """There is no such run, release or portfolio."""


class ServerUnreachable(WorkerError):
    """Temporal or the database does not answer."""

    exit_code = 3


class ServerKeepsDying(ServerUnreachable):
    """The embedded server dies again and again."""
