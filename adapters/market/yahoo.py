"""The market source `yahoo`: daily prices, distributions and splits from Yahoo's public chart answers.

For a person's own research: Yahoo gives no promise and no licence to redistribute, so that nothing takes
it by default. Its closes are adjusted for splits, not for distributions; both are told as events.

AdapterError
├── MarketDataMissing   it has no prices of a code, or none of that day
└── YahooUnavailable    it does not answer, or not as expected (retryable)
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from adapters.errors import AdapterError
from adapters.market import MarketDataMissing
from adapters.market.csv_market import wanted, whole
from adapters.market.cutting import cut
from adapters.market.snapshot import PLACES, Snapshot
from adapters.market.vendor_files import Row, VendorData
from payloads.files.market import MarketFile
from payloads.files.universe import UniverseFile

NAME = "yahoo"
ADDRESS = "https://query1.finance.yahoo.com/v8/finance/chart/{code}.AX"
TIMEOUT = 20.0  # seconds
DAYS_A_SESSION = 1.6  # calendar days, with room for holidays

Fetch = Callable[[str], bytes]
"""Answers an address with the body; OSError when it cannot."""


class YahooUnavailable(AdapterError):
    """Yahoo does not answer, or not as expected."""

    retryable = True


def fetch(address: str) -> bytes:
    """The body at an address, also of the answer 404, which says what is unknown."""
    # Only who pulls from Yahoo pays for importing these.
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    # Without a browser's name the answer is a refusal.
    request = Request(address, headers={"User-Agent": "Mozilla/5.0"})
    try:
        with urlopen(request, timeout=TIMEOUT) as answer:
            return bytes(answer.read())
    except HTTPError as error:
        if error.code != 404:
            raise
        return error.read()


def _nobody(what: str, done: int, of: int) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class YahooMarket:
    """Prices of ASX codes; `fetch` and `progress` (code, done, of how many) can be others."""

    fetch: Fetch = fetch
    progress: Callable[[str, int, int], None] = _nobody
    name: str = NAME
    simulated: bool = False

    def snapshot(self, universe: UniverseFile, market: MarketFile, as_of: date) -> Snapshot:
        """Prices of every ETF up to `as_of`; MarketDataMissing when one has none, YahooUnavailable else."""
        # Closes come adjusted for splits: none must be applied again.
        asked = wanted(market, self.name, as_of, adjusted=True)
        first = as_of - timedelta(days=round(asked.sessions * DAYS_A_SESSION) + 10)
        tickers = [fund.etf for fund in universe.etfs]
        data = VendorData()
        for done, code in enumerate(tickers):
            self.progress(code, done, len(tickers))
            self._read(code, first, as_of, data)
        return whole(cut(data, asked), tickers, as_of)

    def _read(self, code: str, first: date, as_of: date, data: VendorData) -> None:
        start, end = (int(datetime(d.year, d.month, d.day, tzinfo=UTC).timestamp()) for d in (first, as_of))
        query = f"?period1={start}&period2={end + 86_400}&interval=1d&events=div%2Csplits"
        try:
            body = self.fetch(ADDRESS.format(code=code) + query)
        except OSError as error:
            raise YahooUnavailable(f"Yahoo does not answer for {code}: {error}; try again later") from error
        try:
            answer = json.loads(body, parse_float=Decimal)["chart"]
            if answer["error"] is not None:
                raise MarketDataMissing(f"Yahoo has no {code}.AX: {answer['error']['description']}", "etfs")
            read_chart(code, answer["result"][0], as_of, data)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise YahooUnavailable(
                f"Yahoo's answer for {code} is not the one that is expected ({error!r}); its format may have "
                "changed"
            ) from error


def read_chart(code: str, chart: dict[str, Any], as_of: date, data: VendorData) -> None:
    """Rows and distributions up to `as_of` from one result of a chart; days without a close are gaps."""
    zone = ZoneInfo(chart["meta"]["exchangeTimezoneName"])
    closes = chart["indicators"]["quote"][0].get("close", ())
    rows = data.rows.setdefault(code, [])
    for moment, close in zip(chart.get("timestamp", ()), closes, strict=True):
        day = _day(moment, zone)
        if close is not None and day <= as_of:
            rows.append(Row(day, _units(close)))
    for paid in chart.get("events", {}).get("dividends", {}).values():
        day = _day(paid["date"], zone)
        if day <= as_of:
            data.distributions.setdefault(code, {})[day] = _units(paid["amount"])


def _day(moment: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(moment, zone).date()


def _units(value: Decimal | int) -> int:
    """In units of 1e-8: Yahoo's prices are of single precision, the fifth place is noise."""
    return int(round(Decimal(value), 4).scaleb(PLACES))
