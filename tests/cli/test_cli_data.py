"""`kronos data` from vendor files to a checked snapshot, without a server."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from engines.calendars import last_session, sessions_between
from tests.support.servers import Kronos

LAST = last_session("XASX", datetime.now(UTC).date())
DAYS = sessions_between("XASX", LAST - timedelta(days=200), LAST)


def vendor(folder: Path, **changes: list[str]) -> Path:
    """A folder with VAS and VAF up to the last session; `changes` are further or other files' lines."""
    folder.mkdir()
    for code, seed in (("VAS", 1), ("VAF", 2)):
        prices = 50 * np.exp(np.random.default_rng(seed).normal(0, 0.006, len(DAYS)).cumsum())
        lines = [f"{day},{price:.3f}" for day, price in zip(DAYS, prices, strict=True)]
        (folder / f"{code}.csv").write_text("\n".join(["Date,Close", *lines]), encoding="utf-8")
    for name, lines in changes.items():
        (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def imported(kronos: Kronos, folder: Path, *flags: str) -> dict[str, Any]:
    """What an import that succeeds says."""
    done = kronos("data", "import", str(folder), *flags)
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_files_become_a_snapshot_that_is_listed_shown_and_checked(kronos: Kronos, tmp_path: Path) -> None:
    """The same digest everywhere; a second import of the same files adds nothing."""
    folder = vendor(tmp_path / "vendor")
    first, again = imported(kronos, folder), imported(kronos, folder)
    assert (first["stored"], first["already_stored"], again["already_stored"]) == (True, False, True)
    assert [finding["code"] for finding in first["findings"]] == ["PartialUniverse"]
    (row,) = json.loads(kronos("data", "list").out)["snapshots"]
    assert (row["snapshot"], row["source"], row["simulated"]) == (first["snapshot"], "csv", False)
    shown = json.loads(kronos("data", "show", row["snapshot"][:8], "--etf", "VAS").out)
    (line,) = shown["prices"]
    assert line["etf"] == "VAS"
    assert 0.05 < line["volatility"] < 0.2
    checked = kronos("data", "check")
    assert checked.code == 0
    answer = json.loads(checked.out)
    assert answer["fit"]
    assert [finding["code"] for finding in answer["findings"]] == ["PartialUniverse"]
    assert yaml.safe_load(kronos("data", "check", "-o", "yaml").out)["snapshot"] == first["snapshot"]
    assert "Fit to be used." in kronos("data", "check", "-o", "table").out


def test_part_of_the_universe_is_never_what_runs_take(kronos: Kronos, tmp_path: Path) -> None:
    """A run would miss what it lacks: it is kept for who names it, and the whole one of an older day is newest."""

    def newest() -> Any:
        asked = tmp_path / "ask.json"
        asked.write_text("{}")
        return kronos("activities", "call", "market.latest_snapshot", "--input", str(asked))

    part = imported(kronos, vendor(tmp_path / "vendor"))
    assert "NoSnapshot" in newest().err
    whole = json.loads(kronos("data", "pull", "--as-of", str(DAYS[-2])).out)
    rows = json.loads(kronos("data", "list").out)["snapshots"]
    assert [(row["snapshot"], row["partial"]) for row in rows] == [
        (part["snapshot"], True),
        (whole["snapshot"], False),
    ]
    assert json.loads(newest().out)["snapshot"] == whole["snapshot"]


def test_an_error_stores_nothing_unless_told_to_leave_it_out(kronos: Kronos, tmp_path: Path) -> None:
    """Exit code 1, the finding on stdout, what to do on stderr; --leave-out keeps the rest."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=2)
    folder = vendor(tmp_path / "vendor", GOLD=["Date,Close", f"{tomorrow},10"])
    done = kronos("data", "import", str(folder))
    assert done.code == 1
    assert "--leave-out" in done.err
    answer = json.loads(done.out)
    assert [(one["code"], one["severity"]) for one in answer["findings"]] == [
        ("FutureDay", "error"),
        ("PartialUniverse", "warning"),
    ]
    assert (answer["stored"], answer["left_out"]) == (False, ["GOLD"])
    assert kronos("data", "list").code == 3  # there is no database yet
    tried = kronos("data", "import", str(folder), "--leave-out", "--dry-run")
    assert (tried.code, json.loads(tried.out)["stored"]) == (0, False)
    assert "NotStored" not in tried.err
    assert imported(kronos, folder, "--leave-out")["etfs"] == 2


def test_a_dry_run_stores_nothing(kronos: Kronos, tmp_path: Path) -> None:
    """It reports what would be."""
    answer = imported(kronos, vendor(tmp_path / "vendor"), "--dry-run")
    assert answer["etfs"] == 2
    assert not answer["stored"]
    done = kronos("data", "import", str(tmp_path / "vendor"), "--calendar", "XASY")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(
        "error: UnknownExchange at calendar: there is no calendar of XASY; did you mean"
    )


def test_a_split_is_shown_as_repaired(kronos: Kronos, tmp_path: Path) -> None:
    """And the crash that it would have been is not in the figures."""
    lines = ["Date,Close", *(f"{day},{600 if n < 60 else 40}" for n, day in enumerate(DAYS))]
    answer = imported(kronos, vendor(tmp_path / "vendor", IVV=lines))
    assert answer["notes"] == [f"IVV split 15:1 on {DAYS[60]}"]
    (line,) = json.loads(kronos("data", "show", "--etf", "IVV").out)["prices"]
    assert line["volatility"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["import", "nowhere"], 2, "error: UnreadableFolder: nowhere cannot be read"),
        (["import", "."], 2, "error: NoFiles: . holds no file that ends in .csv"),
        (["import", ".", "--as-of", "tomorrow"], 2, "tomorrow"),
        (
            ["import", ".", "--as-of", "2999-01-04"],
            2,
            "error: FutureDay at as_of: 2999-01-04 lies in the future",
        ),
        (
            ["pull", "--as-of", "2999-01-04"],
            2,
            "error: FutureDay at as_of: 2999-01-04 lies in the future",
        ),
        (
            ["pull", "--source", "simulatd"],
            1,
            "error: UnknownSource at source: there is no source simulatd; did you mean simulated?",
        ),
        (
            ["pull", "--as-of", "2026-06-27"],
            1,
            "error: MarketDataMissing at as_of: 2026-06-27 is no session of XASX",
        ),
        (["list"], 3, "error: NoDatabase"),
        (["show"], 3, "error: NoDatabase"),
        (["check", "abc"], 3, "error: NoDatabase"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_an_exit_code(
    kronos: Kronos, arguments: list[str], code: int, words: str
) -> None:
    """2 for wrong use, 1 for what failed, 3 without a database; never a traceback."""
    done = kronos("data", *arguments)
    assert (done.code, done.out) == (code, "")
    assert words in done.err


def test_the_simulated_market_is_pulled_and_shown(kronos: Kronos) -> None:
    """The whole universe, labelled simulated; unknown digests and codes are exit code 1."""
    pulled = json.loads(kronos("data", "pull", "--as-of", "2026-06-30").out)
    assert (pulled["etfs"], pulled["simulated"], pulled["as_of"]) == (137, True, "2026-06-30")
    table = kronos("data", "list", "-o", "table").out.splitlines()
    assert table[1].split()[:4] == [pulled["snapshot"][:12], "simulated", "2026-06-30", "yes"]
    assert (
        "UnknownSnapshot at snapshot: no snapshot begins with 000000" in kronos("data", "show", "000000").err
    )
    assert "needs 6 characters" in kronos("data", "show", "0").err
    done = kronos("data", "show", "--etf", "VAZ")
    assert done.code == 1
    assert "did you mean VAS" in done.err


def test_a_stale_snapshot_is_not_fit(kronos: Kronos, tmp_path: Path) -> None:
    """Exit code 1 with the finding."""
    imported(kronos, vendor(tmp_path / "vendor"), "--as-of", str(DAYS[-10]))
    done = kronos("data", "check")
    assert done.code == 1
    assert json.loads(done.out)["findings"][0]["code"] == "StaleSnapshot"
