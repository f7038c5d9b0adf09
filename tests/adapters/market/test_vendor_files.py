"""Folders of vendor files: what is repaired, what is refused, and how it is told."""

import gzip
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.market.cutting import Cut, Wanted, cut
from adapters.market.snapshot import Snapshot
from adapters.market.vendor_files import read_folder
from engines.calendars import sessions_between
from tests.support.real_prices import real_file

SESSIONS = sessions_between("XASX", date(2025, 1, 1), date(2025, 6, 30))
TODAY = date(2025, 7, 1)
PRICES = 50 * np.exp(np.random.default_rng(2).normal(0, 0.006, len(SESSIONS)).cumsum())


def rows(prices: np.ndarray = PRICES, days: tuple[date, ...] = SESSIONS) -> list[str]:
    """Lines of one code's file, without the header."""
    return [f"{day},{price:.4f}" for day, price in zip(days, prices, strict=True)]


def write(folder: Path, name: str, lines: list[str], header: str = "Date,Close") -> None:
    """One file of the folder."""
    (folder / name).write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


def taken(folder: Path, *, adjusted: bool = False, as_of: date | None = None) -> Cut:
    """The cut of a folder."""
    wanted = Wanted("csv", "XASX", sessions=1000, least_sessions=63, as_of=as_of, adjusted=adjusted)
    return cut(read_folder(folder, TODAY), wanted)


def kept(found: Cut) -> Snapshot:
    """The snapshot, which there must be."""
    assert found.snapshot is not None, found.findings
    return found.snapshot


def codes(found: Cut) -> list[str]:
    """The codes of what was found."""
    return [finding.code for finding in found.findings]


def test_a_clean_folder_has_no_findings(tmp_path: Path) -> None:
    """Sessions, tickers and exact prices are those of the files."""
    write(tmp_path, "VAS.csv", rows())
    write(tmp_path, "VAF.csv", rows(PRICES / 2))
    found = taken(tmp_path)
    assert found.findings == ()
    assert kept(found).tickers == ("VAF", "VAS")
    assert kept(found).sessions == SESSIONS
    assert kept(found).closing("VAS") == Decimal(f"{PRICES[-1]:.4f}")
    assert not kept(found).simulated
    assert kept(found).notes == ()


def test_three_layouts_are_one_snapshot(tmp_path: Path) -> None:
    """A file a code, a long file and a wide one, with three ways to write dates, plain or gzipped."""
    folders = [tmp_path / name for name in ("each", "long", "wide")]
    for folder in folders:
        folder.mkdir()
    cells = [(day, f"{price:.4f}", f"{price / 2:.4f}") for day, price in zip(SESSIONS, PRICES, strict=True)]
    write(folders[0], "VAF.csv", [f"{day:%Y%m%d},{half}" for day, _, half in cells])
    write(folders[0], "VAS.csv", [f"{day:%d/%m/%Y},{price}" for day, price, _ in cells])
    lines = [
        f"{day},{code},{price}" for day, one, half in cells for code, price in (("VAF", half), ("VAS", one))
    ]
    write(folders[1], "prices.csv", lines, "trade_date,ASX code,Closing Price")
    wide = "\n".join(["date,VAF,VAS", *(f"{day},{half},{price}" for day, price, half in cells)])
    (folders[2] / "wide.csv.gz").write_bytes(gzip.compress(wide.encode()))
    assert len({kept(taken(folder)).digest for folder in folders}) == 1


def test_a_split_does_not_read_as_a_crash(tmp_path: Path) -> None:
    """IVV's 15:1: earlier prices are in today's units, it is told, and stands in the snapshot's notes."""
    prices = PRICES.copy()
    prices[:60] *= 15
    write(tmp_path, "IVV.csv", rows(prices))
    found = taken(tmp_path)
    (finding,) = found.findings
    assert (finding.code, finding.etf, finding.first) == ("Split", "IVV", SESSIONS[60])
    assert kept(found).notes == (f"IVV split 15:1 on {SESSIONS[60]}",)
    assert kept(found).prices(["IVV"])[:, 0] == pytest.approx(PRICES, abs=1e-4)
    assert kept(found).closing("IVV") == Decimal(f"{PRICES[-1]:.4f}")


