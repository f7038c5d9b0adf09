"""The simulated market looks like one, and is always the same one."""

import hashlib
from datetime import date
from functools import cache

import numpy as np
import pytest

from adapters.market import MarketDataMissing
from adapters.market.simulated import SimulatedMarket
from adapters.market.snapshot import Snapshot
from engines.estimates import total_returns
from payloads.files.market import MarketFile
from payloads.files.universe import UniverseFile
from tests.support.contexts import catalogue_files, pure_context

LAST = date(2026, 6, 30)


@cache
def taken(as_of: date = LAST, seed: int | None = None) -> Snapshot:
    """A snapshot of the project's catalogue, with another seed if given."""
    market = dict(catalogue_files()["market"])
    if seed is not None:
        market["simulation"] = {**market["simulation"], "seed": seed}
    universe = pure_context().catalogue.read("universe", UniverseFile)
    return SimulatedMarket().snapshot(universe, MarketFile.model_validate(market), as_of)


def daily_returns(*etfs: str) -> np.ndarray:
    """Daily returns of some ETFs, distributions included."""
    return total_returns(taken().prices(etfs), distributions=taken().distributions(etfs))


def volatility(etf: str) -> float:
    """Yearly volatility of one ETF."""
    return float(daily_returns(etf).std(ddof=1) * np.sqrt(252))


def correlation(one: str, other: str) -> float:
    """Of daily returns."""
    return float(np.corrcoef(daily_returns(one, other), rowvar=False)[0, 1])


def test_prices_meet_the_universe_on_its_day() -> None:
    """On the universe's own day every price is the indicative one."""
    for fund in pure_context().catalogue.read("universe", UniverseFile).etfs:
        assert taken().closing(fund.etf) == fund.price


def test_a_later_snapshot_continues_an_earlier_one() -> None:
    """Tomorrow's snapshot tells the same past: what was traded on cannot change."""
    later = taken(date(2026, 11, 20))
    shared = later.sessions.index(LAST) + 1
    assert (later.units[:shared] == taken().units[-shared:]).all()


def test_another_seed_is_another_market() -> None:
    """The seed decides the path."""
    assert taken(seed=1).digest != taken(seed=2).digest != taken().digest


def test_prices_are_whole_cents() -> None:
    """Prices are quoted in cents."""
    assert (taken().units % 10**6 == 0).all()


def test_too_early_a_day_has_no_history() -> None:
    """Before there is enough history a snapshot is refused with how much is needed."""
    with pytest.raises(MarketDataMissing, match="1260 are needed"):
        taken(date(2016, 6, 30))


@pytest.mark.parametrize(
    ("etf", "low", "high"),
    [("BILL", 0.0, 0.01), ("VAF", 0.03, 0.08), ("VAS", 0.1, 0.22), ("VGS", 0.1, 0.2), ("SEMI", 0.17, 0.35)],
)
def test_volatility_fits_the_asset_class(etf: str, low: float, high: float) -> None:
    """Cash hardly moves, shares by more than a tenth a year, single themes by more."""
    assert low < volatility(etf) < high


def test_returns_have_fat_tails() -> None:
    """Extreme days come far more often than a normal distribution has them."""
    returns = daily_returns("VAS", "VGS", "VAF")
    centred = returns - returns.mean(axis=0)
    kurtosis = (centred**4).mean(axis=0) / (centred**2).mean(axis=0) ** 2
    assert (kurtosis > 4).all()


def test_volatility_comes_in_clusters() -> None:
    """A wild month is likely to be followed by a wild one: squared returns are correlated in time."""
    squared = daily_returns("VAS")[:, 0] ** 2
    months = squared[: len(squared) // 21 * 21].reshape(-1, 21).mean(axis=1)
    assert np.corrcoef(months[1:], months[:-1])[0, 1] > 0.2


def test_funds_of_one_exposure_move_together() -> None:
    """Two funds of the same index differ by next to nothing, two classes by much."""
    assert correlation("VAS", "IOZ") > 0.98
    assert 0.3 < correlation("VAS", "VGS") < 0.9
    assert abs(correlation("VAS", "VAF")) < 0.4


def yearly_payments(etf: str) -> dict[date, float]:
    """What a unit paid, by ex-day, over the last year of the snapshot."""
    paid = taken().distributions([etf])
    assert paid is not None
    days = taken().sessions
    return {days[row]: paid[row, 0] for row in np.flatnonzero(paid[:, 0]) if days[row] > date(2025, 6, 30)}


@pytest.mark.parametrize(("etf", "payments"), [("VAS", 4), ("BILL", 12), ("VGS", 2)])
def test_units_pay_their_yield_on_the_first_sessions_of_their_months(etf: str, payments: int) -> None:
    """A year's payments are about the fund's yield, and come when its class pays."""
    (fund,) = [f for f in pure_context().catalogue.read("universe", UniverseFile).etfs if f.etf == etf]
    paid = yearly_payments(etf)
    assert len(paid) == payments
    prices = taken().prices([etf])[-252:, 0]
    assert sum(paid.values()) / prices.mean() == pytest.approx(fund.yield_, rel=0.1)
    assert {day.day for day in paid} <= {1, 2, 3}


def test_a_price_falls_by_what_it_pays_and_the_return_does_not() -> None:
    """Cash pays each month: its price falls by as much, while its total return hardly moves."""
    prices, paid = taken().prices(["BILL"])[:, 0], taken().distributions(["BILL"])
    assert paid is not None
    ex = np.flatnonzero(paid[1:, 0])
    falls = prices[ex] - prices[ex + 1]
    assert falls == pytest.approx(paid[ex + 1, 0], abs=0.05)
    assert np.abs(daily_returns("BILL")).max() < 0.002


def test_a_fund_without_yield_pays_nothing() -> None:
    """Gold."""
    assert yearly_payments("GOLD") == {}


def test_a_class_without_ex_months_keeps_the_old_paths() -> None:
    """A catalogue that says nothing of distributions makes the prices that it always made."""
    market = dict(catalogue_files()["market"])
    market["classes"] = {
        name: {key: value for key, value in told.items() if key != "ex_months"}
        for name, told in market["classes"].items()
    }
    universe = pure_context().catalogue.read("universe", UniverseFile)
    snapshot = SimulatedMarket().snapshot(universe, MarketFile.model_validate(market), LAST)
    assert snapshot.distributed is None
    prices = hashlib.sha256(snapshot.units.astype("<i8").tobytes()).hexdigest()
    assert prices.startswith("739a9ee6ef854f962e65240804146301")


def test_it_trades_on_the_sessions_of_its_exchange() -> None:
    """Not on a weekend, nor on the ASX's published holidays; half a day before Christmas is a session."""
    days = set(taken().sessions)
    assert {day.weekday() for day in days} == {0, 1, 2, 3, 4}
    closed = {(2025, 12, 25), (2025, 12, 26), (2026, 1, 1), (2026, 1, 26), (2026, 4, 3), (2026, 4, 6)}
    assert not {date(*day) for day in closed} & days
    assert {date(2025, 12, 24), date(2025, 12, 29), date(2026, 4, 2), date(2026, 4, 7)} <= days


def test_a_holiday_of_the_exchange_is_no_day_for_a_snapshot() -> None:
    """Good Friday; the error names the session before."""
    with pytest.raises(
        MarketDataMissing, match="2026-04-03 is no session of XASX; the one before is 2026-04-02"
    ):
        taken(date(2026, 4, 3))
