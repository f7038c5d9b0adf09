"""Signals that arrived: buffered, in order, none lost, each read once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dsl.schemas import Schema
from dsl.values import fill_and_check
from payloads import plain_json


@dataclass(frozen=True, slots=True)
class Message:
    """One signal; `id` is what its sender called it, so that a repeated send counts once."""

    name: str
    payload: Any
    id: str | None = None

    @property
    def digest(self) -> str:
        """What tells this message from another one under the same id."""
        return plain_json.digest([self.name, self.payload])


@dataclass(slots=True)
class Mailbox:
    """The unread signals of a run, and those that did not fit their schema."""

    unread: list[Message] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    """The digest of each message that came with an id, by that id."""
    arrivals: int = 0

    def conflicts(self, message: Message) -> bool:
        """Did another message come under the id of this one."""
        return message.id in self.seen and self.seen[message.id] != message.digest

    def put(self, message: Message) -> bool:
        """Keep the message; False when it came before, under its id."""
        if message.id is not None:
            if message.id in self.seen:
                return False
            self.seen[message.id] = message.digest
        self.unread.append(message)
        self.arrivals += 1
        return True

    def has_news(self, seen: int) -> bool:
        """Has a message come since there were `seen` of them."""
        return self.arrivals > seen

    def take(self, names: tuple[str, ...], fits: Callable[[Message], bool]) -> Message | None:
        """The first unread message of these names that fits, now read; the others stay."""
        for index, message in enumerate(self.unread):
            if message.name in names and fits(message):
                return self.unread.pop(index)
        return None

    def reject(self, name: str, reason: str) -> None:
        """A signal that came raw and does not fit: shown by `status`, seen by no `receive`."""
        self.rejected.append({"signal": name, "reason": reason})


def misfit(declared: Mapping[str, Schema], name: str, payload: Any) -> str | None:
    """Why a run whose definition declares these signals does not take this one; None when it does."""
    if name not in declared:
        return f"this run takes no signal `{name}`; it takes: {', '.join(declared) or 'none'}"
    _, problems = fill_and_check(declared[name], payload)
    return f"signal `{name}`: " + "; ".join(map(str, problems)) if problems else None
