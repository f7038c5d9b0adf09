"""Risk brought back within its limits on the real installation, with the books balanced to the cent."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.asking import over
from tests.support.town import PROJECT, Town, books, onboard, town

CAPITAL = 100_000


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A house that allows so little VaR that no portfolio of shares keeps to it."""
    folder = tmp_path_factory.mktemp("risk")
    shutil.copytree(PROJECT / "definitions", folder / "definitions")
    forbid(folder / "definitions/catalogue/risk.yaml")
    with town(folder / "data", folder / "definitions") as running:
        running.start_worker()
        yield running


def forbid(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    changed = text.replace("var_95: {value: 0.025", "var_95: {value: 0.004")
    assert changed != text
    file.write_text(changed, encoding="utf-8")


def test_a_breach_is_hedged_and_the_books_balance(place: Town) -> None:
    """Less VaR than before; cash is what was paid in less what trades took, to the cent; once."""
    run = onboard(place, "CAREFUL", mandate="discretionary", capital=CAPITAL)
    assert place.until(run, over)["output"]["status"] == "invested"
    place.answer(
        "start", "risk_management", "--input", "-", "--id", "hedge", given={"portfolio_id": "P-CAREFUL"}
    )
    status = place.until("hedge", over)
    assert status["output"]["status"] == "hedged", status
    facts = place.answer("events", "list", "--stream", "client:CAREFUL")["events"]
    [applied] = [fact["data"] for fact in facts if fact["name"] == "HedgeApplied"]
    assert applied["measures_after"]["var_95"] < applied["measures_before"]["var_95"]
    assert applied["moved"] > 0
    held = books(place, "CAREFUL")
    assert held.units["AAA"] > 0
    assert (held.problems, held.cash) == ([], CAPITAL * 100 - held.spent)
