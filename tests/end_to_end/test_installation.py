"""The installation as people meet it: privacy, Temporal's own tools, exit codes, mistakes."""

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from store.keyring import open_keyring
from tests.support.asking import over
from tests.support.town import KRONOS, Town, application, books, onboard, town
from worker.codec_server import start_codec_server
from worker.dev_server import executable

CANARY_NAME = "Zebulon Quillfeather"
CANARY_EMAIL = "zebulon.quillfeather@example.com"
CANARY_BIRTH = "1983-07-29"
CANARY_INCOME = "187654"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("installation") / "data") as running:
        running.start_worker()
        yield running


def test_no_personal_data_lies_in_plain_text_anywhere(place: Town) -> None:
    """A planted name, birth date, email and income are in no database, log or error of the installation."""
    customer = {
        **application("CANARY")["customer"],
        "name": CANARY_NAME,
        "email": CANARY_EMAIL,
        "date_of_birth": CANARY_BIRTH,
        "income": int(CANARY_INCOME),
    }
    run = onboard(place, "CANARY", customer=customer)
    status = place.until(run, over)
    assert status["state"] == "completed", status["error"]
    files = [path for path in place.settings.data.rglob("*") if path.is_file()]
    assert {"temporal.db", "kronos.db", "exchange.db", "worker.log"} <= {path.name for path in files}
    for path in files:
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue  # a journal, whose transaction has ended
        for secret in (CANARY_NAME, "Quillfeather", CANARY_EMAIL, CANARY_BIRTH, CANARY_INCOME):
            assert secret.encode() not in content, f"{secret} lies in {path.name}"


def test_temporals_own_command_line_starts_and_signals_a_run(place: Town, tmp_path: Path) -> None:
    """Through the codec endpoint, `temporal` does what `kronos start` and `kronos signal` do."""
    given = tmp_path / "client.json"
    given.write_text(json.dumps(application("VIA-TEMPORAL"), default=float))
    keyring = open_keyring(place.settings.keys_file)
    codec = start_codec_server(keyring, ("http://127.0.0.1:1",), port=0)

    def temporal(*arguments: str) -> None:
        connection = ["--address", place.server.address, "--codec-endpoint", codec.url]
        command = [str(executable()), "workflow", *arguments, *connection]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    try:
        start = ["--type", "onboarding", "--task-queue", "kronos", "--workflow-id", "by-temporal"]
        temporal("start", *start, "--input-file", str(given))
        signal = ["--workflow-id", "by-temporal", "--name"]
        temporal("signal", *signal, "agreement_signed", "--input", '{"signed_by": "Sarah Johnson"}')
        paid = '{"amount": 100000, "reference": "BY-TEMPORAL"}'
        temporal("signal", *signal, "deposit_received", "--input", paid)
        status = place.until("by-temporal", over)
    finally:
        codec.stop()
    assert status["state"] == "completed", status["error"]
    assert books(place, "VIA-TEMPORAL").problems == []


def test_onboarding_again_goes_on_from_what_is_recorded(place: Town) -> None:
    """A client who never paid starts again: no second registration, no second signature."""
    given = application("AGAIN")
    place.answer("start", "onboarding", "--input", "-", "--id", "again-1", given=given)
    place.answer("signal", "again-1", "agreement_signed", "--data", "-", given={"signed_by": "Sarah Johnson"})
    place.until("again-1", lambda status: status["waits_for"] == "deposit_received")
    place.answer("cancel", "again-1")
    place.until("again-1", over)
    place.answer("start", "onboarding", "--input", "-", "--id", "again-2", given=given)
    place.until("again-2", lambda status: status["waits_for"] == "deposit_received")
    place.answer(
        "signal", "again-2", "deposit_received", "--data", "-", given={"amount": 100000, "reference": "A-2"}
    )
    assert place.until("again-2", over)["state"] == "completed"
    facts = [fact["name"] for fact in place.answer("events", "list", "--stream", "client:AGAIN")["events"]]
    for once in ("CustomerOnboarded", "AgreementSigned", "RiskQuestionnaireCompleted", "PortfolioCreated"):
        assert facts.count(once) == 1, once


FACTS_IN_ORDER = [
    "CustomerOnboarded",
    "RiskQuestionnaireCompleted",
    "GoalsDefined",
    "PodAllocationCalculated",
    "PodOptimized",
    "PodOptimized",
    "PodOptimized",
    "PodOptimized",
    "MasterPortfolioOptimized",
    "TaxOptimizationCompleted",
    "TradesExecuted",
    "PortfolioCreated",
    "PortfolioMonitoringStarted",
]


