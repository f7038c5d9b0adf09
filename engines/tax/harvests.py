"""Losses worth realising: what selling a parcel saves, what it costs, and what stands against it.

    tax benefit = marginal rate · loss
    tax later   = marginal rate · loss · share of a long gain that is taxed / (1 + yearly rate)**years
    net benefit = tax benefit - tax later - cost

The replacement starts from the lower price, so that the loss comes back as a gain when it is sold in its
turn; what stays is the value of the deferral, and of a discount. Money leaves in cents, half up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from engines.tax.errors import MissingPrice, NothingHeld
from engines.tax.months import ONE_DAY
from engines.tax.parcels import Parcel
from engines.tax.rules import NOTHING, cents

Block = Literal["wash_sale", "part_iva", "minimum_holding"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a loss saves, what trading costs, and the days that must lie between.

    `taxed_later` is the share of a gain that is taxed when the replacement is sold after `years`. A sale
    is blocked as `repurchase` when the same was bought within `window`. Only net benefits above
    `threshold` count.
    """

    marginal_rate: Decimal
    taxed_later: Decimal
    years: int
    yearly_rate: Decimal
    brokerage: Decimal
    cost_rate: Decimal
    threshold: Decimal
    repurchase: Block
    window: timedelta
    least_days: int


@dataclass(frozen=True, slots=True)
class Purchase:
    """That an ETF was bought on a day."""

    etf: str
    day: date


@dataclass(frozen=True, slots=True)
class Market:
    """Prices a unit, groups of ETFs that hold the same, and by ETF what may replace it, the best first."""

    prices: Mapping[str, Decimal]
    exposures: Mapping[str, str]
    replacements: Mapping[str, Sequence[str]]

    def group(self, etf: str) -> str:
        """What an ETF holds; one that is in no group stands for itself."""
        return self.exposures.get(etf, etf)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A parcel that stands below its cost base; amounts are positive but for the net benefit.

    `free_on` is the first day on which time alone will have lifted all that blocks it, if it can.
    """

    parcel: Parcel
    loss: Decimal
    tax_benefit: Decimal
    tax_later: Decimal
    cost: Decimal
    net_benefit: Decimal
    replacement: str | None
    blocked_by: Block | None
    free_on: date | None = None


def find_harvests(
    parcels: Sequence[Parcel],
    market: Market,
    purchases: Sequence[Purchase],
    terms: Terms,
    as_of: date,
) -> list[Candidate]:
    """Parcels whose sale is worth more than the threshold, the most first, blocked ones with the reason.

    MissingPrice and NothingHeld name the parcel that cannot be looked at.
    """
    _check(parcels, market, as_of)
    bought = [*purchases, *(Purchase(parcel.etf, parcel.acquired) for parcel in parcels)]
    losing = [parcel for parcel in parcels if _loss(parcel, market) > 0]
    sold = frozenset(market.group(parcel.etf) for parcel in losing)
    found = [_candidate(parcel, market, bought, sold, terms, as_of) for parcel in losing]
    worth = [one for one in found if one.net_benefit > terms.threshold]
    return sorted(worth, key=lambda one: -one.net_benefit)


def _check(parcels: Sequence[Parcel], market: Market, as_of: date) -> None:
    for place, parcel in enumerate(parcels):
        if parcel.etf not in market.prices:
            raise MissingPrice(f"{parcel.etf} is held but has no price; add one", f"prices.{parcel.etf}")
        if parcel.acquired > as_of:
            raise NothingHeld(f"the parcel is not held yet on {as_of}", f"parcels[{place}].acquired")


def _loss(parcel: Parcel, market: Market) -> Decimal:
    return cents(parcel.cost_base) - cents(parcel.units * market.prices[parcel.etf])


def _candidate(
    parcel: Parcel,
    market: Market,
    bought: Sequence[Purchase],
    sold: frozenset[str],
    terms: Terms,
    as_of: date,
) -> Candidate:
    loss, replacement = _loss(parcel, market), _replacement(parcel.etf, market, sold)
    blocks = list(_blocks(parcel, replacement, market, bought, terms, as_of))
    ends = [end for _, end in blocks if end is not None]
    benefit = cents(terms.marginal_rate * loss)
    later = cents(terms.marginal_rate * loss * terms.taxed_later / (1 + terms.yearly_rate) ** terms.years)
    order = terms.brokerage + terms.cost_rate * parcel.units * market.prices[parcel.etf]
    cost = cents(order if replacement is None else 2 * order)
    return Candidate(
        parcel=parcel,
        loss=loss,
        tax_benefit=benefit,
        tax_later=later,
        cost=cost,
        net_benefit=benefit - later - cost,
        replacement=replacement,
        blocked_by=blocks[0][0] if blocks else None,
        free_on=max(ends) if blocks and len(ends) == len(blocks) else None,
    )


def _replacement(etf: str, market: Market, sold: frozenset[str]) -> str | None:
    """The best that is no other ETF sold at a loss; None if there is none."""
    others = sold - {market.group(etf)}
    given = market.replacements.get(etf, ())
    return next((one for one in given if one != etf and market.group(one) not in others), None)


def _blocks(
    parcel: Parcel,
    replacement: str | None,
    market: Market,
    bought: Sequence[Purchase],
    terms: Terms,
    as_of: date,
) -> Iterator[tuple[Block, date | None]]:
    """Reasons against a sale, the weightiest first, each with the day on which it is gone, if ever."""
    group = market.group(parcel.etf)
    if replacement is not None and market.group(replacement) == group:
        yield terms.repurchase, None
    again = [one.day for one in bought if _again(one, parcel, group, market, terms, as_of)]
    if again:
        yield terms.repurchase, max(again) + terms.window + ONE_DAY
    if max(0, (as_of - parcel.acquired).days - 1) < terms.least_days:
        yield "minimum_holding", parcel.acquired + timedelta(days=terms.least_days + 1)


def _again(one: Purchase, parcel: Parcel, group: str, market: Market, terms: Terms, as_of: date) -> bool:
    """Whether a purchase, other than the parcel's own, bought the same within the window."""
    own = one.etf == parcel.etf and one.day == parcel.acquired
    return not own and market.group(one.etf) == group and as_of - terms.window <= one.day <= as_of


def worth_together(found: Sequence[Candidate]) -> Decimal:
    """The net benefit of all that nothing stands against."""
    return sum((one.net_benefit for one in found if one.blocked_by is None), NOTHING)