def test_the_vendors_list_of_splits_wins(tmp_path: Path) -> None:
    """A ratio that no heuristic finds is applied; a ratio of 1 says that a fall was a fall."""
    prices = PRICES.copy()
    prices[:60] *= 1.25
    prices[:30] *= 2
    write(tmp_path, "VAS.csv", rows(prices))
    write(tmp_path, "splits.csv", [f"VAS,{SESSIONS[60]},5:4", f"VAS,{SESSIONS[30]},1"], "code,date,ratio")
    found = taken(tmp_path)
    expected = PRICES * np.where(np.arange(len(PRICES)) < 30, 2, 1)
    assert kept(found).prices(["VAS"])[:, 0] == pytest.approx(expected, abs=1e-4)
    assert codes(found) == ["LargeMove"]


def test_adjusted_prices_are_left_alone(tmp_path: Path) -> None:
    """With --adjusted no split is looked for: a fall to a half was one."""
    prices = PRICES.copy()
    prices[60:] /= 2
    write(tmp_path, "VAS.csv", rows(prices))
    found = taken(tmp_path, adjusted=True)
    assert kept(found).prices(["VAS"])[:, 0] == pytest.approx(prices, abs=1e-4)


def test_a_split_that_may_be_a_fall_is_left_to_people(tmp_path: Path) -> None:
    """The series is kept out, and the finding says what to write where."""
    wild = 50 * np.exp(np.random.default_rng(4).normal(0, 0.03, len(SESSIONS)).cumsum())
    wild[60:] /= 2
    write(tmp_path, "ABC.csv", rows(wild))
    found = taken(tmp_path)
    (error,) = found.errors
    assert error.code == "PossibleSplit"
    assert f"ABC,{SESSIONS[60]},2:1" in error.text
    assert found.snapshot is None
    assert found.left_out == ("ABC",)


def test_duplicate_days_are_told(tmp_path: Path) -> None:
    """The same price twice is one; two prices for one day keep the code out."""
    write(tmp_path, "VAS.csv", [*rows()[:50], *rows()[40:]])
    write(tmp_path, "VAF.csv", [*rows(), f"{SESSIONS[10]},99"])
    found = taken(tmp_path)
    told = {finding.etf: finding for finding in found.findings if finding.code != "OutOfOrder"}
    assert (told["VAS"].code, told["VAS"].text) == ("DuplicateDay", "10 days twice with the same price")
    assert (told["VAF"].code, told["VAF"].first) == ("ConflictingDay", SESSIONS[10])
    assert kept(found).tickers == ("VAS",)


def test_gaps_are_filled_and_told(tmp_path: Path) -> None:
    """Three sessions without a price have the price before, which notes and findings say."""
    lines = rows()
    write(tmp_path, "VAS.csv", [*lines[:20], *lines[23:]])
    write(tmp_path, "VAF.csv", lines)
    found = taken(tmp_path)
    (finding,) = found.findings
    assert (finding.code, finding.etf, finding.first, finding.last) == (
        "Gap",
        "VAS",
        SESSIONS[20],
        SESSIONS[22],
    )
    prices = kept(found).prices(["VAS"])[:, 0]
    assert (prices[19:23] == prices[19]).all()
    assert "VAS filled on 3 sessions" in kept(found).notes[0]


def test_a_reused_code_begins_anew(tmp_path: Path) -> None:
    """Thirty sessions without a price, then one of another order: only the new security is kept."""
    write(tmp_path, "OLD.csv", [*rows(PRICES / 20)[:20], *rows()[50:]])
    found = taken(tmp_path)
    assert codes(found) == ["ReusedCode"]
    assert kept(found).sessions == SESSIONS[50:]
    assert "30 sessions" in found.findings[0].text


def test_another_isin_is_another_security(tmp_path: Path) -> None:
    """Even without a gap."""
    lines = [f"{line},{'AU1' if place < 40 else 'AU2'}" for place, line in enumerate(rows())]
    write(tmp_path, "ABC.csv", lines, "Date,Close,ISIN")
    found = taken(tmp_path)
    assert codes(found) == ["ReusedCode"]
    assert kept(found).sessions == SESSIONS[40:]