def test_the_facts_of_a_client_stand_in_their_order(place: Town) -> None:
    """From the questionnaire to monitoring, each fact comes after the one it rests on."""
    run = onboard(place, "FACTS")
    place.until(run, over)
    facts = [fact["name"] for fact in place.answer("events", "list", "--stream", "client:FACTS")["events"]]
    assert [name for name in facts if name in FACTS_IN_ORDER] == FACTS_IN_ORDER


def test_every_short_command_returns_its_true_exit_code(place: Town) -> None:
    """50 of 50: a known run answers 0, an unknown one 1, also two at a time."""
    onboarded = place.answer("list")["runs"][0]["workflow_id"]
    asked = [("status", onboarded) if turn % 2 else ("status", "nobody") for turn in range(50)]
    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(lambda command: place.kronos(*command).returncode, asked))
    assert codes == [0 if turn % 2 else 1 for turn in range(50)]


BAD_APPLICATIONS = [
    ({"capital": 0}, 2, "capital"),
    ({"capital": 1000.005}, 2, "capital"),
    ({"currency": "USD"}, 2, "currency"),
    ({"goals": "none"}, 2, "goals"),
    ({"nickname": "S"}, 2, "nickname"),
]


@pytest.mark.parametrize(("change", "code", "named"), BAD_APPLICATIONS)
def test_input_that_breaks_its_schema_starts_nothing(
    place: Town, change: dict[str, object], code: int, named: str
) -> None:
    """Exit 2, the place named, no traceback, and no run."""
    given = json.dumps(application("BAD", **change), default=float)
    done = place.kronos("start", "onboarding", "--input", "-", "--id", "bad-input", given=given)
    assert (done.returncode, done.stdout) == (code, "")
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert place.kronos("status", "bad-input").returncode == 1


FAILING_APPLICATIONS = [
    ("small", {"capital": 2039.99}, "CapitalTooSmall"),
    ("answers", {"answers": {"q1": "30_45"}}, "MissingAnswer"),
    (
        "past",
        {
            "goals": [
                {
                    "goal_id": "G",
                    "goal_name": "Past",
                    "target_amount": 1000,
                    "target_date": "2020-01-01",
                    "priority": "low",
                    "flexibility": "rigid",
                }
            ]
        },
        "GoalInPast",
    ),
]


@pytest.mark.parametrize(("name", "change", "error"), FAILING_APPLICATIONS)
def test_an_application_that_cannot_be_taken_records_nothing(
    place: Town, name: str, change: dict[str, object], error: str
) -> None:
    """The run fails with a named error before a client is registered."""
    given = json.dumps(application(f"FAIL-{name}", **change), default=float)
    done = place.kronos("start", "onboarding", "--input", "-", "--wait", given=given)
    assert done.returncode == 1
    assert error in done.stderr
    assert "Traceback" not in done.stderr
    assert place.answer("events", "list", "--stream", f"client:FAIL-{name}")["events"] == []


def test_an_unknown_workflow_names_the_near_ones(place: Town) -> None:
    """`onbording` is not started, and the message says what was probably meant."""
    done = place.kronos("start", "onbording", "--input", "-", given="{}")
    assert done.returncode == 1
    assert "onboarding" in done.stderr


def test_a_client_with_another_key_starts_nothing(place: Town, tmp_path: Path) -> None:
    """The workers could not read the input, so the command refuses and says which keys there are."""
    open_keyring(tmp_path / "keys.json")
    stranger = Town(
        replace(place.settings, data=tmp_path),
        place.server,
        environment={
            "KRONOS_DATA": str(tmp_path),
            "KRONOS_DATABASE": place.settings.database_url,
        },
    )
    given = json.dumps(application("STRANGER"), default=float)
    done = stranger.kronos("start", "onboarding", "--input", "-", "--id", "stranger", given=given)
    assert done.returncode == 1
    assert "key" in done.stderr
    assert place.kronos("status", "stranger").returncode == 1


def test_a_server_that_is_not_there_is_exit_3() -> None:
    """One line says where it was looked for and what to do."""
    command = [KRONOS, "status", "x", "--address", "127.0.0.1:9"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr
