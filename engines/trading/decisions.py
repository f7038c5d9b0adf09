"""What becomes of every ETF that is held or wanted: a trade, or none, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from engines.tax.gain_lines import Line
from engines.trading.modes import Mode, Target, Way, beyond_bands, drifts
from engines.trading.orders import Order, Portfolio, Terms
from engines.trading.plan import Plan


class Reason(StrEnum):
    """Why a trade is made, or why none is."""

    TO_TARGET = "to_target"
    TO_BAND_EDGE = "to_band_edge"
    WORTH_IT = "worth_it"
    BEYOND_LIMIT = "beyond_limit"
    RAISES_CASH = "raises_cash"
    NOT_WORTH_IT = "not_worth_it"
    WITHIN_BAND = "within_band"
    SELLS_NOTHING = "sells_nothing"
    CASH_SUFFICES = "cash_suffices"
    ON_TARGET = "on_target"
    TOO_SMALL = "too_small"
    NO_MONEY = "no_money"


@dataclass(frozen=True, slots=True)
class Decision:
    """A trade that is made or not; `order` is None where there was none to think of.

    `drift` is the ETF's before the trades. `worth`, `tax` and `lines`, the parcels sold, are there where
    the order was weighed; money in cents.
    """

    etf: str
    drift: Fraction
    made: bool
    reason: Reason
    order: Order | None = None
    worth: Decimal | None = None
    tax: Decimal | None = None
    lines: tuple[Line, ...] = ()


class Planned:
    """A plan, and the portfolio that it is made for."""

    def __init__(self, portfolio: Portfolio, target: Target, terms: Terms, way: Way, plan: Plan) -> None:
        self.portfolio, self.terms, self.mode, self.plan = portfolio, terms, way.mode, plan
        self.drifts = drifts(portfolio, target)
        self.beyond = beyond_bands(portfolio, target, way.band)

    @property
    def sells(self) -> tuple[Order, ...]:
        """The orders that sell."""
        return tuple(one for one in self.plan.orders if one.side == "sell")

    @property
    def buys(self) -> tuple[Order, ...]:
        """The orders that buy."""
        return tuple(one for one in self.plan.orders if one.side == "buy")

    def raises_cash(self, one: Order) -> bool:
        """Whether the order sells what the buffer is short of."""
        return one.side == "sell" and one.etf in self.plan.raised

    def decision(self, one: Order, reason: Reason, *, made: bool = True) -> Decision:
        """What becomes of an order."""
        return Decision(one.etf, self.drifts[one.etf], made, reason, one)

    def unweighed(self) -> list[Decision]:
        """Every order is made, because the mode asks for it."""
        reason = Reason.TO_BAND_EDGE if self.mode is Mode.BAND_EDGE else Reason.TO_TARGET
        return [
            self.decision(one, Reason.RAISES_CASH if self.raises_cash(one) or self._is_low(one) else reason)
            for one in self.plan.orders
        ]

    def _is_low(self, one: Order) -> bool:
        """Whether the order sells what lies at its target or below."""
        return one.side == "sell" and self.drifts[one.etf] <= 0

    def with_the_rest(self, made: Sequence[Decision], refused: Sequence[Decision]) -> tuple[Decision, ...]:
        """Those made in the order of the orders, those refused, and the ETFs that nothing was thought of."""
        place = {one.etf: at for at, one in enumerate(self.plan.orders)}
        left = [one for one in refused if one.etf not in place]
        named = {*place, *(one.etf for one in left)}
        rest = [
            Decision(etf, drift, False, self._why_none(etf, drift))
            for etf, drift in self.drifts.items()
            if etf not in named
        ]
        return (*sorted(made, key=lambda one: place[one.etf]), *left, *rest)

    def _why_none(self, etf: str, drift: Fraction) -> Reason:
        price = Fraction(self.portfolio.prices[etf])
        if self.mode is Mode.BAND_EDGE and etf not in self.beyond:
            return Reason.WITHIN_BAND
        if self.portfolio.whole and abs(drift) * self.portfolio.whole < price:
            return Reason.ON_TARGET
        if drift > 0 and self.mode is Mode.BUY_ONLY:
            return Reason.SELLS_NOTHING
        if drift > 0 and self.mode is Mode.CASH_FLOWS_FIRST and not self.sells:
            return Reason.CASH_SUFFICES
        unit = price * (1 + Fraction(self.terms.rate)) + Fraction(self.terms.brokerage)
        if drift < 0 and Fraction(self.plan.cash_after - self.terms.buffer) < unit:
            return Reason.NO_MONEY
        return Reason.TOO_SMALL
