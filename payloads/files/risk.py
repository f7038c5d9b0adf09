"""The file risk.yaml: scenarios that portfolios are stressed with, and the limits they keep to."""

from typing import Annotated

from pydantic import Field, model_validator

from payloads.base import Etf, Identifier, IsoDate, Price
from payloads.files.written import Figure, Rate, Words, Written, Wrong, refuse

Shock = Annotated[Price, Field(ge=-1, le=10, description="change of value: -0.4 is a fall by two fifths")]


class StressScenario(Written):
    """What happened, or might: shocks by asset class, and of foreign currencies against the dollar."""

    name: Identifier
    text: Words
    source: Words
    shocks: Annotated[dict[Identifier, Shock], Field(min_length=1)]


class ReportRules(Written):
    """How a portfolio's past is read, and from which loss a position is reviewed."""

    confidence: Annotated[Figure, Field(description="of VaR")]
    window: Annotated[Figure, Field(description="sessions before each day that its VaR is taken from")]
    significance: Annotated[Figure, Field(description="of the test of VaR")]
    stop_loss: Annotated[Figure, Field(description="loss of a position against its cost base")]
    again_after: Annotated[Figure, Field(description="when what is broken still is told of again")]


class Sleeve(Written):
    """A defensive portfolio that a hedge moves into."""

    name: Identifier
    text: Words
    weights: Annotated[dict[Etf, Rate], Field(min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> "Sleeve":
        if (total := sum(self.weights.values())) != 1:
            refuse([Wrong(("weights",), f"the weights add up to {total}; they must add up to 1")])
        return self


class Hedging(Written):
    """What a hedge may move, and into what."""

    step: Annotated[Figure, Field(description="shares tried: one step, two steps and so on")]
    most: Annotated[Figure, Field(description="share of the portfolio that a hedge moves at most")]
    sleeves: Annotated[list[Sleeve], Field(min_length=1)]


class RiskFile(Written):
    """Scenarios, limits, and which sectors of the universe are none that could be too large."""

    description: Words
    as_of: IsoDate
    diversified_sectors: list[Identifier]
    limits: dict[Identifier, Figure]
    room: Annotated[Figure, Field(description="by so much less than a sector's limit is invested in it")]
    report: ReportRules
    hedging: Hedging
    scenarios: Annotated[list[StressScenario], Field(min_length=1)]
