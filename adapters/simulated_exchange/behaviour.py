"""How the simulated exchange misbehaves: a script of rules, first match wins.

A script is JSON, in `exchange-script.json` beside the exchange's database (read at each order, so a
test can change it while a worker runs), or given at construction, or a single word in
`KRONOS_EXCHANGE`. They win in this order: construction, environment, file, and else orders fill.

    {"seed": 7, "default": "fill",
     "rules": [{"etf": "VAS", "does": "partial", "share": "0.4"},
               {"number": 3, "does": "timeout"},
               {"side": "sell", "chance": "0.25", "does": "reject", "reason": "no short selling"}]}
"""

import json
import os
import random
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.errors import AdapterError

SCRIPT_FILE = "exchange-script.json"
ENVIRONMENT_VARIABLE = "KRONOS_EXCHANGE"
USUAL_DELAY = 2.0  # seconds: a delay of none would be a fill


class BadScript(AdapterError):
    """The exchange's script cannot be understood."""


class Does(StrEnum):
    """What the exchange does with an order."""

    FILL = "fill"  # whole, at once
    PARTIAL = "partial"  # `share` of the units at once, the rest after `seconds`, never if not given
    PARTS = "parts"  # whole, in `parts` executions, `seconds` between them
    REST = "rest"  # nothing, until cancelled
    DELAY = "delay"  # whole, after `seconds`, or two of them when none are given
    REJECT = "reject"  # refused with `reason`
    TIMEOUT = "timeout"  # taken and filled, but the answer never arrives
    LOST = "lost"  # never arrives, nor does an answer
    UNAVAILABLE = "unavailable"  # the exchange cannot be reached
    PRICE_MOVE = "price_move"  # the price moves by the fraction `move` first, and stays there
    DUPLICATE = "duplicate"  # in `parts`, each reported twice, last first
    LATE_FILL = "late_fill"  # rests, for `seconds` if given; fills though its cancel is acknowledged


class Rule(BaseModel):
    """Which orders it is for (all that are given must fit), and what happens to them.

    `number` counts the exchange's orders from 1; `tries` is how many attempts at one order time
    out, get lost or find the exchange unavailable before it goes on as a fill.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    etf: str | None = None
    side: Literal["buy", "sell"] | None = None
    number: int | None = Field(None, ge=1)
    chance: Annotated[Decimal, Field(ge=0, le=1)] = Decimal(1)
    does: Does
    share: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.5")
    parts: int = Field(3, ge=1, le=100)
    seconds: float | None = Field(None, ge=0)
    move: Annotated[Decimal, Field(gt=-1)] = Decimal("0.05")
    reason: str = "rejected by the exchange's script"
    tries: int = Field(1, ge=1)

    @property
    def pause(self) -> timedelta:
        """What passes before a delayed fill, or between parts, which come at once when nothing is said."""
        usual = USUAL_DELAY if self.does is Does.DELAY else 0.0
        return timedelta(seconds=usual if self.seconds is None else self.seconds)

    def fits(self, etf: str, side: str, number: int, seed: int) -> bool:
        """Whether this rule is for that order; chance is drawn from the seed and the order's number."""
        wanted = ((self.etf, etf), (self.side, side), (self.number, number))
        if any(mine is not None and mine != theirs for mine, theirs in wanted):
            return False
        return Decimal(random.Random(f"{seed}/{number}").random()) < self.chance


class Behaviour(BaseModel):
    """A script: rules by precedence, and what happens to an order that none of them fits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    default: Does = Does.FILL
    rules: tuple[Rule, ...] = ()
    reason: str = "rejected by the exchange's script"

    def of(self, etf: str, side: str, number: int) -> Rule:
        """What happens to the `number`-th order of the exchange."""
        for rule in self.rules:
            if rule.fits(etf, side, number, self.seed):
                return rule
        return Rule(does=self.default, reason=self.reason)


def parse(script: Mapping[str, Any], where: str) -> Behaviour:
    """The behaviour a script describes; BadScript names the place and what is wrong there."""
    try:
        return Behaviour.model_validate(script)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        raise BadScript(f"{where}: {path}: {first['msg']}", path) from error


def current(given: Behaviour | None, folder: Path, environment: Mapping[str, str] = os.environ) -> Behaviour:
    """The behaviour in force now: `given`, else the environment's, else the file's, else all orders fill."""
    if given is not None:
        return given
    word = environment.get(ENVIRONMENT_VARIABLE)
    if word:
        return parse({"default": word}, ENVIRONMENT_VARIABLE)
    file = folder / SCRIPT_FILE
    if not file.exists():
        return Behaviour()
    try:
        script = json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except ValueError as error:
        raise BadScript(f"{file}: not JSON: {error}") from error
    return parse(script, str(file))
