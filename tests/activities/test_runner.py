"""How activities answer what they cannot take."""

import pytest

from activities import runner
from activities.runner import ActivityFault, run
from tests.support.contexts import pure_context


def fault(name: str, given: object, *, strict: bool = True) -> ActivityFault:
    with pytest.raises(ActivityFault) as caught:
        run(name, given, pure_context(), strict=strict)
    return caught.value


def test_input_that_breaks_its_schema_names_the_place() -> None:
    """The first problem's path is the fault's; several are said at once."""
    found = fault("pods.allocate", {"risk_score": 150, "age": 30, "goals": [], "total_capital": 1000})
    assert (found.type, found.path, found.retryable) == ("InvalidInput", "risk_score", False)
    assert "as_of" in found.message


def test_unknown_fields_are_refused_where_people_write() -> None:
    """A worker ignores them, because during a deploy an old worker meets new fields."""
    given = {"exchange": "XASX", "trade_date": "2024-03-28", "dayz": 3}
    assert fault("calendar.settlement_date", given).path == "dayz"
    assert (
        run("calendar.settlement_date", given, pure_context())["settlement_date"].isoformat() == "2024-04-03"
    )


def test_an_error_of_an_engine_keeps_its_name_and_place() -> None:
    """What the engine calls it is what the caller sees."""
    found = fault("risk.score_questionnaire", {"answers": {"q1": "under_30"}})
    assert (found.type, found.path) == ("MissingAnswer", "answers.q2")


def test_an_answer_that_cannot_be_stated_is_no_defect() -> None:
    """Values within their bounds can lead to one beyond them."""
    given = {"positions": {}, "prices": {"AA": "0.000000001"}, "cash": 1000, "target": {"AA": 1}}
    assert fault("rebalancing.plan_trades", given).type == "ResultOutOfRange"


def test_a_parcel_counts_once_and_not_before_it_is_bought() -> None:
    """The same parcel twice, and one that is bought after the day, are refused at their place."""
    parcel = {"id": "P1", "etf": "VAS", "units": 10, "acquired": "2025-01-01", "cost_base": 900}
    given = {
        "holdings": {"VAS": 1000},
        "assets": {"VAS": {"expected_return": 0.08, "yield": 0.04, "franking": 0.7}},
        "marginal_rate": 0.3,
        "as_of": "2026-06-30",
    }
    twice = fault("tax.analyze_portfolio", {**given, "parcels": [parcel, parcel]})
    assert twice.path == "parcels[1].id"
    early = fault("tax.analyze_portfolio", {**given, "parcels": [{**parcel, "acquired": "2026-07-01"}]})
    assert (early.type, early.path) == ("NothingHeld", "parcels[0].acquired")


def test_an_activity_that_runs_out_of_items_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A StopIteration cannot cross a future: the run would wait for the answer for ever."""
    monkeypatch.setattr(runner, "implementation", lambda name: lambda ask, context: next(iter(())))
    with pytest.raises(RuntimeError):
        run("calendar.next_session", {"exchange": "XASX", "after": "2026-01-05"}, pure_context())
