"""The edge where every failure becomes one line on stderr and an exit code.

0 done; 1 the thing asked for failed; 2 wrong flags or input; 3 the server or database cannot be
reached; 130 interrupted. Nothing else leaves a command, and never a traceback: KRONOS_DEBUG=1 shows it.
"""

import os
import sys
import traceback
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

FAILED = 1
MISUSED = 2
UNREACHABLE = 3
INTERRUPTED = 130
DEBUG = "KRONOS_DEBUG"

Result = TypeVar("Result")


class Ended(Exception):
    """A command that has said what it had to say ends with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def guarded(command: Callable[[], int | None]) -> int:
    """The exit code of `command`, whatever happens in it."""
    try:
        return command() or 0
    except Ended as end:
        return end.code
    except BrokenPipeError:
        # The reader of our output (head, less) has seen enough; what is buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if os.environ.get(DEBUG):
            traceback.print_exc()
        return _report(error)


def keep_stdout_for_data() -> None:
    """Leave standard output to what a command prints; what libraries write there goes to stderr.

    A solver's native code now and then prints a line of its own, which would spoil the JSON.
    """
    kept = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = os.fdopen(kept, "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors)


def leave(code: int) -> NoReturn:
    """End the process with exactly this code.

    Flush and leave at once: at a normal exit the Temporal SDK's threads abort the process now and
    then (sdk-python#300), and the caller would see another exit code than the true one.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (BrokenPipeError, ValueError):
            continue
    os._exit(code)


def wait_for(work: Coroutine[Any, Any, Result]) -> Result:
    """What asynchronous `work` answers."""
    import asyncio

    return asyncio.run(work)


def error_line(name: str, path: str, message: str) -> str:
    """`error: TYPE at PATH: message`; without a place, the place is left out."""
    place = f" at {path}" if path else ""
    return f"error: {name}{place}: {message.removeprefix(f'{path}: ')}"


def _report(error: Exception) -> int:
    """Say what went wrong; the errors of our own packages know their names and places."""
    if (problems := getattr(error, "problems", None)) is not None:
        from dsl.problems import render_text

        print(render_text(problem for problem in problems if problem.is_error), file=sys.stderr)
        return FAILED
    code, known = _meaning(error)
    message = getattr(error, "message", None) or _told(error)
    if known:
        name = getattr(error, "name", None) or getattr(error, "type", None) or type(error).__name__
        print(error_line(name, getattr(error, "path", ""), message), file=sys.stderr)
    else:
        print(
            f"error: unexpected {type(error).__name__}: {' '.join(message.split())}\n"
            f"This is a defect of Kronos; {DEBUG}=1 shows where.",
            file=sys.stderr,
        )
    return code


def _told(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _meaning(error: Exception) -> tuple[int, bool]:
    """The exit code, and whether the error is one that users are meant to meet.

    By name of module rather than class, so that a quick command does not import the slow ones.
    """
    if isinstance(code := getattr(error, "exit_code", None), int) and hasattr(error, "message"):
        return code, True
    for kind in type(error).__mro__:
        if kind.__module__ == "sqlalchemy.exc" and kind.__name__ in ("OperationalError", "InterfaceError"):
            return UNREACHABLE, False
        if kind.__name__ == "DatabaseUnavailable":
            return UNREACHABLE, True
        if kind.__name__ in ("StoreError", "AdapterError", "ActivityError", "EngineError", "ActivityFault"):
            return FAILED, True
    if isinstance(error, OSError) and error.filename:
        return MISUSED, True
    return FAILED, False
