"""Holding a portfolio against its limits: concentration by weight, and measures of risk.

EngineError
└── NotMeasured   a limit is set on something that was not measured
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from engines.errors import EngineError

ETF, SINGLE_STOCK, SECTOR = "etf", "single_stock", "sector"
CONCENTRATION = (ETF, SINGLE_STOCK, SECTOR)
PORTFOLIO = "portfolio"
ROUNDING = 1e-9
"""By so much a computed measure may be above its limit."""


class NotMeasured(EngineError):
    """A limit is set on something that was not measured."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What is held of one security: whether it is a fund, and its value's shares by sector.

    `sectors` is what is known of it; a fund of many sectors may have none.
    """

    weight: Decimal
    is_fund: bool
    sectors: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit that does not hold: whose value is above what is allowed."""

    limit: str
    value: Decimal | float
    allowed: Decimal
    subject: str


def check(
    holdings: Mapping[str, Holding], limits: Mapping[str, Decimal], measures: Mapping[str, float]
) -> list[Breach]:
    """Every breach, in the order of the limits, then by value from the highest.

    `etf` is per fund, `single_stock` per security that is none, `sector` per sector; every other limit
    holds for the measure of its name. Weights are compared exactly, measures to 1e-9; at its limit
    nothing is a breach. NotMeasured names a limit without its measure.
    """
    found: list[Breach] = []
    for limit, allowed in limits.items():
        breaches = [each for each in _values(limit, allowed, holdings, measures) if _above(each)]
        found += sorted(breaches, key=lambda each: (-float(each.value), each.subject))
    return found


def excess(holdings: Mapping[str, Holding], breaches: Iterable[Breach]) -> dict[str, Decimal]:
    """How much of each holding lies above a limit of concentration.

    Members of a sector share its excess by what they have in it; a holding above two limits counts the
    larger excess.
    """
    found: dict[str, Decimal] = {}
    for breach in breaches:
        for name, holding in holdings.items():
            above = _part_above(breach, name, holding)
            if above > found.get(name, Decimal(0)):
                found[name] = above
    return found


def _part_above(breach: Breach, name: str, holding: Holding) -> Decimal:
    value = Decimal(str(breach.value))
    if breach.limit in (ETF, SINGLE_STOCK) and breach.subject == name:
        return value - breach.allowed
    if breach.limit == SECTOR:
        return (value - breach.allowed) * holding.weight * holding.sectors.get(breach.subject, 0) / value
    return Decimal(0)


def _values(
    limit: str, allowed: Decimal, holdings: Mapping[str, Holding], measures: Mapping[str, float]
) -> Iterator[Breach]:
    if limit in (ETF, SINGLE_STOCK):
        for name, holding in holdings.items():
            if holding.is_fund == (limit == ETF):
                yield Breach(limit, holding.weight, allowed, name)
    elif limit == SECTOR:
        for sector, weight in _by_sector(holdings).items():
            yield Breach(limit, weight, allowed, sector)
    elif limit in measures:
        yield Breach(limit, measures[limit], allowed, PORTFOLIO)
    else:
        raise NotMeasured(f"there is a limit on {limit}, which was not measured", f"measures.{limit}")


def _by_sector(holdings: Mapping[str, Holding]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for holding in holdings.values():
        for sector, share in holding.sectors.items():
            total[sector] = total.get(sector, Decimal(0)) + holding.weight * share
    return total


def _above(each: Breach) -> bool:
    if isinstance(each.value, Decimal):
        return each.value > each.allowed
    return each.value > float(each.allowed) + ROUNDING
