"""Stress of a portfolio, and the limits of its risk."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, field_validator

from payloads.base import Etf, Payload, Ratio, Real
from payloads.bounds import Share, Weight
from payloads.entry import DeclaredError, Entry

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:\-]*$", max_length=80)]
ScenarioName = Annotated[str, StringConstraints(pattern=r"\S", max_length=80)]
Beta = Annotated[Real, Field(ge=-100, le=100)]
Shock = Annotated[Real, Field(ge=-1, le=10)]


class GivenScenario(Payload):
    """Changes of value by factor, asset class or ETF: -0.4 is a fall by two fifths."""

    name: ScenarioName
    shocks: Annotated[dict[Name, Shock], Field(min_length=1, max_length=1000)] | None = Field(
        None, description="by default those that the catalogue has under this name"
    )


def _by_name(scenario: Any) -> Any:
    """A bare name stands for a scenario of the catalogue."""
    return {"name": scenario} if isinstance(scenario, str) else scenario


AskedScenario = Annotated[
    GivenScenario, BeforeValidator(_by_name, json_schema_input_type=ScenarioName | GivenScenario)
]


class StressPortfolio(Payload):
    """A portfolio and what may happen to it; by default the scenarios of the catalogue."""

    weights: Annotated[dict[Etf, Weight], Field(max_length=1000)]
    exposures: dict[Etf, dict[Name, Beta]] | None = Field(
        None, description="by ETF and factor; by default 1 to its asset class, and to currency unless hedged"
    )
    scenarios: Annotated[list[AskedScenario], Field(min_length=1, max_length=200)] | None = Field(
        None, description="one's own, or names of those in the catalogue; by default all of the catalogue"
    )

    @field_validator("scenarios")
    @classmethod
    def _told_apart(cls, scenarios: list[GivenScenario] | None) -> list[GivenScenario] | None:
        names = [scenario.name for scenario in scenarios or ()]
        if len(set(names)) < len(names):
            raise ValueError("two scenarios have one name")
        return scenarios


class ScenarioLoss(Payload):
    """Losses in shares of the portfolio: positive; a gain is negative."""

    name: str
    loss: Real
    by_asset: dict[Etf, Real]


class StressedPortfolio(Payload):
    """The losses of each scenario, in the order given; `worst` is the name of the one that loses most."""

    scenarios: list[ScenarioLoss]
    worst: str


class CheckLimits(Payload):
    """A portfolio, the limits set on it, and what was measured of it."""

    weights: Annotated[dict[Etf, Weight], Field(max_length=1000)]
    sectors: dict[Etf, Name | dict[Name, Weight]] | None = Field(
        None,
        description="the sector of an ETF, or its shares by sector; by default those of the catalogue, of "
        "funds that keep to one",
    )
    limits: Annotated[dict[Name, Share], Field(min_length=1, max_length=100)] = Field(
        description="`etf` for each fund, `single_stock` for each security that is none, `sector` for each "
        "sector; every other name is of a measure"
    )
    measures: dict[Name, Real] = Field({}, description="such as var_95 or max_drawdown; losses are positive")


class LimitBreach(Payload):
    """A value above what its limit allows; `subject` is an ETF, a sector, or `portfolio`."""

    limit: str
    value: Ratio
    allowed: Ratio
    subject: str


class CheckedLimits(Payload):
    """Every breach, in the order of the limits."""

    breaches: list[LimitBreach]
    within: bool


ENTRIES = (
    Entry(
        "risk.stress",
        "Say what a portfolio would lose in each scenario, and by which of its ETFs",
        StressPortfolio,
        StressedPortfolio,
        errors=(
            DeclaredError("UnknownScenario", "the catalogue has no scenario of this name"),
            DeclaredError(
                "UnknownFactor",
                "nothing can be exposed to what a shock names, or no scenario shocks what an exposure names",
            ),
            DeclaredError("NoExposure", "nothing says how an ETF would react"),
        ),
        files=("risk", "universe"),
    ),
    Entry(
        "risk.check_limits",
        "Hold a portfolio against limits of concentration and of measured risk",
        CheckLimits,
        CheckedLimits,
        errors=(DeclaredError("NotMeasured", "a limit is set on something that was not measured"),),
        files=("risk", "universe"),
    ),
)
