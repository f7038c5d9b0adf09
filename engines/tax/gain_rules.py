"""How a year's capital gains are sorted, netted and discounted.

A gain has an ordinary and a favoured part. Which is which, and against which of them losses go first,
is what the rules differ in; `aims` say the same to whoever looks for the least tax: the gain that is
taxed is the least, over the aims, of the largest of 0 and an aim's forms, where a form weighs the sum of
ordinary parts, the sum of favoured parts, and the losses brought forward (as ordinary or favoured ones).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Generic, NamedTuple, Protocol, TypeVar

from engines.tax.errors import MissingMarketValue, MissingPriceIndex
from engines.tax.months import ONE_DAY
from engines.tax.rules import NOTHING, cents

PriceIndex = Mapping[date, Decimal]

# Three decimals, rounded up where the fourth is 5 or more (ITAA 1997 section 960-275).
INDEX_PLACES = Decimal("0.001")

Number = TypeVar("Number", float, Decimal)


class Piece(NamedTuple, Generic[Number]):
    """Units of one parcel, by its place, sold together: what they brought and cost.

    `long` says whether they were held for longer than the months of the rules. `market_value` is the worth
    on the day before the rules changed, of units bought before it.
    """

    acquired: date
    sold: date
    proceeds: Number
    cost_base: Number
    long: bool
    market_value: Number | None
    place: int


class Parts(NamedTuple, Generic[Number]):
    """The parts of a gain, negative for a loss."""

    ordinary: Number
    favoured: Number


NO_GAINS = Parts(NOTHING, NOTHING)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a year stands before a sale: losses of earlier years, and the parts of its gains so far."""

    brought_forward: Decimal
    so_far: Parts[Decimal] = NO_GAINS


class SortedGain(Protocol):
    """A gain of which the parts are known."""

    @property
    def ordinary(self) -> Decimal:
        """The ordinary part, negative for a loss."""

    @property
    def favoured(self) -> Decimal:
        """The favoured part, negative for a loss."""


@dataclass(frozen=True, slots=True)
class Form:
    """Weights of the ordinary and the favoured parts of a year's gains."""

    ordinary: float
    favoured: float


@dataclass(frozen=True, slots=True)
class YearOfGains:
    """A year's gains and losses, positive amounts in cents; those of a term are negative for a loss."""

    gross_gains: Decimal
    capital_losses: Decimal
    losses_applied: Decimal
    discount: Decimal
    net_capital_gain: Decimal
    losses_carried_forward: Decimal
    deducted_from_income: Decimal = NOTHING
    short_term_gain: Decimal | None = None
    long_term_gain: Decimal | None = None


class GainRules(Protocol):
    """The rules of a jurisdiction, a taxpayer and a year."""

    @property
    def months_held(self) -> int:
        """Units held for longer than so many months are long held."""

    @property
    def aims(self) -> tuple[tuple[Form, ...], ...]:
        """What to minimise; see the module."""

    @property
    def losses_are_favoured(self) -> bool:
        """Whether losses brought forward are set against the favoured parts first."""

    def parts(self, piece: Piece[Number]) -> Parts[Number]:
        """The parts of a piece's gain."""

    def discountable(self, parts: Parts[Decimal]) -> bool:
        """Whether a discount comes off a gain."""

    def settle(self, gains: Iterable[SortedGain], brought_forward: Decimal) -> YearOfGains:
        """The year's figures."""


@dataclass(frozen=True, slots=True)
class Discounting:
    """Australia to June 2027: losses come off gains without discount first, the discount last."""

    months_held: int
    discount: Fraction
    losses_are_favoured: bool = False

    @property
    def aims(self) -> tuple[tuple[Form, ...], ...]:
        """The gain is max(0, A + k·D, k·(A + D)), A ordinary gains less all losses, D discounted ones."""
        kept = float(1 - self.discount)
        return ((Form(kept, kept), Form(1, kept)),)

    def parts(self, piece: Piece[Number]) -> Parts[Number]:
        """Favoured: a gain of units held for longer than the months, by a taxpayer with a discount."""
        gain = piece.proceeds - piece.cost_base
        nothing = gain - gain
        if piece.long and gain > nothing and self.discount:
            return Parts(nothing, gain)
        return Parts(gain, nothing)

    def discountable(self, parts: Parts[Decimal]) -> bool:
        """Whether a discount comes off the gain."""
        return parts.favoured > 0

    def settle(self, gains: Iterable[SortedGain], brought_forward: Decimal) -> YearOfGains:
        """Losses off, then the discount."""
        return _discounted(gains, brought_forward, self.discount, favoured_first=False)


