"""Workers and servers that die in the middle of an investment, on the real installation."""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.support.asking import over
from tests.support.town import PROJECT, Books, Town, books, onboard, town
from worker.states import ENDED

# One worker after another is killed here, at every step of investment in the order in which it passes
# them. `after` is the harder place: the work is done and Temporal does not know it. What costs time is
# that Temporal waits for a dead worker's heartbeat (5 s) or workflow task (10 s), so that each part
# has an installation of its own, and all are waited for at once.
DEATHS = {
    "reading": (
        "after.payments.confirm_deposit",
        "before.portfolio.read",
        "after.leases.acquire",
        "after.portfolio.read",
        "before.portfolio.investment_limits",
        "before.market.latest_snapshot",
        "before.pods.split",
    ),
    "optimising": (
        "after.pods.optimize",
        "before.portfolio.consolidate",
        "before.portfolio.optimize",
        "after.events.record",
        "before.market.quote",
        "before.tax.analyze_portfolio",
    ),
    "ordering": (
        "before.rebalancing.plan_trades",
        "before.compliance.check",
        "after.approvals.open",
        "before.notifications.send",
        "after.portfolio.set_target",
        "orders.before_intent",
        "orders.after_send",
        "orders.before_result",
        "after.orders.submit",
    ),
    "settling": (
        "fills.after_booking",
        "after.orders.await_fills",
        "before.orders.verify_fills",
        "after.portfolio.create",
        "after.leases.release",
        "after.monitoring.start",
        "after.notifications.send",
    ),
}
SERVER_DIES_TOO = "after.orders.submit"
CAPITAL = 100_000_00


def test_a_worker_killed_at_any_step_changes_no_result(tmp_path: Path) -> None:
    """Each order is filled once and cash is right to the cent, whatever step a worker dies at."""
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


def test_a_worker_is_killed_at_every_step_of_investment() -> None:
    """A step that is added to the definition needs a death of its own above."""
    definition = (PROJECT / "definitions/workflows/investment.yaml").read_text()
    steps = set(re.findall(r"^ +call: (\S+)$", definition, re.MULTILINE))
    deaths = {death.partition(".")[2] for part in DEATHS.values() for death in part}
    assert len(steps) > 15
    assert steps <= deaths


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
