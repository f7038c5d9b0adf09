"""A loss realised on the real installation, with the books balanced to the cent."""

import re
import shutil
from datetime import date
from pathlib import Path

from store import holdings, ledger, ledger_proof, portfolios
from store.ledger import About, Posting, Subject
from store.tables import Book
from tests.support.asking import over
from tests.support.databases import NOON
from tests.support.town import PROJECT, Town, books, onboard, town
from worker.services import opened

CAPITAL = 100_000
CLIENT = "LOSING"
PORTFOLIO, ACCOUNT = f"P-{CLIENT}", f"A-{CLIENT}"
LOST = 5_000_00


def hasty(file: Path) -> None:
    """A house that sells what it bought today."""
    text = file.read_text(encoding="utf-8")
    changed = re.sub(r"(minimum_days|part_iva_days):\n  value: \d+", r"\1:\n  value: 0", text)
    assert changed != text
    file.write_text(changed, encoding="utf-8")


def make_dear(place: Town) -> tuple[str, str, int]:
    """Raise the cost base of the largest parcel, so that it stands at a loss: its ETF, id and cents."""
    tenant = place.settings.tenant
    with opened(place.settings) as services, services.database.transaction() as tx:
        held = portfolios.parcels(tx, tenant, PORTFOLIO)
        parcel = max(held, key=lambda one: one.cost_base_cents)
        raised = Subject(PORTFOLIO, parcel.etf, parcel.parcel_id, parcel.acquired)
        lines = [Posting(Book.SECURITIES, LOST, raised), Posting(Book.CAPITAL, -LOST)]
        cost = parcel.cost_base_cents + LOST
        about = About("raised", "cost_base", date(2025, 11, 17), "AUD", NOON)
        ledger.post(tx, tenant, ACCOUNT, about, lines)
        return parcel.etf, parcel.parcel_id, cost


def test_a_loss_is_realised_once_and_the_books_balance(tmp_path: Path) -> None:
    """The dear parcel is gone with its whole cost base, its replacement is held and aimed at; a second run finds nothing."""
    shutil.copytree(PROJECT / "definitions", tmp_path / "definitions")
    hasty(tmp_path / "definitions/catalogue/harvesting.yaml")
    with town(tmp_path / "data", tmp_path / "definitions") as place:
        place.start_worker()
        run = onboard(place, CLIENT, mandate="discretionary", capital=CAPITAL)
        assert place.until(run, over)["output"]["status"] == "invested"
        etf, parcel, cost = make_dear(place)
        for turn, status in (("harvest", "harvested"), ("again", "nothing_to_harvest")):
            given = {"portfolio_id": PORTFOLIO}
            place.answer("start", "tax_optimization", "--input", "-", "--id", turn, given=given)
            ended = place.until(turn, over)
            assert ended["state"] == "completed", ended["error"]
            assert ended["output"]["status"] == status
        held = books(place, CLIENT)
        facts = place.answer("events", "list", "--stream", f"client:{CLIENT}", "--limit", "200")["events"]
        [done] = [fact["data"] for fact in facts if fact["name"] == "LossesHarvested"]
        [swap] = done["swaps"]
        assert (swap["sold"], done["verified"]) == (etf, True)
        assert held.units[swap["bought"]] == swap["units_bought"]
        assert held.units.get(etf, 0) == 0
        assert (held.problems, held.cash) == ([], CAPITAL * 100 - held.spent)
        tenant = place.settings.tenant
        with opened(place.settings) as services, services.database.transaction() as tx:
            assert ledger_proof.verify(tx, tenant) == []
            [sold] = holdings.disposals(tx, tenant, PORTFOLIO)
            assert (sold.parcel_id, sold.units, sold.cost_base_cents) == (parcel, swap["units_sold"], cost)
            gains = ledger.balances(tx, tenant, ACCOUNT)[Book.GAINS]
            assert gains == sold.cost_base_cents - sold.proceeds_cents > 0
            row = portfolios.portfolio(tx, tenant, PORTFOLIO)
            assert etf not in row.target
            assert row.target[swap["bought"]] > 0