@dataclass(frozen=True, slots=True)
class Indexing:
    """Australia from July 2027: prices are indexed, gains up to then discounted still.

    Units bought before the change are split at their value on the day before it: the gain up to there is
    discounted if they were held for longer than the months, the rest indexed from there. Indexation
    lowers a gain to nothing at most and raises no loss. Losses come off discounted gains first.
    `price_index` holds the consumer price index by the first day of its quarter.
    """

    months_held: int
    discount: Fraction
    since: date
    price_index: PriceIndex
    losses_are_favoured: bool = True

    @property
    def aims(self) -> tuple[tuple[Form, ...], ...]:
        """The lesser of A + k·D and A + D, A indexed gains, D discounted ones less all losses."""
        return ((Form(1, 1),), (Form(1, float(1 - self.discount)),))

    def parts(self, piece: Piece[Number]) -> Parts[Number]:
        """Favoured: the gain up to the change if it is discounted, and every loss."""
        base, start, before = piece.cost_base, piece.acquired, piece.cost_base - piece.cost_base
        if piece.acquired < self.since:
            if piece.market_value is None:
                raise MissingMarketValue(
                    f"units bought before {self.since} and sold after need their market value of the day "
                    "before it",
                    f"parcels[{piece.place}].market_value",
                )
            base, start = piece.market_value, self.since - ONE_DAY
            before = base - piece.cost_base
        after = piece.proceeds - base
        if after > 0 and piece.long:
            after = self._indexed(piece.proceeds, base, start, piece.sold)
        nothing = after - after
        discounted = before if before < 0 or (piece.long and self.discount) else nothing
        return Parts(before - discounted + max(after, nothing), discounted + min(after, nothing))

    def discountable(self, parts: Parts[Decimal]) -> bool:
        """Whether a discount comes off a part of the gain."""
        return parts.favoured > 0

    def settle(self, gains: Iterable[SortedGain], brought_forward: Decimal) -> YearOfGains:
        """Losses off, then the discount."""
        return _discounted(gains, brought_forward, self.discount, favoured_first=True)

    def _indexed(self, proceeds: Number, base: Number, start: date, end: date) -> Number:
        ratio = self._index(end) / self._index(start)
        factor = max(Decimal(1), ratio.quantize(INDEX_PLACES, ROUND_HALF_UP))
        return max(proceeds - base * type(base)(factor), proceeds - proceeds)

    def _index(self, day: date) -> Decimal:
        quarter = date(day.year, day.month - (day.month - 1) % 3, 1)
        if quarter in self.price_index:
            return self.price_index[quarter]
        raise MissingPriceIndex(
            f"indexation needs the consumer price index of the quarter from {quarter}; give it, or add it to "
            "consumer_price_index of the catalogue when it is published",
            "price_index",
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """The United States: long and short term, each netted, then against each other.

    Losses brought forward count as short. Of a year's net loss so much comes off other income; the rest
    is carried. The rates only say which parcels cost least.
    """

    months_held: int
    short_rate: float
    long_rate: float
    deducted_at_most: Decimal
    losses_are_favoured: bool = False

    @property
    def aims(self) -> tuple[tuple[Form, ...], ...]:
        """The tax is the lesser of max(0, l·(S + L), s·S + l·L) and max(0, s·(S + L))."""
        short, long = self.short_rate, self.long_rate
        return ((Form(long, long), Form(short, long)), (Form(short, short),))

    def parts(self, piece: Piece[Number]) -> Parts[Number]:
        """Favoured: gains and losses of units held for longer than the months."""
        gain = piece.proceeds - piece.cost_base
        nothing = gain - gain
        return Parts(nothing, gain) if piece.long else Parts(gain, nothing)

    def discountable(self, parts: Parts[Decimal]) -> bool:
        """Never: a long gain has a rate of its own in place of a discount."""
        return False

    def settle(self, gains: Iterable[SortedGain], brought_forward: Decimal) -> YearOfGains:
        """Both terms netted, and what is left of a loss."""
        kept = list(gains)
        gross, lost = _gains_and_losses(kept)
        losses = lost + brought_forward
        applied = min(losses, gross)
        deducted = min(self.deducted_at_most, losses - applied)
        return YearOfGains(
            gross_gains=gross,
            capital_losses=lost,
            losses_applied=applied,
            discount=NOTHING,
            net_capital_gain=gross - applied,
            losses_carried_forward=losses - applied - deducted,
            deducted_from_income=deducted,
            short_term_gain=sum((gain.ordinary for gain in kept), NOTHING) - brought_forward,
            long_term_gain=sum((gain.favoured for gain in kept), NOTHING),
        )


def _discounted(
    gains: Iterable[SortedGain], brought_forward: Decimal, discount: Fraction, *, favoured_first: bool
) -> YearOfGains:
    kept = list(gains)
    gross, lost = _gains_and_losses(kept)
    reduced = sum((gain.favoured for gain in kept if gain.favoured > 0), NOTHING)
    losses = lost + brought_forward
    applied = min(losses, gross)
    first = reduced if favoured_first else gross - reduced
    off_first = min(applied, first)
    left = reduced - (off_first if favoured_first else applied - off_first)
    off = cents(left * discount.numerator / discount.denominator)
    return YearOfGains(
        gross_gains=gross,
        capital_losses=lost,
        losses_applied=applied,
        discount=off,
        net_capital_gain=gross - applied - off,
        losses_carried_forward=losses - applied,
    )


def _gains_and_losses(gains: Iterable[SortedGain]) -> tuple[Decimal, Decimal]:
    """All parts that are gains, and all that are losses, positive."""
    parts = [part for gain in gains for part in (gain.ordinary, gain.favoured) if part]
    return (
        sum((part for part in parts if part > 0), NOTHING),
        -sum((part for part in parts if part < 0), NOTHING),
    )
