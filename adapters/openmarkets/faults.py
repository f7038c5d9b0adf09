"""How the sandbox misbehaves: faults of its answers, and what its exchange does with orders.

A script is JSON, read when the sandbox starts. Of `answers` the first rule that fits a request is
carried out; `orders` and `default` are the rules of the exchange (adapters/simulated_exchange/behaviour.py).

    {"seed": 7,
     "answers": [{"call": "submit", "number": 2, "does": "drop"},
                 {"chance": "0.1", "does": "error"}],
     "orders": [{"etf": "VAS", "does": "parts", "seconds": 1}]}

A bare seed is a script, too: a bit of everything, of which every order recovers by itself.
"""

import json
import random
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.simulated_exchange.behaviour import BadScript, Behaviour, Does, Rule


class Call(StrEnum):
    """What a request asks for."""

    SUBMIT = "submit"
    FIND = "find"
    LIST = "list"
    EXECUTIONS = "executions"
    CANCEL = "cancel"
    AMEND = "amend"


class Fault(StrEnum):
    """What becomes of a request."""

    ERROR = "error"  # carried out, and answered with status 500
    DROP = "drop"  # carried out, and the connection closed without an answer
    HANG = "hang"  # carried out; the answer never comes
    GARBLE = "garble"  # carried out, and answered with half of the JSON
    SLOW = "slow"  # carried out, and answered after `seconds`
    LOSE = "lose"  # the connection closed, and nothing carried out
    BUSY = "busy"  # refused with 429: come again in `seconds`


class AnswerRule(BaseModel):
    """Which requests it is for (all that are given must fit), and what happens to them.

    `number` counts the requests of one kind from 1, since the sandbox started.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    call: Call | None = None
    number: int | None = Field(None, ge=1)
    chance: Annotated[Decimal, Field(ge=0, le=1)] = Decimal(1)
    does: Fault
    seconds: int = Field(1, ge=0, le=3600)

    def fits(self, call: Call, number: int, drawn: Decimal) -> bool:
        """Whether this rule is for that request, for which `drawn` was drawn between 0 and 1."""
        wanted = ((self.call, call), (self.number, number))
        return all(mine is None or mine == theirs for mine, theirs in wanted) and drawn < self.chance


class Faults(BaseModel):
    """A script. The same seed and the same requests meet the same faults."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    answers: tuple[AnswerRule, ...] = ()
    default: Does = Does.FILL
    orders: tuple[Rule, ...] = ()

    def of(self, call: Call, number: int) -> AnswerRule | None:
        """What becomes of the `number`-th request of a kind; None: it is answered."""
        for place, rule in enumerate(self.answers):
            drawn = Decimal(random.Random(f"{self.seed}/{call}/{number}/{place}").random())
            if rule.fits(call, number, drawn):
                return rule
        return None

    @property
    def behaviour(self) -> Behaviour:
        """What the exchange does with orders."""
        return Behaviour(seed=self.seed, default=self.default, rules=self.orders)


def read_faults(told: str) -> Faults:
    """The script in the file `told`, or of the seed `told`; BadScript says what is wrong where.

    OSError for what is neither a seed nor a file that can be read.
    """
    if told.isascii() and told.isdigit():
        return of_seed(int(told))
    file = Path(told)
    try:
        script = json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except ValueError as error:
        raise BadScript(f"{told}: not JSON: {error}") from error
    return parse(script, told)


def parse(script: Any, where: str) -> Faults:
    """The faults a script describes; BadScript names the place and what is wrong there."""
    try:
        return Faults.model_validate(script)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        raise BadScript(f"{where}: {path}: {first['msg']}", path) from error


def of_seed(seed: int) -> Faults:
    """A bit of everything: a fifth of the requests and half of the orders meet a fault."""
    answers = [
        {"call": "submit", "does": "hang", "chance": "0.01"},
        {"does": "lose", "chance": "0.03"},
        {"does": "drop", "chance": "0.04"},
        {"does": "error", "chance": "0.04"},
        {"does": "garble", "chance": "0.04"},
        {"does": "busy", "chance": "0.04", "seconds": 1},
    ]
    # One number is drawn for an order, so that each chance counts what the ones before it took.
    orders = [
        {"does": "timeout", "chance": "0.08"},
        {"does": "partial", "chance": "0.20", "share": "0.4", "seconds": 2},
        {"does": "duplicate", "chance": "0.32"},
        {"does": "delay", "chance": "0.40", "seconds": 1},
        {"does": "late_fill", "chance": "0.50", "seconds": 3},
    ]
    return parse({"seed": seed, "answers": answers, "orders": orders}, f"seed {seed}")
