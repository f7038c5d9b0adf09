"""Halting and resuming trading of an ETF from a run, and seeing what is halted."""

from typing import Annotated

from pydantic import Field

from payloads.base import Etf, Flag, Payload
from payloads.entry import Effect, Entry
from payloads.storage import EFFECT_ERRORS

Reason = Annotated[str, Field(min_length=1, max_length=500)]


class HaltEtf(Payload):
    """Which ETF is halted or resumed, and why."""

    etf: Etf
    reason: Reason


class Halted(Payload):
    """Whether trading of the ETF is halted now, and whether this changed it."""

    etf: str
    halted: Flag
    changed: Flag = Field(
        True, description="false where it was so before: another's halt is not ours to lift"
    )


class AskHalted(Payload):
    """Nothing to say: what is halted for the tenant is meant."""


class HaltedEtfs(Payload):
    """The ETFs of the universe of which trading is halted now."""

    etfs: list[str] = Field(
        description="in alphabetical order; halts of everything and of a broker are not among them"
    )


ENTRIES = (
    Entry(
        "trading.halted",
        "See which ETFs are halted",
        AskHalted,
        HaltedEtfs,
        Effect.READS,
        files=("universe",),
    ),
    Entry(
        "trading.halt",
        "Halt trading of an ETF",
        HaltEtf,
        Halted,
        Effect.EFFECT,
        errors=EFFECT_ERRORS,
        no_undo="trading.resume lifts it",
    ),
    Entry(
        "trading.resume",
        "Lift the halt of an ETF",
        HaltEtf,
        Halted,
        Effect.EFFECT,
        errors=EFFECT_ERRORS,
        no_undo="trading.halt puts it back",
    ),
)
