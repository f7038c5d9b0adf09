"""Vendor files of prices, read as they are: rows by code, and what is wrong with files and fields.

One file a code (`Date,Open,High,Low,Close,Volume`), one long file (`date,code,close`) or a wide one (a
column for each code); plain or gzipped. `splits.csv` (code, date, ratio) and `distributions.csv` (code,
ex_date, amount) may stand beside them. Dates are 2026-06-30, 20260630 or 30/06/2026.
"""

import csv
import gzip
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import partial
from pathlib import Path

from adapters.market.snapshot import PLACES
from engines.market_quality import Finding, Severity

NAMES = {
    "date": ("date", "day", "trade_date", "tradedate", "ex_date"),
    "code": ("code", "ticker", "etf", "symbol", "asx_code"),
    "close": ("close", "close_price", "closing_price", "price", "last"),
    "high": ("high",),
    "low": ("low",),
    "isin": ("isin",),
    "ratio": ("ratio",),
    "amount": ("amount", "distribution", "dividend"),
}
BESIDE_PRICES = {
    "open",
    "volume",
    "adj_close",
    "adjusted_close",
    "name",
    "value",
    "trades",
    "vwap",
    "currency",
}
ENDINGS = (".csv", ".csv.gz")
CODE = re.compile(r"[A-Z0-9]{1,6}")
NUMBER = re.compile(r"[+-]?[0-9]{0,18}(\.[0-9]{0,18})?([eE][+-]?[0-9]{1,2})?")
RATIO = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)(?::([0-9]{1,6}(?:\.[0-9]{1,6})?))?")
LARGEST = Decimal(10) ** 7  # AUD a unit
MOST_MIXED_UP = 0.01  # share of days whose close lies outside the day's range, before columns are doubted


@dataclass(frozen=True, slots=True)
class Row:
    """One day's close in units of 1e-8 AUD, and which security it belongs to as far as the file says."""

    day: date
    units: int
    isin: str = ""


