"""Signals that arrived: buffered, in order, none lost, each read once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """One signal; `id` is what its sender called it, so that a repeated send counts once."""

    name: str
    payload: Any
    id: str | None = None


@dataclass(slots=True)
class Mailbox:
    """The unread signals of a run, and those that did not fit their schema."""

    unread: list[Message] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    seen_ids: set[str] = field(default_factory=set)
    arrivals: int = 0

    def put(self, message: Message) -> bool:
        """Keep the message; False when one with its id came before."""
        if message.id is not None:
            if message.id in self.seen_ids:
                return False
            self.seen_ids.add(message.id)
        self.unread.append(message)
        self.arrivals += 1
        return True

    def take(self, names: tuple[str, ...], fits: Callable[[Message], bool]) -> Message | None:
        """The first unread message of these names that fits, now read; the others stay."""
        for index, message in enumerate(self.unread):
            if message.name in names and fits(message):
                return self.unread.pop(index)
        return None

    def reject(self, name: str, reason: str) -> None:
        """A signal that came raw and does not fit: shown by `status`, seen by no `receive`."""
        self.rejected.append({"signal": name, "reason": reason})


def undeclared(name: str, declared: Mapping[str, object]) -> str:
    """The message for a signal that the definition does not declare."""
    known = ", ".join(declared) or "none"
    return f"this run takes no signal `{name}`; it takes: {known}"
