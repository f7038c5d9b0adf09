"""Limits of what some ETFs weigh together: a sector, say, or a fund looked through."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GroupLimit:
    """From `least` to `most` of the whole, both within.

    `shares` says how much of each member counts: 1 is all of it, less where only part of a fund belongs
    to the group. `path` is where the limit stands in the question, `name` what people call it, if anything.
    """

    path: str
    shares: Mapping[str, float]
    least: float = 0.0
    most: float = 1.0
    name: str = ""

    def of(self, weights: Mapping[str, float]) -> float:
        """What the members weigh together, in the unit of `weights`."""
        return sum(share * weights.get(etf, 0.0) for etf, share in self.shares.items())

    @property
    def ends(self) -> dict[str, float]:
        """The limits that it sets, by their path."""
        ends = {f"{self.path}.min": self.least} if self.least > 0 else {}
        return ends | ({f"{self.path}.max": self.most} if self.most < 1 else {})
