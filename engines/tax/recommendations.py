"""What a portfolio's holder could do about tax."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from engines.tax.portfolio import Holder, Portfolio, UnrealisedGain, gains_tax_on, saved_by_discount
from engines.tax.rules import NOTHING, cents


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One thing to do; `amount` is the money it is about, above zero."""

    code: str
    etf: str
    text: str
    amount: Decimal


def recommendations(portfolio: Portfolio, holder: Holder, as_of: date) -> list[Recommendation]:
    """Everything worth at least a cent, by kind, the largest amount first, then by ETF."""
    found = [
        *_waiting(portfolio, holder, as_of),
        *_harvests(portfolio, holder),
        *_franking(portfolio, holder),
        *_other_rules(portfolio, holder, as_of),
    ]
    kinds = ("hold_for_discount", "harvest_loss", "prefer_franked", "confirm_gain")
    worth = [one for one in found if one.amount > 0]
    return sorted(worth, key=lambda one: (kinds.index(one.code), -one.amount, one.etf))


def _waiting(portfolio: Portfolio, holder: Holder, as_of: date) -> Iterable[Recommendation]:
    if not portfolio.parcels:
        yield from _waiting_from_the_start(portfolio, holder)
    for etf, founds in _by_etf(portfolio.unrealised()).items():
        young = [
            found
            for found in founds
            if found.gain > 0 and not holder.gains.discountable(found.parcel.acquired, as_of)
        ]
        if young:
            saved = cents(sum((saved_by_discount(found.gain, holder) for found in young), NOTHING))
            last = max(holder.gains.anniversary(found.parcel.acquired) for found in young)
            text = f"Keep {etf} beyond {last}: its gains are discounted then, which saves {saved:,}."
            yield Recommendation("hold_for_discount", etf, text, saved)


def _waiting_from_the_start(portfolio: Portfolio, holder: Holder) -> Iterable[Recommendation]:
    """For a new portfolio: the holding whose expected growth gains most by the discount."""
    growth = {
        etf: value * (portfolio.assets[etf].expected_return - portfolio.assets[etf].cash_yield)
        for etf, value in portfolio.values.items()
    }
    etf = min(growth, key=lambda etf: (-growth[etf], etf))
    saved = cents(saved_by_discount(growth[etf], holder))
    months = holder.gains.months_held
    text = f"Hold {etf} for more than {months} months: the discount on a year's growth saves about {saved:,}."
    yield Recommendation("hold_for_discount", etf, text, saved)


def _harvests(portfolio: Portfolio, holder: Holder) -> Iterable[Recommendation]:
    for etf, founds in _by_etf(portfolio.unrealised()).items():
        loss = cents(-sum((found.gain for found in founds if found.gain < 0), NOTHING))
        saved = cents(loss * holder.marginal_rate)
        text = f"{etf} stands {loss:,} below cost: realised against other gains it saves up to {saved:,}."
        yield Recommendation("harvest_loss", etf, text, saved)


def _franking(portfolio: Portfolio, holder: Holder) -> Iterable[Recommendation]:
    """The holding that brings the most credits a dollar."""
    held = [etf for etf, value in portfolio.values.items() if value]
    etf = min(held, key=lambda etf: (-portfolio.assets[etf].franked_yield, etf))
    credits = cents(portfolio.credits_of(etf, holder))
    text = (
        f"{etf} brings the most franking credits a dollar, {credits:,} a year as held; favour it for income."
    )
    yield Recommendation("prefer_franked", etf, text, credits)


def _other_rules(portfolio: Portfolio, holder: Holder, as_of: date) -> Iterable[Recommendation]:
    """Gains that are taxed in full here and by another rule in truth, each with the tax that was counted."""
    if holder.gains.discount is not None:
        return
    for etf, founds in _by_etf(portfolio.unrealised()).items():
        counted = cents(sum((gains_tax_on(found, holder, as_of) for found in founds), NOTHING))
        text = (
            f"The gain on {etf} counts in full here, {counted:,} of tax; {holder.gains.replaced_by} "
            "leaves that or less. Work it out before it is sold."
        )
        yield Recommendation("confirm_gain", etf, text, counted)


def _by_etf(gains: Iterable[UnrealisedGain]) -> dict[str, list[UnrealisedGain]]:
    grouped: dict[str, list[UnrealisedGain]] = {}
    for found in gains:
        grouped.setdefault(found.parcel.etf, []).append(found)
    return grouped
