"""The market source `csv`: a folder of vendor files."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from adapters.market import MarketDataMissing
from adapters.market.cutting import Cut, Wanted, cut
from adapters.market.snapshot import Snapshot
from adapters.market.vendor_files import VendorData, read_folder
from payloads.files.market import MarketFile
from payloads.files.universe import UniverseFile

NAME = "csv"


@dataclass(frozen=True, slots=True)
class CsvMarket:
    """Prices as a vendor delivered them, repaired where that is safe (see `cutting`)."""

    folder: Path
    name: str = NAME
    simulated: bool = False

    def snapshot(self, universe: UniverseFile, market: MarketFile, as_of: date) -> Snapshot:
        """Prices of the universe's ETFs up to `as_of`; MarketDataMissing names what keeps one out."""
        data = read_folder(self.folder, as_of)
        tickers = [fund.etf for fund in universe.etfs]
        return whole(cut(only(data, tickers), wanted(market, self.name, as_of)), tickers, as_of)


def wanted(market: MarketFile, source: str, as_of: date | None = None, *, adjusted: bool = False) -> Wanted:
    """The cut that the catalogue asks for."""
    return Wanted(
        source,
        calendar=market.calendar,
        sessions=market.simulation.history_sessions,
        least_sessions=market.estimates.least_sessions,
        as_of=as_of,
        adjusted=adjusted,
    )


def only(data: VendorData, tickers: list[str]) -> VendorData:
    """The data of these codes, in their order; what was found of others is left out."""
    rows = {ticker: data.rows[ticker] for ticker in tickers if ticker in data.rows}
    findings = [finding for finding in data.findings if not finding.etf or finding.etf in rows]
    return VendorData(rows, data.splits, data.distributions, findings)


def whole(found: Cut, tickers: list[str], as_of: date) -> Snapshot:
    """The snapshot with every ticker; MarketDataMissing names the first that is not in it."""
    kept = () if found.snapshot is None else found.snapshot.tickers
    if found.snapshot is not None and found.snapshot.as_of == as_of and set(tickers) == set(kept):
        return found.snapshot
    missing = next((ticker for ticker in tickers if ticker not in kept), tickers[0])
    why = next((error.text for error in found.errors if error.etf in (missing, "")), "no file has it")
    raise MarketDataMissing(f"{missing} has no usable prices up to {as_of}: {why}", "as_of")
