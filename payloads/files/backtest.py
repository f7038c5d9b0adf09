"""A backtest as people write it: what `kronos backtest FILE` reads."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from payloads.backtest import BacktestRules, DistributionPaid, MoneyFlow, OrderCosts, OwnersTax
from payloads.base import IsoDate
from payloads.files.written import Words, Written
from payloads.rebalancing import Band


class PriceSource(Written):
    """Where prices come from: a folder of files, a table, or a snapshot of market data.

    Paths are relative to the backtest's own file.
    """

    folder: Words | None = Field(None, description="one CSV file an ETF, VAS.csv, with a column of dates")
    table: Words | None = Field(None, description="one CSV file with a column of dates and one an ETF")
    snapshot: Annotated[str, StringConstraints(pattern="^(newest|[0-9a-f]{6,64})$")] | None = Field(
        None, description="newest, or the snapshot's digest; its first six characters are enough"
    )
    column: Words | None = Field(
        None, description="of the files in `folder`; by default adj close, else close"
    )

    @model_validator(mode="after")
    def _one_source(self) -> "PriceSource":
        if sum(source is not None for source in (self.folder, self.table, self.snapshot)) != 1:
            raise ValueError("say where prices come from: one of `folder`, `table` and `snapshot`")
        return self


class WrittenCosts(OrderCosts, Written):
    """What one order costs."""


class WrittenDistribution(DistributionPaid, Written):
    """Money per unit on a day."""


class WrittenFlow(MoneyFlow, Written):
    """Money paid in or taken out."""


class WrittenTax(OwnersTax, Written):
    """The owner's tax."""


class BacktestFile(BacktestRules):
    """Prices, weights, and the rule that keeps them."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[Words, Field(max_length=80)] = "Backtest"
    prices: PriceSource
    start: IsoDate | None = None
    end: IsoDate | None = None
    costs: WrittenCosts = Field(default_factory=WrittenCosts)
    tax: WrittenTax | None = None
    # A list of more exact items is no list of the others for mypy, which thinks of appending; nobody does.
    distributions: list[WrittenDistribution] = Field(default_factory=list)  # type: ignore[assignment]
    flows: list[WrittenFlow] = Field(default_factory=list)  # type: ignore[assignment]

    @field_validator("band")
    @classmethod
    def _a_band_that_can_be_left(cls, band: Band | None) -> Band | None:
        if band is not None and band.absolute is not None and band.absolute > 1:
            points = f"{100 * band.absolute:g} points"
            raise ValueError(f"{band.absolute} is {points}, which no weight leaves; five points are 0.05")
        return band

    def rules(self) -> dict[str, Any]:
        """The fields that `backtest.run` takes as they are."""
        return self.model_dump(mode="python", exclude={"title", "prices"}, exclude_none=True)
