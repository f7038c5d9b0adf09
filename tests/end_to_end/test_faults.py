"""Workers and servers that die in the middle of an investment, on the real installation."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.support.asking import over
from tests.support.town import Books, Town, books, onboard, town
from worker.states import ENDED

# One worker after another is killed within the steps that move money, and the server once; test_deaths.py has
# them die after every step. `before_` and `after_` are places inside an effect: its row is kept and nothing is
# sent, it is sent and nobody knows, it is booked and not told. Each part has an installation of its own, and both
# are waited for at once.
DEATHS = {
    "ordering": (
        "orders.before_intent",
        "orders.after_send",
        "orders.before_result",
        "after.orders.submit",
    ),
    "settling": (
        "fills.after_booking",
        "before.orders.verify_fills",
    ),
}
SERVER_DIES_TOO = "after.orders.submit"
CAPITAL = 100_000_00


def test_a_worker_killed_while_it_trades_changes_no_result(tmp_path: Path) -> None:
    """Each order is filled once and cash is right to the cent, wherever a worker and the server die."""
    with ExitStack() as towns:
        # One after the other: Alembic brings a schema up to date in one thread at a time.
        places = [towns.enter_context(town(tmp_path / part)) for part in DEATHS]
        with ThreadPoolExecutor(len(DEATHS)) as parts:
            ended = [parts.submit(outlive, *each) for each in zip(places, DEATHS.values(), strict=True)]
    for kept in (each.result() for each in ended):
        assert kept.orders == len(kept.units) > 4
        assert kept.cash == CAPITAL - kept.spent
        assert kept.problems == []
    assert len({str(sorted(each.result().units.items())) for each in ended}) == 1


def outlive(place: Town, deaths: Sequence[str]) -> Books:
    """The books of a client whose investment met these deaths, each of which must happen."""
    place.start_worker(f"{deaths[0]}:kill")
    run = onboard(place, "C-1")
    for death, following in zip(deaths, (*deaths[1:], ""), strict=True):
        assert place.worker_killed(), f"no worker died at {death}"
        if death == SERVER_DIES_TOO:
            place.restart_server()
        place.start_worker(f"{following}:kill" if following else "")
    status = place.until(run, over)
    assert status["state"] == "completed", status["error"]
    return books(place, "C-1")


def test_two_runs_on_one_portfolio_never_overspend(tmp_path: Path) -> None:
    """The second run waits for the first's lease, then finds that the money is spent."""
    with town(tmp_path / "data") as place:
        place.start_worker()
        run = onboard(place, "C-1")
        twin = "investment-twin"
        place.until(run, lambda found: bool(found["steps"]) and found["steps"][-1]["state"] != "pending")
        place.answer("start", "investment", "--input", "-", "--id", twin, given={"portfolio_id": "P-C-1"})
        ended = [place.until(name, over) for name in (run, twin)]
        kept = books(place, "C-1")
    assert sorted(status["state"] for status in ended) == ["completed", "failed"]
    assert next(s["error"]["type"] for s in ended if s["state"] == "failed") == "CapitalTooSmall"
    assert kept.cash == CAPITAL - kept.spent >= 0
    assert kept.problems == []


def has_ended(found: dict[str, Any]) -> bool:
    return found["state"] in ENDED


def held_for(error: str) -> Callable[[dict[str, Any]], bool]:
    return lambda found: found["state"] == "held" and found["error"]["type"] == error


def test_orders_that_were_all_rejected_are_sent_anew_on_retry(tmp_path: Path) -> None:
    """A person retries when the broker takes orders again; every order is then filled once."""
    with town(tmp_path / "data") as place:
        script = place.settings.data / "exchange-script.json"
        script.write_text('{"default": "reject"}')
        place.start_worker()
        onboard(place, "C-1")
        child = "onboarding-C-1.invested"
        place.until(child, held_for("OrderRejected"))
        script.write_text('{"default": "fill"}')
        place.answer("retry", child)
        status = place.until(child, has_ended)
        assert status["state"] == "completed", status["error"]
        kept = books(place, "C-1")
    assert kept.orders == 2 * len(kept.units)
    assert kept.cash == CAPITAL - kept.spent


def test_a_trading_halt_holds_the_run_until_it_is_lifted(tmp_path: Path) -> None:
    """Nothing is sent while trading is halted; after resuming, a retry goes on."""
    with town(tmp_path / "data") as place:
        place.start_worker()
        assert place.kronos("trading", "halt", "--etf", "VSA").returncode == 1
        place.answer("trading", "halt", "--reason", "test")
        onboard(place, "C-1")
        child = "onboarding-C-1.invested"
        place.until(child, held_for("TradingHalted"))
        assert books(place, "C-1").spent == 0
        place.answer("trading", "resume")
        place.answer("retry", child)
        status = place.until(child, has_ended)
        assert status["state"] == "completed", status["error"]
