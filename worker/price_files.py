"""Closing prices from CSV files: a folder with one file an ETF, or one table of all.

Nothing is guessed or filled in: what is not a date or a price above zero is refused with its line.
"""

import csv
import gzip
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from worker.errors import BadInput, Refused

PRICE_COLUMNS = ("adj close", "close", "price")
SUFFIXES = (".csv", ".csv.gz")
# A fund's price that more than halves or doubles in a day is more often a split than a market.
LARGEST_FALL, LARGEST_RISE = 0.5, 1.0
# The first and the last day that are wanted, None for no limit.
Span = tuple[date | None, date | None]
ALWAYS: Span = (None, None)
_PLAIN_DAY = re.compile(r"\d{8}")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)([T ].*)?")


@dataclass(frozen=True, slots=True)
class PriceFiles:
    """Prices of the days that all ETFs have. `notes` say what a reader should know of them."""

    dates: list[date]
    columns: dict[str, list[float]]
    notes: list[str]


def read_folder(folder: Path, etfs: Sequence[str], column: str | None, span: Span = ALWAYS) -> PriceFiles:
    """The ETFs' files in a folder; Refused when one is missing or has a fault."""
    if not folder.is_dir():
        raise BadInput(
            f"there is no folder {folder}; give one with a file VAS.csv for each ETF", "prices.folder"
        )
    return _together({etf: _read_one(_file_of(folder, etf), column) for etf in etfs}, span)


def read_table(file: Path, etfs: Sequence[str], span: Span = ALWAYS) -> PriceFiles:
    """The ETFs' columns of a table; days on which one has no price are left out and noted."""
    rows = _rows(file)
    header = [name.strip() for name in next(rows)[1]]
    places = {etf: _place(header, (etf,), file) for etf in etfs}
    day_place = _place(header, ("date",), file)
    found: dict[str, dict[date, float]] = {etf: {} for etf in etfs}
    for line, row in rows:
        day = _day(_cell(row, day_place), file, line)
        for etf, place in places.items():
            if text := _cell(row, place):
                _add(found[etf], day, _price(text, file, line), file, line)
    return _together(found, span)


def _together(found: dict[str, dict[date, float]], span: Span) -> PriceFiles:
    first, last = span
    found = {
        etf: {day: price for day, price in days.items() if (first or day) <= day <= (last or day)}
        for etf, days in found.items()
    }
    shared = sorted(set.intersection(*(set(days) for days in found.values())))
    notes = []
    if shared:
        begin = max(min(days) for days in found.values())
        inside = {day for days in found.values() for day in days if begin <= day <= shared[-1]}
        if left_out := len(inside) - len(shared):
            days_were = "day was" if left_out == 1 else "days were"
            notes.append(f"{left_out} {days_were} left out, on which not every ETF has a price")
        notes += _ends(found, shared[-1])
    columns = {etf: [days[day] for day in shared] for etf, days in found.items()}
    for etf, prices in columns.items():
        notes += _leaps(etf, shared, prices)
    return PriceFiles(shared, columns, notes)


def _ends(found: dict[str, dict[date, float]], last: date) -> list[str]:
    """That prices of some ETFs go on after the last day of all."""
    longer = [etf for etf, days in found.items() if max(days) > last]
    return [f"the prices end on {last}, though those of {', '.join(longer)} go on"] if longer else []


def _leaps(etf: str, dates: Sequence[date], prices: Sequence[float]) -> list[str]:
    notes = []
    for row in range(1, len(prices)):
        change = prices[row] / prices[row - 1] - 1
        if change < -LARGEST_FALL or change > LARGEST_RISE:
            notes.append(
                f"{etf} moves by {change:+.0%} on {dates[row]}; if units were split, adjust its prices"
            )
    return notes


def _file_of(folder: Path, etf: str) -> Path:
    for suffix in SUFFIXES:
        if (file := folder / f"{etf}{suffix}").is_file():
            return file
    raise Refused(
        f"there is no file {folder / etf}.csv; add it or leave {etf} out", f"weights.{etf}", "UnknownEtf"
    )


def _read_one(file: Path, column: str | None) -> dict[date, float]:
    rows = _rows(file)
    header = [name.strip() for name in next(rows)[1]]
    day_place = _place(header, ("date",), file)
    price_place = _place(header, PRICE_COLUMNS if column is None else (column,), file)
    found: dict[date, float] = {}
    for line, row in rows:
        day = _day(_cell(row, day_place), file, line)
        _add(found, day, _price(_cell(row, price_place), file, line), file, line)
    return found


def _rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    """The header and the rows that are not empty, with their line numbers."""
    if not file.is_file():
        raise BadInput(f"there is no file {file}", "prices.table")
    opened = gzip.open if file.suffix == ".gz" else open
    try:
        with opened(file, "rt", encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines)
            header = next(reader, None)
            if header is None:
                raise _fault(file, 1, "the file is empty")
            yield 1, header
            for row in reader:
                if any(cell.strip() for cell in row):
                    yield reader.line_num, row
    except (UnicodeDecodeError, csv.Error, gzip.BadGzipFile) as error:
        raise Refused(f"{file} cannot be read as CSV: {error}", name="BadPrices") from error


def _place(header: Sequence[str], names: Sequence[str], file: Path) -> int:
    lowered = [name.lower().replace("_", " ") for name in header]
    for name in names:
        if name.lower().replace("_", " ") in lowered:
            return lowered.index(name.lower().replace("_", " "))
    raise _fault(file, 1, f"no column is called {' or '.join(names)}; there are {', '.join(header)[:200]}")


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def _day(text: str, file: Path, line: int) -> date:
    if _PLAIN_DAY.fullmatch(text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    written = _DAY.fullmatch(text)
    try:
        return date.fromisoformat(written[1] if written else "")
    except ValueError:
        raise _fault(file, line, f"`{text[:20]}` is no date; write YYYY-MM-DD") from None


def _price(text: str, file: Path, line: int) -> float:
    try:
        price = float(text)
    except ValueError:
        price = 0.0
    if not 0 < price < float("inf"):
        raise _fault(file, line, f"`{text[:20]}` is no price above zero; mend it or delete the line")
    return price


def _add(found: dict[date, float], day: date, price: float, file: Path, line: int) -> None:
    if day in found:
        raise _fault(file, line, f"{day} stands here a second time; delete one of the lines")
    found[day] = price


def _fault(file: Path, line: int, message: str) -> Refused:
    return Refused(f"{file}:{line}: {message}", name="BadPrices")
