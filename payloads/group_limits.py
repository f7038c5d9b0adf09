"""Limits of what some ETFs weigh together."""

from pydantic import Field, model_validator

from payloads.base import Etf, Fraction, Identifier, Payload


class GroupLimit(Payload):
    """How little and how much of the whole some ETFs may weigh together; `name` is for people."""

    assets: list[Etf] = Field(min_length=1, max_length=500)
    min: Fraction = 0.0
    max: Fraction = 1.0
    name: Identifier | None = None
    shares: dict[Etf, Fraction] = Field(
        default_factory=dict, description="of assets that count in part; all others count in full"
    )

    @model_validator(mode="after")
    def _sensible(self) -> "GroupLimit":
        if self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}")
        if strangers := sorted(self.shares.keys() - set(self.assets)):
            raise ValueError(f"shares name {strangers[0]}, which is none of the assets")
        return self

    def counted(self) -> dict[str, float]:
        """How much of each asset counts."""
        return {etf: self.shares.get(etf, 1.0) for etf in self.assets}
