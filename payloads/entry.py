"""What the catalogue says of one activity."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from payloads.base import Payload


class Effect(StrEnum):
    """How far an activity reaches: nothing, a look, a change of ours, an order in the market."""

    PURE = "pure"
    READS = "reads"
    EFFECT = "effect"
    TRADES = "trades"


class Role(StrEnum):
    """Which workers run an activity, and so on which task queue it waits."""

    LIGHT = "light"
    COMPUTE = "compute"
    BROKER = "broker"


@dataclass(frozen=True)
class DeclaredError:
    """An error that an activity can raise; `retryable` ones are tried again by the step's retry."""

    name: str
    summary: str
    retryable: bool = False


@dataclass(frozen=True)
class Entry:
    """One activity: its name, models, reach, role and errors.

    `no_undo` says why nothing needs undoing, for activities of class effect or trades.
    `files` are the catalogue files that it reads, by their names without suffix.
    `internal` ones are called by the interpreter, never by a definition.
    """

    name: str
    summary: str
    input: type[Payload]
    output: type[Payload]
    effect: Effect = Effect.PURE
    role: Role = Role.LIGHT
    errors: tuple[DeclaredError, ...] = ()
    no_undo: str | None = None
    internal: bool = False
    files: tuple[str, ...] = ()

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        """JSON Schema of what the activity takes."""
        return self.input.model_json_schema(mode="validation")

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        """JSON Schema of what the activity answers."""
        return self.output.model_json_schema(mode="serialization")
