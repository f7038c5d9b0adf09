"""How far weights have drifted from their targets, and whether that is beyond a band.

    EngineError
    └── TargetAboveOne   target weights add up to more than the whole

All arithmetic is exact on the decimals given: 0.65 against 0.60 is five points, not a hair more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from engines.errors import EngineError

# Weights that come from computed floats may add up to a hair over the whole.
WHOLE_WITHIN = Decimal("1e-9")
NOTHING = Decimal(0)


class TargetAboveOne(EngineError):
    """Target weights add up to more than the whole."""


@dataclass(frozen=True, slots=True)
class Band:
    """Allowed drift in points, as a share of the target, at least `floor` points; None is not given."""

    absolute: Decimal | None = None
    relative: Decimal | None = None
    floor: Decimal | None = None

    def around(self, target: Decimal) -> Decimal:
        """The drift allowed at this target: the smaller of both ways to say it, never below the floor."""
        ways = [] if self.absolute is None else [self.absolute]
        ways += [] if self.relative is None else [self.relative * target]
        allowed = min(ways)
        return allowed if self.floor is None else max(allowed, self.floor)


@dataclass(frozen=True, slots=True)
class Drift:
    """Drift is current less target, by ETF; breaches lie strictly beyond their band."""

    drifts: Mapping[str, Decimal]
    bands: Mapping[str, Decimal]
    breaches: tuple[str, ...]
    total: Decimal


def check_drift(current: Mapping[str, Decimal], target: Mapping[str, Decimal], band: Band) -> Drift:
    """Every ETF's drift; one that stands on one side only counts as 0 on the other.

    `total` is half the sum of absolute drifts: the share of the portfolio that would have to move.
    """
    check_target(target)
    etfs = list(dict.fromkeys([*target, *current]))
    drifts = {etf: current.get(etf, NOTHING) - target.get(etf, NOTHING) for etf in etfs}
    bands = {etf: band.around(target.get(etf, NOTHING)) for etf in etfs}
    return Drift(
        drifts=drifts,
        bands=bands,
        breaches=tuple(etf for etf in etfs if abs(drifts[etf]) > bands[etf]),
        total=sum((abs(drift) for drift in drifts.values()), NOTHING) / 2,
    )


def check_target(target: Mapping[str, Decimal]) -> None:
    """Refuse target weights that add up to more than 1 by over 1e-9."""
    whole = sum(target.values(), NOTHING)
    if whole > 1 + WHOLE_WITHIN:
        raise TargetAboveOne(f"the target weights add up to {whole}; 1 is the whole", "target")
