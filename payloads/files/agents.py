"""The file agents.yaml: how the agents of the pods learn, and how they are tried."""

from typing import Annotated

from pydantic import Field

from payloads.base import Fraction, IsoDate, Whole
from payloads.files.written import Words, Written

Sessions = Annotated[Whole, Field(ge=1, le=100_000)]


class HeldOut(Written):
    """Episodes drawn from the sessions that were not learned from."""

    episodes: Annotated[Whole, Field(ge=1, le=100_000)]
    sessions: Sessions
    block: Sessions


class WalkForward(Written):
    """Periods at the end of the history, each tried by a policy that learned from all before it."""

    periods: Annotated[Whole, Field(ge=1, le=100)]
    sessions: Sessions
    decide_every: Sessions


class AgentsFile(Written):
    """Settings of training; `rounds` by the agent's name."""

    description: Words
    source: Words
    as_of: IsoDate
    training_share: Annotated[Fraction, Field(gt=0, lt=1)]
    trade_cost: Annotated[Fraction, Field(lt=0.1)]
    held_out: HeldOut
    walk_forward: WalkForward
    rounds: dict[str, Annotated[Whole, Field(ge=1, le=1_000_000)]] = Field(min_length=1)
