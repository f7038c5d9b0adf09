"""`kronos backtest`: what it prints and writes, and how it refuses."""

import json
from pathlib import Path

from tests.support.servers import REPOSITORY, Kronos

EXAMPLE = REPOSITORY / "examples" / "backtests" / "balanced.yaml"


def test_the_example_prints_a_table_of_80_columns_and_writes_a_page(kronos: Kronos, tmp_path: Path) -> None:
    """Data on stdout, where the files are on stderr."""
    done = kronos("backtest", EXAMPLE, "--out", tmp_path / "out", "-o", "table")
    assert done.code == 0, done.err
    assert max(len(line) for line in done.out.splitlines()) <= 80
    assert "deepest drawdown" in done.out
    assert "SIMULATED" in done.out
    assert str(tmp_path / "out" / "report.html") in done.err
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        "report.html",
        "growth.svg",
        "drawdown.svg",
        "weights.svg",
    }


def test_piped_it_prints_what_the_activity_answers(kronos: Kronos, tmp_path: Path) -> None:
    """JSON, and no files when none are wanted."""
    done = Kronos(kronos.environment, tmp_path)(
        "backtest", EXAMPLE, "--no-charts", "--definitions", REPOSITORY / "definitions"
    )
    assert done.code == 0, done.err
    answer = json.loads(done.out)
    assert len(answer["value"]) == len(answer["dates"])
    assert answer["title"] == "Balanced, five classes"
    assert list(tmp_path.glob("*backtest*")) == []


def test_a_fault_of_the_file_is_exit_code_1_with_its_place(kronos: Kronos, tmp_path: Path) -> None:
    """As `definitions validate` shows faults."""
    file = tmp_path / "mine.yaml"
    file.write_text(EXAMPLE.read_text().replace("mode: band", "mode: bands"))
    done = kronos("backtest", file)
    assert (done.code, done.out) == (1, "")
    assert "mine.yaml:15" in done.err
    assert "Traceback" not in done.err


def test_weights_that_do_not_sum_are_exit_code_1(kronos: Kronos, tmp_path: Path) -> None:
    """The engine's refusal, on one line."""
    file = tmp_path / "mine.yaml"
    file.write_text(EXAMPLE.read_text().replace("VAP: 0.05", "VAP: 0.06"))
    done = kronos("backtest", file)
    assert (done.code, done.out) == (1, "")
    assert (
        done.err == "error: WeightsDoNotSum at weights: the weights add up to 1.01; they must add up to 1\n"
    )


def test_a_file_that_is_not_there_is_exit_code_2(kronos: Kronos) -> None:
    """Bad input."""
    done = kronos("backtest", "nowhere.yaml")
    assert done.code == 2
    assert "nowhere.yaml" in done.err
