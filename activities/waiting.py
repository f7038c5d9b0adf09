"""Activities that wait: between two looks at the world they hold no thread.

Such an activity is a generator: it yields how many seconds it wants to wait, and returns its answer.
A worker waits for hundreds of them at once; whoever calls one plainly waits by `context.pause`.
"""

from collections.abc import Callable, Generator
from functools import wraps
from typing import Any, TypeVar

from activities.context import Context

Answer = TypeVar("Answer")
Looks = Generator[float, None, Answer]
"""Yields the seconds to wait before it is resumed; returns the answer."""


def waiting(function: Callable[[Any, Context], Looks[Answer]]) -> Callable[[Any, Context], Answer]:
    """The activity as a plain function, which keeps its parts under `looks`."""

    @wraps(function)
    def whole(ask: Any, context: Context) -> Answer:
        return to_the_end(function(ask, context), context.pause)

    whole.looks = function  # type: ignore[attr-defined] # types of functions have no attributes
    return whole


def looks_of(implementation: Callable[..., Any], ask: Any, context: Context) -> Looks[Any]:
    """Any activity in parts; one that does not wait has a single part."""
    parts = getattr(implementation, "looks", None)
    if parts is None:
        return implementation(ask, context)
    return (yield from parts(ask, context))


def to_the_end(parts: Looks[Answer], pause: Callable[[float], None]) -> Answer:
    """The answer, waiting by `pause` where the activity wants to wait."""
    while True:
        try:
            seconds = next(parts)
        except StopIteration as end:
            answer: Answer = end.value
            return answer
        pause(seconds)