def test_bad_fields_are_left_out_and_told(tmp_path: Path) -> None:
    """Text, NaN, nothing, zero, negative prices and days that are none: each kind once, with its first day."""
    lines = rows()
    for place, price in ((10, "null"), (12, "NaN"), (14, ""), (16, "0"), (18, "-3"), (20, "1e99")):
        lines[place] = f"{SESSIONS[place]},{price}"
    lines += ["31/02/2025,50", "soon,50", "2025-03-03"]
    write(tmp_path, "VAS.csv", lines)
    found = taken(tmp_path)
    told = {finding.code: finding.text for finding in found.findings}
    assert told["BadField"].startswith(
        f"VAS.csv: 7 rows left out that cannot be read, first {SESSIONS[10]}: 'null'"
    )
    assert told["ZeroPrice"].startswith(
        f"VAS.csv: 2 rows left out with a price of zero or less, first {SESSIONS[16]}"
    )
    assert kept(found).notes == (f"VAS filled on 6 sessions from {SESSIONS[10]} to {SESSIONS[20]}",)


def test_future_days_keep_a_code_out(tmp_path: Path) -> None:
    """A price of tomorrow is no price."""
    write(tmp_path, "VAS.csv", [*rows(), f"{TODAY + timedelta(days=1)},50"])
    found = taken(tmp_path)
    assert [error.code for error in found.errors] == ["FutureDay"]
    assert found.snapshot is None


def test_days_without_a_session_are_left_out(tmp_path: Path) -> None:
    """A Saturday and Good Friday."""
    write(tmp_path, "VAS.csv", [*rows(), "2025-04-18,50", "2025-04-19,50"])
    found = taken(tmp_path)
    assert [finding.text for finding in found.findings if finding.code == "NotASession"] == [
        "2 days without a session left out"
    ]
    assert kept(found).sessions == SESSIONS


def test_too_few_rows_and_an_early_end_keep_a_code_out(tmp_path: Path) -> None:
    """62 prices, and one whose last price is a day early, told with what is needed."""
    write(tmp_path, "VAS.csv", rows())
    write(tmp_path, "NEW.csv", rows()[-62:])
    write(tmp_path, "END.csv", rows()[:-1])
    found = taken(tmp_path)
    told = {error.etf: (error.code, error.text) for error in found.errors}
    assert told["NEW"] == ("TooFewRows", "62 prices are too few; 63 are needed")
    assert told["END"] == (
        "NoPrice",
        f"there is no price on {SESSIONS[-1]}; the last one is of {SESSIONS[-2]}",
    )
    assert kept(found).tickers == ("VAS",)


def test_the_youngest_code_bounds_the_history(tmp_path: Path) -> None:
    """Which one it is stands in a warning."""
    write(tmp_path, "VAS.csv", rows())
    write(tmp_path, "NEW.csv", rows()[-70:])
    found = taken(tmp_path)
    assert kept(found).sessions == SESSIONS[-70:]
    assert [(finding.code, finding.etf) for finding in found.findings] == [("ShortHistory", "NEW")]


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"Date,Open,High\n2025-01-02,1,2\n", "WrongColumns", "neither a column close nor"),
        (b"Close\n12\n", "WrongColumns", "no column date; its columns are close"),
        (b"", "WrongColumns", "its columns are none"),
        (b"Date,Close\n2025-01-02,\xff\xfe\n", "UnreadableFile", "cannot be read"),
        (b"Date,My fund\n2025-01-02,1\n", "WrongColumns", "my_fund, which is no code"),
    ],
)
def test_files_that_are_none_are_named(tmp_path: Path, content: bytes, code: str, words: str) -> None:
    """The other files are read all the same."""
    (tmp_path / "bad.csv").write_bytes(content)
    write(tmp_path, "VAS.csv", rows())
    found = taken(tmp_path)
    (error,) = found.errors
    assert error.code == code
    assert "bad.csv" in error.text
    assert words in error.text
    assert kept(found).tickers == ("VAS",)


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    """What ends in .gz and is none."""
    (tmp_path / "bad.csv.gz").write_bytes(b"Date,Close\n")
    assert codes(taken(tmp_path)) == ["UnreadableFile"]


