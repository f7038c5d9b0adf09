"""The file metrics.yaml: what the monitoring sweeps measure, and `threshold` and `rearm` compare."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from payloads.files.written import Words, Written

MetricName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,79}$")]


class Metric(Written):
    """One quantity: what it says, and the unit that conditions are written in."""

    summary: Words
    type: Literal["number", "integer", "boolean"]
    unit: Words


class Measuring(Written):
    """How the sweeps measure."""

    sessions: int = Field(
        63, ge=20, le=2520, description="the last daily returns that volatilities and var_95 rest on"
    )


class MetricsFile(Written):
    """Metrics by the names that conditions use, and how they are measured."""

    measuring: Measuring = Field(default_factory=Measuring)

    metrics: Annotated[dict[MetricName, Metric], Field(min_length=1)]
