"""Yahoo's answers are read with their events, gaps and refusals; nothing here asks Yahoo."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from adapters.market import MarketDataMissing
from adapters.market.snapshot import Snapshot
from adapters.market.yahoo import YahooMarket, YahooUnavailable
from engines.calendars import sessions_between
from payloads.files.market import MarketFile
from payloads.files.universe import UniverseFile
from tests.support.contexts import catalogue_files, pure_context
from tests.support.yahoo_answers import NOT_FOUND, chart_answer

LAST = date(2022, 12, 30)
DAYS = sessions_between("XASX", date(2022, 6, 1), LAST)
CLOSES = [float(price) for price in 40 + np.random.default_rng(1).normal(0, 0.2, len(DAYS)).cumsum()]


def taken(answer: Callable[[str], bytes]) -> Snapshot:
    """A snapshot of a universe of one ETF, IVV, from these answers."""
    universe = dict(catalogue_files()["universe"])
    universe["etfs"] = [fund for fund in universe["etfs"] if fund["etf"] == "IVV"]
    market = pure_context().catalogue.read("market", MarketFile)
    return YahooMarket(fetch=answer).snapshot(UniverseFile.model_validate(universe), market, LAST)


def test_prices_distributions_and_days_are_the_exchanges() -> None:
    """Bars are stamped in UTC and belong to Sydney's day; a halted bar is a gap; events are ex-days."""
    closes: list[float | None] = list(CLOSES)
    closes[20] = None
    snapshot = taken(lambda _: chart_answer(DAYS, closes, dividends={DAYS[50]: 0.123456}))
    assert snapshot.sessions == DAYS
    assert snapshot.notes == (f"IVV filled on 1 sessions from {DAYS[20]} to {DAYS[20]}",)
    assert snapshot.prices(["IVV"])[:, 0] == pytest.approx([*CLOSES[:20], CLOSES[19], *CLOSES[21:]], abs=1e-4)
    paid = snapshot.distributions(["IVV"])
    assert paid is not None
    assert paid[50, 0] == 0.1235
    assert np.count_nonzero(paid) == 1


def test_a_split_told_as_an_event_is_not_applied_again() -> None:
    """IVV split 15:1 on 2022-12-13; Yahoo's earlier closes are in today's units already."""
    snapshot = taken(lambda _: chart_answer(DAYS, CLOSES, splits={date(2022, 12, 13): (15, 1)}))
    assert snapshot.prices(["IVV"])[:, 0] == pytest.approx(CLOSES, abs=1e-4)


def test_the_noise_of_single_precision_is_rounded_off() -> None:
    """394.279999 is what a vendor's float says of 394.28."""
    assert taken(lambda _: chart_answer(DAYS, [394.279999] * len(DAYS))).closing("IVV") == Decimal("394.28")


def test_bars_after_the_day_asked_for_are_left_out() -> None:
    """Today's unfinished bar is no close."""
    later = (*DAYS, date(2023, 1, 3))
    assert taken(lambda _: chart_answer(later, [*CLOSES, 99.0])).as_of == LAST


def test_what_is_asked_names_the_code_and_the_span() -> None:
    """One address a code, with days, dividends and splits."""
    asked = []

    def answer(address: str) -> bytes:
        asked.append(address)
        return chart_answer(DAYS, CLOSES)

    taken(answer)
    (address,) = asked
    assert "/IVV.AX?period1=" in address
    assert f"period2={1672358400 + 86400}" in address
    assert address.endswith("&interval=1d&events=div%2Csplits")


def refuse(address: str) -> bytes:
    """No network."""
    raise OSError("no route to host")


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (lambda _: NOT_FOUND, MarketDataMissing, "symbol may be delisted"),
        (
            lambda _: chart_answer(DAYS[:-1], CLOSES[:-1]),
            MarketDataMissing,
            "the last one is of 2022-12-29",
        ),
        (lambda _: chart_answer((), ()), MarketDataMissing, "IVV has no usable prices"),
        (lambda _: b"<html>Too many requests</html>", YahooUnavailable, "format may have"),
        (lambda _: json.dumps({"chart": {"error": None}}).encode(), YahooUnavailable, "result"),
        (refuse, YahooUnavailable, "no route to host"),
    ],
)
def test_answers_without_prices_are_named_errors(
    answer: Callable[[str], bytes], error: type[Exception], words: str
) -> None:
    """Unknown codes and missing days are final; no answer, or a strange one, may pass."""
    with pytest.raises(error, match=words) as refused:
        taken(answer)
    assert getattr(refused.value, "retryable", None) is (error is YahooUnavailable)
