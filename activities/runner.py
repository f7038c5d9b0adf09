"""Runs one activity: JSON in, JSON out, every known error as one kind of fault.

Workers and `kronos activities call` run activities through here and nowhere else.
"""

from typing import Any

from pydantic import ValidationError

from activities.context import Context
from activities.errors import ActivityError
from activities.registry import implementation
from activities.waiting import Looks, looks_of, to_the_end
from adapters.errors import AdapterError
from engines.errors import EngineError
from payloads.entry import Entry
from payloads.facts import entry
from payloads.messages import sentence
from store.errors import StoreError

KNOWN = (ActivityError, AdapterError, EngineError, StoreError)
SHOWN_PROBLEMS = 5


class ActivityFault(Exception):
    """Why an activity gave no answer: the error's type, where in the input, and whether to try again."""

    def __init__(self, type: str, message: str, path: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.type = type
        self.message = message
        self.path = path
        self.retryable = retryable


def run(name: str, given: Any, context: Context, *, strict: bool = False) -> dict[str, Any]:
    """The output of activity `name` for the JSON object `given`.

    `strict` refuses unknown fields at any depth (where people write); without it they are ignored.
    Raises ActivityFault for every declared error and for input that breaks its schema; anything
    else is a defect of the activity and passes through.
    """
    return to_the_end(looks(name, given, context, strict=strict), context.pause)


def looks(name: str, given: Any, context: Context, *, strict: bool = False) -> Looks[dict[str, Any]]:
    """`run` in parts: yields the seconds that the activity wants to wait before it is resumed."""
    activity = entry(name)
    ask = parse_input(activity, given, strict=strict)
    try:
        answer = yield from looks_of(implementation(name), ask, context)
    except ValidationError as error:
        raise ActivityFault(
            "ResultOutOfRange",
            f"these values lead to an answer that cannot be stated ({_problems(error)}); give smaller ones",
            "",
            retryable=False,
        ) from error
    except KNOWN as error:
        raise ActivityFault(
            type(error).__name__, error.message, error.path, retryable=_retryable(activity, error)
        ) from error
    output: dict[str, Any] = answer.model_dump(mode="python")
    return output


def parse_input(activity: Entry, given: Any, *, strict: bool) -> Any:
    """`given` as the activity's input model; ActivityFault `InvalidInput` says what breaks it and where."""
    try:
        return activity.input.model_validate(given, extra="forbid" if strict else None)
    except ValidationError as error:
        first = _path(error.errors(include_url=False, include_input=False)[0]["loc"])
        raise ActivityFault("InvalidInput", _problems(error), first, retryable=False) from None


def _problems(error: ValidationError) -> str:
    """What is wrong and where, the first few of it."""
    problems = error.errors(include_url=False, include_input=False)
    shown = "; ".join(_problem(_path(p["loc"]), sentence(p)) for p in problems[:SHOWN_PROBLEMS])
    more = f"; and {len(problems) - SHOWN_PROBLEMS} more" if len(problems) > SHOWN_PROBLEMS else ""
    return shown + more


def _problem(path: str, message: str) -> str:
    return f"{path}: {message}" if path else message


def _retryable(activity: Entry, error: ActivityError | AdapterError | EngineError | StoreError) -> bool:
    for declared in activity.errors:
        if declared.name == type(error).__name__:
            return declared.retryable
    return getattr(error, "retryable", False)


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path
