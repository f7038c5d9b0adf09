"""Backtests from files: what is read, what is refused and where, and what is written."""

import gzip
import re
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from dsl.release import Refused as Faulty
from tests.support.servers import REPOSITORY
from worker.backtest_charts import Line, drawdown_chart, growth_chart, weights_chart
from worker.backtest_page import write_all
from worker.backtests import Backtest, run_backtest
from worker.errors import BadInput, Refused
from worker.price_files import read_folder, read_table
from worker.settings import load_settings

SHARED = REPOSITORY.parent / "shared" / "data"
RULES = """
title: Two <funds>
prices: {folder: prices}
weights: {VAS: 0.6, VAF: 0.4}
mode: periodic
cadence: monthly
initial: 1000
"""
VAS = "Date,Close\n2024-01-30,100\n2024-01-31,110\n2024-02-01,120\n2024-02-02,120\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A backtest and the price files of its two ETFs, each in a form of its own."""
    (tmp_path / "prices").mkdir()
    (tmp_path / "prices" / "VAS.csv").write_text(VAS)
    (tmp_path / "prices" / "VAF.csv").write_text(
        "Date,Open,Adj_Close,Close\n20240130,1,50,9\n20240131,1,50,9\n20240201,1,50,9\n20240202,1,45,9\n"
    )
    (tmp_path / "test.yaml").write_text(RULES)
    return tmp_path


def done(folder: Path, rules: str = RULES) -> Backtest:
    """The backtest of these rules."""
    (folder / "test.yaml").write_text(rules)
    settings = load_settings({"data": folder / "data", "definitions": REPOSITORY / "definitions"}, {})
    return run_backtest(folder / "test.yaml", settings)


def test_a_folder_of_files_is_read_beside_the_backtest(folder: Path) -> None:
    """Adjusted closes come before closes; days are written either way; the rule's days are right."""
    found = done(folder)
    assert found.value.tolist() == pytest.approx([1000, 1060, 1120, 672 + 448 * 0.9])
    assert found.result.rebalances == [date(2024, 2, 1)]
    assert found.held is not None
    assert found.held.value == pytest.approx([1000, 1060, 1120, 1080])
    assert found.notes == []


def test_a_table_may_be_compressed_and_have_gaps(folder: Path) -> None:
    """A day on which one ETF has no price is left out, and said to be."""
    with gzip.open(folder / "all.csv.gz", "wt") as table:
        table.write("Date,VAS,VAF,XYZ\n2024-01-30,100,50,\n2024-01-31,110,,1\n2024-02-01,120,50,1\n")
    found = read_table(folder / "all.csv.gz", ["VAF", "VAS"])
    assert found.dates == [date(2024, 1, 30), date(2024, 2, 1)]
    assert found.columns == {"VAF": [50, 50], "VAS": [100, 120]}
    assert found.notes == ["1 day was left out, on which not every ETF has a price"]


def test_prices_that_end_early_are_pointed_at(folder: Path) -> None:
    """What one ETF has beyond the last day of another is not counted, and that is said."""
    (folder / "prices" / "VAS.csv").write_text(VAS + "2024-02-05 00:00:00,121\n")
    found = read_folder(folder / "prices", ["VAS", "VAF"], None)
    assert found.dates[-1] == date(2024, 2, 2)
    assert found.notes == ["the prices end on 2024-02-02, though those of VAS go on"]


def test_a_split_is_pointed_at(folder: Path) -> None:
    """A fall by more than half in a day may be one; the prices are taken as they are."""
    (folder / "prices" / "VAS.csv").write_text(VAS.replace("02-02,120", "02-02,8"))
    (note,) = read_folder(folder / "prices", ["VAS"], None).notes
    assert "VAS moves by -93% on 2024-02-02" in note
    assert read_folder(folder / "prices", ["VAS"], None, (None, date(2024, 2, 1))).notes == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "VAS.csv:1: the file is empty"),
        ("Day,Close\n", "VAS.csv:1: no column is called date"),
        ("Date,Last\n", "VAS.csv:1: no column is called adj close or close or price; there are Date, Last"),
        ("Date,Close\n2024-01-30,1\n2024-01-31,0\n", "VAS.csv:3: `0` is no price above zero"),
        ("Date,Close\n2024-01-30,nan\n", "VAS.csv:2: `nan` is no price"),
        ("Date,Close\n2024-01-30\n", "VAS.csv:2: `` is no price"),
        ("Date,Close\n30.1.2024,1\n", "VAS.csv:2: `30.1.2024` is no date"),
        ("Date,Close\n2024-01-30x,1\n", "VAS.csv:2: `2024-01-30x` is no date"),
        ("Date,Close\n2024-02-30,1\n", "VAS.csv:2: `2024-02-30` is no date"),
        ("Date,Close\n2024-01-30,1\n2024-01-30,2\n", "VAS.csv:3: 2024-01-30 stands here a second time"),
    ],
)
def test_a_fault_in_prices_is_named_with_its_line(folder: Path, content: str, message: str) -> None:
    """Nothing is guessed, filled in or left out."""
    (folder / "prices" / "VAS.csv").write_text(content)
    with pytest.raises(Refused) as refused:
        read_folder(folder / "prices", ["VAS"], None)
    assert refused.value.name == "BadPrices"
    assert message in refused.value.message


