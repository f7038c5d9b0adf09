"""`kronos trading execution` and `kronos trading block`: how orders were executed, for people and scripts."""

import json
from pathlib import Path

import pytest

from tests.support.blocks import ended, open_house, opened, sent
from tests.support.servers import Kronos
from worker.settings import load_settings
from worker.storage import open_database


@pytest.fixture
def traded(tmp_path: Path) -> Kronos:
    """Commands of an installation where the block B-1 was traded for two clients."""
    settings = load_settings({"data": tmp_path / "data"}, {})
    database = open_database(settings)
    house = open_house(database, settings.tenant, tmp_path)
    opened(house, {"C-1": 60, "C-2": 40})
    sent(house, 100)
    ended(house)
    database.close()
    return Kronos({"KRONOS_DATA": str(settings.data)})


def test_a_portfolios_orders_are_a_table_and_json(traded: Kronos) -> None:
    """A row an order with its basis points, then the sum; JSON has every field."""
    table = traded("trading", "execution", "P-C-1", "-o", "table")
    assert table.code == 0
    assert "SHORTFALL" in table.out
    assert "Positive is a cost" in table.out
    answer = json.loads(traded("trading", "execution", "--block", "B-1").out)
    assert answer["total"]["shortfall_bps"] == 11.1111
    assert answer["orders"][0]["order"] == "B-1"


def test_a_block_is_shown_with_every_clients_part(traded: Kronos) -> None:
    """From what was decided to who got what."""
    table = traded("trading", "block", "B-1", "-o", "table").out
    assert "buy 100 VAS, limit 90" in table
    assert "P-C-2" in table
    answer = json.loads(traded("trading", "block", "B-1").out)
    assert [part["units"] for part in answer["parts"]] == [60, 40]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("trading", "block", "B-9"), 1, "UnknownBlock"),
        (("trading", "execution", "P-9"), 1, "UnknownPortfolio"),
        (("trading", "execution"), 2, "one of them"),
        (("trading", "execution", "P-C-1", "--since", "yesterday"), 2, "since"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_line(
    traded: Kronos, words: tuple[str, ...], code: int, said: str
) -> None:
    """Unknown ids exit with 1, wrong flags with 2."""
    found = traded(*words)
    assert (found.code, said in found.err) == (code, True), found.err
