"""The timetables that are shipped are those of the library that they were made from."""

import json
import os

import exchange_calendars
import pytest

from dsl.exchanges import known_exchanges
from engines.timetable import FOLDER, NAMES, exchange_codes, file_of, from_document
from tests.support.timetables import SOURCE, calendar_of, document_of, sessions_of

CODES = sorted(code for code in exchange_codes().values() if code is not None)
# Of each kind one: half days and changes of the clock, an opening on the eve, Sundays, never closed,
# known to 2026 only. `make nightly` looks at all of them, which takes half a minute.
SAMPLE = ("XASX", "XNYS", "CMES", "XSAU", "24/7", "XSES")
COMPARED = sorted(set(CODES)) if "KRONOS_FUZZ" in os.environ else SAMPLE


@pytest.mark.parametrize("code", COMPARED)
def test_a_timetable_is_that_of_the_library(code: str) -> None:
    """Session by session, to the minute; `make timetables` writes them anew when the library has learnt."""
    document = json.loads(file_of(code).read_text())
    assert document == document_of(code)
    timetable = from_document(document)
    sessions = list(sessions_of(calendar_of(code)))
    assert [session.day for session in sessions] == list(timetable.sessions)
    assert [timetable.session(session.day) for session in sessions] == sessions


def test_every_timetable_says_what_it_was_made_from_and_how_far_it_holds() -> None:
    """The version of the library that is installed; all others would be older than what is known."""
    files = sorted(set(FOLDER.glob("*.json")) - {NAMES})
    assert files == sorted(map(file_of, set(CODES)))
    for file in files:
        document = json.loads(file.read_text())
        assert (file_of(document["exchange"]), document["source"]) == (file, SOURCE)
        assert "1990-01-01" <= document["first"] < document["last"] <= "2050-12-31"


def test_every_name_of_the_library_leads_to_its_exchange() -> None:
    """Aliases too; those that the library cannot build lead nowhere."""
    names = exchange_calendars.get_calendar_names(include_aliases=True)
    codes = exchange_codes()
    assert set(codes) == set(names)
    for name, code in codes.items():
        assert code in (None, exchange_calendars.resolve_alias(name))
    assert codes["ASX"] == codes["XASX"] == "XASX"
    assert codes["ASEX"] is None
    with pytest.raises((ValueError, NotImplementedError)):
        document_of("ASEX")


def test_definitions_may_name_the_exchanges_that_have_a_timetable() -> None:
    """A name that leads nowhere is refused when it is written, not when the run gets there."""
    assert known_exchanges() == {name for name, code in exchange_codes().items() if code is not None}