def test_distributions_come_with_the_prices(tmp_path: Path) -> None:
    """In units of today, on the ex-day; bad amounts are told."""
    prices = PRICES.copy()
    prices[:60] *= 2
    write(tmp_path, "VAS.csv", rows(prices))
    lines = [f"VAS,{SESSIONS[30]},1.00", f"VAS,{SESSIONS[90]},0.25", f"VAS,{SESSIONS[91]},lots"]
    write(tmp_path, "distributions.csv", lines, "code,ex_date,amount")
    found = taken(tmp_path)
    paid = kept(found).distributions(["VAS"])
    assert paid is not None
    assert {SESSIONS[row]: paid[row, 0] for row in np.flatnonzero(paid[:, 0])} == {
        SESSIONS[30]: 0.5,
        SESSIONS[90]: 0.25,
    }
    assert codes(found) == ["BadField", "Split"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    prices=st.binary(max_size=300) | st.text(max_size=300).map(str.encode),
    splits=st.binary(max_size=100) | st.text("VAS,:./-0123456789eE\n", max_size=100).map(str.encode),
)
def test_whatever_a_folder_holds_is_read_or_named(tmp_path: Path, prices: bytes, splits: bytes) -> None:
    """No content makes reading fail: the good file beside it is kept, or the finding is about it."""
    write(tmp_path, "VAS.csv", rows())
    (tmp_path / "odd.csv").write_bytes(b"Date,Close\n" + prices)
    (tmp_path / "odder.csv").write_bytes(prices)
    (tmp_path / "splits.csv").write_bytes(b"code,date,ratio\n" + splits)
    found = taken(tmp_path)
    if "VAS" not in {error.etf for error in found.errors}:
        assert "VAS" in kept(found).tickers


@pytest.mark.parametrize(
    ("ratio", "code"),
    [
        ("1e999999999", "BadField"),
        ("0", "BadField"),
        ("1:0", "BadField"),
        ("-2", "BadField"),
        ("999999:0.000001", "BadSplit"),
        ("0.000001:999999", "BadSplit"),
    ],
)
def test_ratios_that_cannot_be_are_named(tmp_path: Path, ratio: str, code: str) -> None:
    """Neither a short text for a very long number nor a price that vanishes gets through."""
    write(tmp_path, "VAS.csv", rows())
    write(tmp_path, "splits.csv", [f"VAS,{SESSIONS[30]},{ratio}"], "code,date,ratio")
    assert [error.code for error in taken(tmp_path).errors] == [code]


def test_only_what_a_snapshot_can_hold_is_looked_at(tmp_path: Path) -> None:
    """A wild day before its first session keeps nothing out; a split after its last changes no price."""
    prices = 50 * np.exp(np.random.default_rng(4).normal(0, 0.03, len(SESSIONS)).cumsum())
    prices[10:] /= 2
    write(tmp_path, "ABC.csv", rows(prices))
    data = read_folder(tmp_path, TODAY)
    found = cut(data, Wanted("csv", "XASX", sessions=63, least_sessions=63))
    assert found.errors == []
    assert kept(found).sessions == SESSIONS[-63:]
    fifteenth = PRICES.copy()
    fifteenth[-5:] /= 15
    write(tmp_path, "ABC.csv", rows(fifteenth))
    early = taken(tmp_path, as_of=SESSIONS[-6])
    assert early.findings == ()
    assert kept(early).closing("ABC") == Decimal(f"{PRICES[-6]:.4f}")


def test_real_files_are_repaired_or_named() -> None:
    """Five ASX series: BBUS's consolidation adjusted, XJO's mixed-up columns named, IVV's US days left out."""
    folder = real_file("asx_backtester_MIT/BBUS.csv").parent
    found = cut(read_folder(folder, date(2026, 1, 1)), Wanted("csv", "XASX", 1260, 63))
    assert kept(found).tickers == ("BBOZ", "BBUS", "IVV", "VAS")
    assert kept(found).notes[0] == "BBUS split 1:10 on 2021-08-09"
    told = {(finding.code, finding.etf) for finding in found.findings}
    assert {("Split", "BBUS"), ("BadField", "BBUS"), ("OutsideRange", "XJO"), ("NotASession", "IVV")} <= told
    assert found.left_out == ("XJO",)
    prices = kept(found).prices(["BBUS"])[:, 0]
    assert np.abs(prices[1:] / prices[:-1] - 1).max() < 0.2