def test_a_missing_file_of_prices_is_an_unknown_etf(folder: Path) -> None:
    """It says which file would do."""
    with pytest.raises(Refused, match=r"VGS\.csv") as refused:
        read_folder(folder / "prices", ["VAS", "VGS"], None)
    assert (refused.value.name, refused.value.path) == ("UnknownEtf", "weights.VGS")


@pytest.mark.parametrize("prices", ["{folder: nowhere}", "{table: nowhere.csv}"])
def test_prices_that_are_not_there(folder: Path, prices: str) -> None:
    """A path that leads nowhere is bad input, not a fault of prices."""
    with pytest.raises(BadInput, match="nowhere"):
        done(folder, RULES.replace("{folder: prices}", prices))


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("mode: periodic", "mode: sometimes", 5, "mode"),
        ("cadence: monthly", "cadense: monthly", 6, "cadense"),
        ("initial: 1000", "initial: -5", 7, "initial"),
        ("VAF: 0.4", "VAF: 1.4", 4, "weights.VAF"),
        ("initial: 1000", "costs: {brokrage: 5}", 7, "brokrage"),
        ("{folder: prices}", "{folder: prices, snapshot: newest}", 3, "one of"),
        ("cadence: monthly\n", "", 2, "cadence"),
        ("mode: periodic", "mode: band", 2, "band"),
        ("mode: periodic", "mode: band\nband: 5", 6, "500 points"),
        ("{folder: prices}", "{snapshot: latest}", 3, "prices.snapshot"),
    ],
)
def test_a_fault_of_the_file_is_shown_where_it_stands(
    folder: Path, old: str, new: str, line: int, message: str
) -> None:
    """Line by line, as in definitions."""
    with pytest.raises(Faulty) as refused:
        done(folder, RULES.replace(old, new))
    *missed, problem = refused.value.problems
    assert problem.line == line
    assert message in problem.message
    # A key that is misspelt is missing, too.
    assert all(missing.message.startswith("`cadence`") for missing in missed)


def test_the_page_loads_nothing_and_escapes_what_people_wrote(folder: Path) -> None:
    """No script, no address to fetch; the charts beside it are whole SVG files."""
    page, *charts = write_all(done(folder), folder / "out")
    html = page.read_text(encoding="utf-8")
    assert "<h1>Two &lt;funds&gt;</h1>" in html
    assert "<script" not in html
    addresses = set(re.findall(r"https?://[^\s\"'<]+", html))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"(src|href)=|url\(|@import", html)
    assert [chart.name for chart in charts] == ["growth.svg", "drawdown.svg", "weights.svg"]
    for chart in charts:
        ElementTree.parse(chart)


def test_simulated_prices_are_called_so_on_the_page(folder: Path) -> None:
    """The example of the repository, with its snapshot."""
    found = done(folder, (REPOSITORY / "examples" / "backtests" / "balanced.yaml").read_text())
    page, *_ = write_all(found, folder / "out")
    assert found.result.simulated
    assert "These prices are simulated" in page.read_text(encoding="utf-8")


DAYS = [date.fromordinal(date(2000, 1, 3).toordinal() + day) for day in range(5000)]


def ys(svg: str) -> list[float]:
    """The heights of a chart's first polyline."""
    match = re.search(r'<polyline points="([^"]+)"', svg)
    assert match is not None
    return [float(point.split(",")[1]) for point in match[1].split()]


def test_twenty_assets_have_twenty_colours() -> None:
    """In a chart whose legend is all that tells one from another."""
    svg = weights_chart(DAYS[:9], [f"A{place}" for place in range(20)], np.full((9, 20), 0.05))
    assert len(set(re.findall(r'<polygon[^>]+fill="([^"]+)"', svg))) == 20


def test_a_long_course_keeps_its_extremes() -> None:
    """5,000 days are thinned, but not the one day of a crash or a peak."""
    values = np.full(5000, 100.0)
    values[1234], values[4321] = 50.0, 200.0
    heights = ys(growth_chart(DAYS, [Line("x", values, "#000")]))
    assert len(heights) < 1000
    assert len({heights.index(max(heights)), heights.index(min(heights))}) == 2
    assert max(ys(drawdown_chart(DAYS, 1 - values / 200))) == pytest.approx(max(heights), abs=300)


@pytest.mark.parametrize("rows", [2, 40, 5000])
@pytest.mark.parametrize("high", [1.0, 1.0001, 3.0, 4000.0])
def test_every_course_stays_in_its_frame(rows: int, high: float) -> None:
    """Flat or steep, short or long, on a plain or logarithmic axis."""
    values = np.linspace(1.0, high, rows)
    for svg in (
        growth_chart(DAYS[:rows], [Line("x", values, "#000")]),
        drawdown_chart(DAYS[:rows], 1 - 1 / values),
        weights_chart(DAYS[:rows], ["A"], np.full((rows, 1), 0.9)),
    ):
        ElementTree.fromstring(svg)
        drawn = " ".join(re.findall(r'points="([^"]+)"', svg)).split()
        assert drawn
        assert all(13.9 <= float(point.split(",")[1]) <= 272.1 for point in drawn)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared prices are not here")
def test_asx_files_are_read_as_they_come(folder: Path) -> None:
    """VAS and IVV of the ASX, held from their first common day."""
    rules = RULES.replace("folder: prices", f"folder: {SHARED / 'asx_backtester_MIT'}").replace("VAF", "IVV")
    found = done(folder, rules)
    assert len(found.dates) > 2000
    assert found.result.metrics.max_drawdown > 0.2
