"""The file risk.yaml: scenarios that portfolios are stressed with, and the limits they keep to."""

from typing import Annotated

from pydantic import Field

from payloads.base import Identifier, IsoDate, Price
from payloads.files.written import Figure, Words, Written

Shock = Annotated[Price, Field(ge=-1, le=10, description="change of value: -0.4 is a fall by two fifths")]


class StressScenario(Written):
    """What happened, or might: shocks by asset class, and of foreign currencies against the dollar."""

    name: Identifier
    text: Words
    source: Words
    shocks: Annotated[dict[Identifier, Shock], Field(min_length=1)]


class RiskFile(Written):
    """Scenarios, limits, and which sectors of the universe are none that could be too large."""

    description: Words
    as_of: IsoDate
    diversified_sectors: list[Identifier]
    limits: dict[Identifier, Figure]
    scenarios: Annotated[list[StressScenario], Field(min_length=1)]