@dataclass(slots=True)
class VendorData:
    """Everything read: rows by code in the order of the files, splits, distributions and findings."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    splits: dict[str, dict[date, Fraction]] = field(default_factory=dict)
    distributions: dict[str, dict[date, int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def price_files(folder: Path) -> list[Path]:
    """The files of prices in a folder, by name; OSError when the folder cannot be read."""
    beside = {f"{name}{ending}" for name in ("splits", "distributions") for ending in ENDINGS}
    return sorted(
        path for path in folder.iterdir() if path.name.lower().endswith(ENDINGS) and path.name not in beside
    )


def read_folder(folder: Path, today: date, progress: Callable[[str], None] = lambda name: None) -> VendorData:
    """Every file of the folder; `progress` hears of each file. Days after `today` are errors."""
    data = VendorData()
    for path in price_files(folder):
        progress(path.name)
        _guarded(path, data, partial(_read_prices, path=path, data=data, today=today))
    for stem, reader in (("splits", _read_splits), ("distributions", _read_distributions)):
        for ending in ENDINGS:
            path = folder / f"{stem}{ending}"
            if path.is_file():
                _guarded(path, data, partial(reader, path=path, data=data))
    return data


@dataclass(frozen=True, slots=True)
class _Table:
    header: list[str]
    rows: Iterator[list[str]]

    def place(self, name: str) -> int | None:
        return next((self.header.index(alias) for alias in NAMES[name] if alias in self.header), None)


class _WrongColumns(Exception):
    """The header does not have what is needed."""


def _guarded(path: Path, data: VendorData, read: Callable[[_Table], None]) -> None:
    """What keeps one file from being read is a finding, and the others are read all the same."""
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            header = [re.sub(r"[\s.]+", "_", name.strip().lower()) for name in next(rows, [])]
            read(_Table(header, rows))
    except _WrongColumns as error:
        data.findings.append(_of_file("WrongColumns", path, str(error)))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        data.findings.append(_of_file("UnreadableFile", path, f"cannot be read: {reason}"))


def _read_prices(table: _Table, path: Path, data: VendorData, today: date) -> None:
    if table.place("date") is None:
        raise _WrongColumns(f"has no column date; its columns are {', '.join(table.header) or 'none'}")
    if table.place("close") is not None:
        _read_closes(table, path, data, today)
    elif table.header and not {*table.header} & BESIDE_PRICES:
        _read_wide(table, path, data, today)
    else:
        raise _WrongColumns(
            "has neither a column close nor a column for each code; "
            f"its columns are {', '.join(table.header)}"
        )


def _read_closes(table: _Table, path: Path, data: VendorData, today: date) -> None:
    day_at, close_at, code_at = table.place("date"), table.place("close"), table.place("code")
    high_at, low_at, isin_at = table.place("high"), table.place("low"), table.place("isin")
    of_file = path.name.split(".")[0].upper()
    fields = _Fields(path, data, today)
    outside: dict[str, list[date]] = defaultdict(list)
    for line in _lines(table, fields, of_file):
        code = line[code_at].strip().upper() if code_at is not None else of_file
        if not CODE.fullmatch(code):
            fields.bad("BadCode", of_file, line[day_at or 0], code)
            continue
        day, units = (
            fields.day(line[day_at or 0], code),
            fields.price(line[close_at or 0], code, line[day_at or 0]),
        )
        if day is None or units is None:
            continue
        if high_at is not None and low_at is not None:
            high, low = _units(line[high_at]), _units(line[low_at])
            # Vendors round to five places or so.
            if high and low and not low - 10_000 <= units <= high + 10_000:
                outside[code].append(day)
        data.rows.setdefault(code, []).append(
            Row(day, units, line[isin_at].strip() if isin_at is not None else "")
        )
    fields.report()
    for code, days in outside.items():
        data.findings.append(_outside(code, days, len(data.rows[code]), path))


def _read_wide(table: _Table, path: Path, data: VendorData, today: date) -> None:
    day_at = table.place("date")
    codes = {place: name.upper() for place, name in enumerate(table.header) if place != day_at}
    if wrong := [code for code in codes.values() if not CODE.fullmatch(code)]:
        raise _WrongColumns(
            f"has a column {wrong[0].lower()}, which is no code of up to six letters and digits"
        )
    fields = _Fields(path, data, today)
    for line in _lines(table, fields, ""):
        day = fields.day(line[day_at or 0], "")
        if day is None:
            continue
        for place, code in codes.items():
            # An empty cell of a wide file says that there was no price that day: a gap, no bad field.
            if (
                line[place].strip()
                and (units := fields.price(line[place], code, line[day_at or 0])) is not None
            ):
                data.rows.setdefault(code, []).append(Row(day, units))
    fields.report()


def _read_splits(table: _Table, path: Path, data: VendorData) -> None:
    for code, day, text in _beside(table, path, data, "ratio"):
        ratio = _ratio(text)
        if ratio is None:
            data.findings.append(
                _of_file("BadField", path, f"has the ratio {text} for {code}; write 15:1 or 15, or 1:10")
            )
        else:
            data.splits.setdefault(code, {})[day] = ratio


def _read_distributions(table: _Table, path: Path, data: VendorData) -> None:
    for code, day, text in _beside(table, path, data, "amount"):
        units = _units(text)
        if units is None or units < 0:
            data.findings.append(_of_file("BadField", path, f"has the amount {text or 'nothing'} for {code}"))
        else:
            paid = data.distributions.setdefault(code, {})
            paid[day] = paid.get(day, 0) + units


def _beside(table: _Table, path: Path, data: VendorData, value: str) -> Iterator[tuple[str, date, str]]:
    """Code, day and the text of `value` of each row; rows without a day are findings."""
    places = [table.place(name) for name in ("code", "date", value)]
    if None in places:
        raise _WrongColumns(f"needs the columns code, date and {value}; it has {', '.join(table.header)}")
    code_at, day_at, value_at = (place or 0 for place in places)
    for line in table.rows:
        if not line:
            continue
        if len(line) < len(table.header) or (day := _day(line[day_at])) is None:
            data.findings.append(
                _of_file("BadField", path, f"has a row that cannot be read: {','.join(line)}")
            )
        else:
            yield line[code_at].strip().upper(), day, line[value_at].strip()


class _Fields:
    """Reads the fields of one file, and gathers what is wrong with them: one finding a code and kind."""

    def __init__(self, path: Path, data: VendorData, today: date) -> None:
        self._path, self._data, self._today = path, data, today
        self._bad: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)

    def day(self, text: str, code: str) -> date | None:
        found = _day(text)
        if found is None:
            self.bad("BadField", code, text, text)
        elif found > self._today:
            self.bad("FutureDay", code, text, text)
            return None
        return found

    def price(self, text: str, code: str, day: str) -> int | None:
        found = _units(text)
        if found is None:
            self.bad("BadField", code, day, text)
        elif found <= 0:
            self.bad("ZeroPrice", code, day, text)
            return None
        return found

    def bad(self, kind: str, code: str, day: str, text: str) -> None:
        self._bad[kind, code].append((day, text))

    def report(self) -> None:
        said = {
            "BadField": (Severity.WARNING, "{rows} left out that cannot be read, first {day}: {text}"),
            "ZeroPrice": (
                Severity.WARNING,
                "{rows} left out with a price of zero or less, first {day}: {text}",
            ),
            "FutureDay": (Severity.ERROR, "{rows} of days in the future, first {day}"),
            "BadCode": (
                Severity.ERROR,
                "{rows} without a code of up to six letters and digits, first {day}: {text}",
            ),
        }
        for (kind, code), cells in self._bad.items():
            severity, words = said[kind]
            day, text = cells[0]
            rows = f"{len(cells)} row{'' if len(cells) == 1 else 's'}"
            told = words.format(rows=rows, day=day or "(no day)", text=repr(text))
            self._data.findings.append(
                Finding(kind, severity, code, f"{self._path.name}: {told}", _day(day), _day(cells[-1][0]))
            )


def _lines(table: _Table, fields: _Fields, code: str) -> Iterable[list[str]]:
    """The rows that have a field for each column; short ones are bad fields, empty ones nothing."""
    for line in table.rows:
        if len(line) >= len(table.header):
            yield line
        elif any(cell.strip() for cell in line):
            fields.bad("BadField", code, line[0], ",".join(line))


def _outside(code: str, days: Sequence[date], rows: int, path: Path) -> Finding:
    many = len(days) > MOST_MIXED_UP * rows
    advice = "; its columns may be mixed up" if many else ""
    return Finding(
        "OutsideRange",
        Severity.ERROR if many else Severity.WARNING,
        code,
        f"{path.name}: the close lies outside the day's high and low on {len(days)} of {rows} days{advice}",
        days[0],
        days[-1],
    )


def _of_file(code: str, path: Path, text: str) -> Finding:
    return Finding(code, Severity.ERROR, "", f"{path.name} {text}")


def _day(text: str) -> date | None:
    text = text.strip()
    if len(parts := text.split("/")) == 3:
        text = "-".join(reversed([part.zfill(2) for part in parts]))
    try:
        return date.fromisoformat(text[:10] if len(text) > 10 and text[10] in " T" else text)
    except ValueError:
        return None


def _units(text: str) -> int | None:
    """A price in units of 1e-8; None when it is no number that a price can be."""
    if not NUMBER.fullmatch(text := text.strip()):
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return int(value.scaleb(PLACES).to_integral_value()) if abs(value) < LARGEST else None


def _ratio(text: str) -> Fraction | None:
    """15:1, 15 and 1:10 as fractions; None when it is no ratio above zero."""
    found = RATIO.fullmatch(text.replace(" ", ""))
    if not found or not (old := Fraction(found[2] or 1)):
        return None
    return Fraction(found[1]) / old or None
