"""Fees on a balance by tiers.

    annual = max(minimum, sum over tiers of rate times slice), less the discount
    period = annual · days / 365
    GST    = rate · period, on top of it

What accrues from day to day is kept unrounded and rounded once, when it is charged, so that a balance that
stays the same is charged the same by the day and by the period.

EngineError
└── UnfitTiers   the tiers do not rise, or end below the balance
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from engines.errors import EngineError
from engines.shares import largest_remainder

CENT = Decimal("0.01")
NOTHING = Decimal(0)
DAYS_A_YEAR = 365
"""Fees accrue by the day of a year of 365 days, in leap years too."""
YEARLY_PLACES = Decimal("1e-8")
MINUTES_AN_HOUR = 60
# A balance below 10**13 with many decimals, times a rate with many, stays exact.
DIGITS = 60


class UnfitTiers(EngineError):
    """The tiers do not rise, or end below the balance."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A yearly rate on the slice from the end of the tier before to `up_to` (None: all above)."""

    up_to: Decimal | None
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """What a schedule says beside its tiers: a yearly minimum, a discount off the fee, a rate of GST."""

    minimum: Decimal = NOTHING
    discount: Decimal = NOTHING
    gst: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class Slice:
    """What one tier charges a year on its slice of the balance, in cents."""

    above: Decimal
    up_to: Decimal | None
    rate: Decimal
    amount: Decimal
    fee: Decimal


@dataclass(frozen=True, slots=True)
class Fees:
    """A year's and a period's fee without GST, the GST on the period's, and the slices."""

    annual: Decimal
    period: Decimal
    gst: Decimal
    slices: tuple[Slice, ...]


def fees(balance: Decimal, tiers: Sequence[Tier], terms: Terms, days: int) -> Fees:
    """What is charged on a balance for so many days.

    A minimum is charged on a balance of nothing too, and is discounted like any fee. Rounded half up to
    the cent where it leaves; the slices' fees add up to their sum so rounded.
    """
    with localcontext() as exact:
        exact.prec = DIGITS
        slices = _slices(balance, tiers)
        charged = _charged(slices)
        annual = _annual(charged, terms)
        period = annual * days / DAYS_A_YEAR
        shares = [Fraction(tier.rate * amount) for tier, _, amount in slices]
        parts = largest_remainder(_cents(charged), shares) if charged else [NOTHING] * len(slices)
        return Fees(
            annual=_cents(annual),
            period=_cents(period),
            gst=_cents(_cents(period) * terms.gst),
            slices=tuple(
                Slice(above, tier.up_to, tier.rate, amount, part)
                for (tier, above, amount), part in zip(slices, parts, strict=True)
            ),
        )


@dataclass(frozen=True, slots=True)
class Accrued:
    """So many days at so much a year, unrounded."""

    yearly: Decimal
    days: int


@dataclass(frozen=True, slots=True)
class Charge:
    """What an invoice asks for: a fee in cents, and the GST on top of it."""

    fee: Decimal
    gst: Decimal


def yearly_fee(balance: Decimal, tiers: Sequence[Tier], terms: Terms) -> Decimal:
    """A year's fee on a balance, to the eighth decimal: what a day accrues by."""
    with localcontext() as exact:
        exact.prec = DIGITS
        annual = _annual(_charged(_slices(balance, tiers)), terms)
        return annual.quantize(YEARLY_PLACES, ROUND_HALF_UP)


def accrued_fee(accrued: Sequence[Accrued]) -> Decimal:
    """What the days come to together, without GST; rounded once, half up to the cent."""
    with localcontext() as exact:
        exact.prec = DIGITS
        return _cents(sum((each.yearly * each.days for each in accrued), NOTHING) / DAYS_A_YEAR)


def hourly_fee(minutes: int, rate: Decimal) -> Decimal:
    """What so many minutes cost at a rate an hour, without GST; half up to the cent."""
    with localcontext() as exact:
        exact.prec = DIGITS
        return _cents(rate * minutes / MINUTES_AN_HOUR)


def with_gst(fee: Decimal, rate: Decimal) -> Charge:
    """A fee in cents, and the GST on it, half up to the cent."""
    return Charge(fee, _cents(fee * rate))


def _charged(slices: Sequence[tuple[Tier, Decimal, Decimal]]) -> Decimal:
    return sum((tier.rate * amount for tier, _, amount in slices), NOTHING)


def _annual(charged: Decimal, terms: Terms) -> Decimal:
    return max(charged, terms.minimum) * (1 - terms.discount)


def _slices(balance: Decimal, tiers: Sequence[Tier]) -> list[tuple[Tier, Decimal, Decimal]]:
    """Every tier that the balance reaches: the tier, where it begins, what lies in it."""
    found, above = [], NOTHING
    for place, tier in enumerate(tiers):
        top = tier.up_to
        if top is not None and top <= above:
            raise UnfitTiers(f"tiers rise: {top} is not above {above}", f"tiers[{place}].up_to")
        if top is None and place + 1 < len(tiers):
            raise UnfitTiers("only the last tier can be without an end", f"tiers[{place}].up_to")
        if balance > above:
            found.append((tier, above, (balance if top is None else min(balance, top)) - above))
        above = above if top is None else top
    if tiers[-1].up_to is not None and balance > above:
        raise UnfitTiers(
            f"the last tier ends at {above}, below the balance of {balance}; leave its up_to out",
            f"tiers[{len(tiers) - 1}].up_to",
        )
    return found


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
