"""The file benchmarks.yaml: what portfolios are compared with."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from payloads.base import Etf, Identifier
from payloads.files.written import Dated, Rate, Words, Written, Wrong, refuse


class Benchmark(Dated):
    """A mix of ETFs that stand for their asset classes, brought back to its weights every day."""

    text: Words
    weights: Annotated[dict[Etf, Rate], Field(min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> "Benchmark":
        if (total := sum(self.weights.values())) != Decimal(1):
            refuse([Wrong(("weights",), f"the weights add up to {total}; they must add up to 1")])
        return self


class BenchmarksFile(Written):
    """Benchmarks by name; a portfolio without one of its own has that of its risk category."""

    description: Words
    source: Words
    benchmarks: Annotated[dict[Identifier, Benchmark], Field(min_length=1)]
