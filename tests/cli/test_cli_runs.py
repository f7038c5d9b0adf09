"""Runs from the command line, against `kronos up`."""

import json
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from store.keyring import open_keyring
from tests.cli.conftest import Installation
from tests.support.review import PLANTED
from tests.support.servers import Kronos
from worker.dev_server import executable


def begin(up: Installation) -> str:
    """A fresh run that waits for its decision."""
    workflow_id = f"review-{uuid.uuid4().hex[:8]}"
    done = up.kronos("start", "review", "--input", up.input, "--id", workflow_id)
    assert (done.code, json.loads(done.out)) == (0, {"workflow_id": workflow_id}), done.err
    return workflow_id


def decide(up: Installation, workflow_id: str, accept: object) -> subprocess.CompletedProcess[str] | object:
    """Send the decision."""
    return up.kronos("signal", workflow_id, "decided", "--data", "-", stdin=json.dumps({"accept": accept}))


def test_a_run_from_start_to_output(up: Installation) -> None:
    """Started, asked, signalled, watched: the output is there and every step is done."""
    run = begin(up)
    assert up.kronos("signal", run, "decided", "--data", "-", stdin='{"accept": true}').code == 0
    watched = up.kronos("watch", run)
    assert watched.code == 0
    assert "Wait for the decision" in watched.out
    status = json.loads(up.kronos("status", run).out)
    assert (status["state"], status["live"], status["output"]) == ("completed", True, {"risk_score": 71})
    assert [step["state"] for step in status["steps"][:3]] == ["done", "done", "done"]


def test_status_names_what_a_run_waits_for(up: Installation) -> None:
    """The fields that scripts depend on."""
    run = begin(up)
    assert up.kronos("signal", run, "nonsense", "--data", "-", stdin="{}").code == 1  # loaded from here on
    status = json.loads(up.kronos("status", run).out)
    assert (status["workflow_id"], status["workflow"], status["version"]) == (run, "review", 1)
    assert (status["state"], status["waits_for"], status["current_steps"]) == (
        "waiting",
        "decided",
        ["decision"],
    )
    assert {"path", "id", "kind", "state", "attempts", "started_at", "ended_at"} <= set(status["steps"][0])
    assert [step["path"] for step in status["steps"]] == [
        "steps[0]",
        "steps[1]",
        "steps[2]",
        "steps[2].choose[0].steps[0]",
    ]
    assert "Wait for the decision" in up.kronos("status", run, "-o", "table").out


def test_a_signal_that_does_not_fit_is_refused_and_nothing_is_recorded(up: Installation) -> None:
    """A wrong name or payload is exit code 1, and the run goes on waiting."""
    run = begin(up)
    for name, payload, reason in (
        ("decide", "{}", "it takes: decided"),
        ("decided", "{}", "accept"),
        ("decided", '{"accept": "yes"}', "accept"),
        ("decided", '{"accept": true, "colour": "red"}', "colour"),
    ):
        done = up.kronos("signal", run, name, "--data", "-", stdin=payload)
        assert (done.code, done.out) == (1, "")
        assert "SignalRejected" in done.err
        assert reason in done.err
    status = json.loads(up.kronos("status", run).out)
    assert (status["state"], status["signals_rejected"]) == ("waiting", [])


def test_a_message_counts_once(up: Installation) -> None:
    """The same message id again is accepted and does nothing."""
    run = begin(up)
    send = ("signal", run, "decided", "--message-id", "m1", "--data", "-")
    first = json.loads(up.kronos(*send, stdin='{"accept": true}').out)
    assert (first["accepted"], first["duplicate"]) == (True, False)
    again = up.kronos(*send, stdin='{"accept": true}')
    # By now the run may have ended, which is an answer too.
    assert again.code == 1 or json.loads(again.out)["duplicate"] is True


def test_waiting_for_a_run_that_fails_is_exit_code_1(up: Installation) -> None:
    """`--wait` prints the failure's type; `status` of a failed run is exit code 0."""
    run = f"review-{uuid.uuid4().hex[:8]}"
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(up.kronos, "start", "review", "--input", up.input, "--id", run, "--wait")
        while up.kronos("signal", run, "decided", "--data", "-", stdin='{"accept": false}').code:
            pass
        done = waiting.result()
    assert (done.code, done.out) == (1, "")
    assert done.err == "error: Declined: The decision was no\n"
    status = up.kronos("status", run)
    assert status.code == 0
    assert json.loads(status.out)["state"] == "failed"
    assert json.loads(status.out)["error"]["type"] == "Declined"
    assert up.kronos("watch", run).code == 1


def test_a_failed_run_is_taken_up_again_from_a_step(up: Installation) -> None:
    """The run of the same id goes on from there, in a new run of Temporal's, its signals with it."""
    run = begin(up)
    up.kronos("signal", run, "decided", "--data", "-", stdin='{"accept": false}')
    up.kronos("watch", run)
    refused = up.kronos("retry", run)
    assert (refused.code, "NoFailedStep" in refused.err) == (1, True)
    assert up.kronos("retry", run, "--step", "score", "--by", "kim").code == 0
    assert len(json.loads(up.kronos("list", "--query", f"WorkflowId = '{run}'").out)["runs"]) == 2
    again = json.loads(up.kronos("status", run).out)
    assert [step["state"] for step in again["steps"] if step["id"] == "score"] == ["done"]


def test_a_cancelled_run_ends_cancelled(up: Installation) -> None:
    """Cancelling twice is refused: there is nothing left to stop."""
    run = begin(up)
    assert up.kronos("cancel", run).code == 0
    assert up.kronos("watch", run).code == 1
    assert json.loads(up.kronos("status", run).out)["state"] == "cancelled"
    assert up.kronos("cancel", run).code == 1


@pytest.mark.parametrize("command", [["status"], ["watch"], ["cancel"], ["retry"]])
def test_an_unknown_run_is_exit_code_1(up: Installation, command: list[str]) -> None:
    """The message says how to find the right id."""
    done = up.kronos(*command, "no-such-run")
    assert done.code == 1
    assert done.err == "error: UnknownRun: there is no run no-such-run; `kronos list` shows them\n"


def test_an_unknown_definition_starts_nothing(up: Installation) -> None:
    """Exit code 1, a near name, and no run."""
    done = up.kronos("start", "reveiw", "--input", up.input, "--id", "never")
    assert done.code == 1
    assert "did you mean review?" in done.err
    assert up.kronos("status", "never").code == 1


def test_an_input_that_breaks_its_schema_starts_nothing(up: Installation) -> None:
    """Exit code 2 with the place in the input, and no run."""
    for given, said in (
        ({}, "error: InvalidInput"),
        ({"answers": 3}, "error: InvalidInput at answers: "),
        ({"answers": {}, "colour": 1}, "colour"),
    ):
        done = up.kronos("start", "review", "--input", "-", "--id", "never", stdin=json.dumps(given))
        assert done.code == 2
        assert said in done.err
    assert up.kronos("status", "never").code == 1


def test_a_client_with_another_key_is_refused(up: Installation, tmp_path: Path) -> None:
    """Nothing is started that the workers could not read, and nothing is shown that cannot be read here."""
    run = begin(up)
    open_keyring(tmp_path / "keys.json")
    stranger = Kronos({**up.kronos.environment, "KRONOS_KEYS": str(tmp_path / "keys.json")})
    done = stranger("start", "review", "--input", up.input, "--id", "never")
    assert done.code == 1
    assert "OtherKey" in done.err
    assert up.kronos("status", "never").code == 1
    shown = stranger("status", run)
    assert (shown.code, shown.out) == (1, "")
    assert "UnknownKey" in shown.err
    assert "KRONOS_KEYS" in shown.err


def test_a_client_without_keys_makes_none(up: Installation, tmp_path: Path) -> None:
    """At a mistyped data directory nothing is made, whatever server answers; it is said where to look."""
    away = tmp_path / "mistyped"
    for command in ("list", "status some-run", "watch some-run", "cancel some-run", "approvals list"):
        done = up.kronos(*command.split(), "--data", away)
        assert (done.code, done.out) == (3, "")
        assert done.err.startswith(f"error: NoKeys: there are no keys at {away / 'keys.json'}; `kronos up`")
    assert not away.exists()


def test_the_server_stores_nothing_personal_in_plain_text(up: Installation) -> None:
    """A name from the input is nowhere in the data directory: server, log, event log."""
    begin(up)
    for path in up.data.iterdir():
        with suppress(FileNotFoundError):  # a journal of the running server's database is gone by now
            assert PLANTED.encode() not in path.read_bytes(), path
    assert PLANTED not in up.log.read_text()


def test_temporals_own_command_line_starts_and_signals_a_run(up: Installation) -> None:
    """Through the codec endpoint it does exactly what `kronos start` does."""
    codec = next(line.split()[-1] for line in up.log.read_text().splitlines() if line.startswith("Codec"))
    run = f"review-{uuid.uuid4().hex[:8]}"
    shared = ["--address", f"127.0.0.1:{up.port}", "--codec-endpoint", codec, "--workflow-id", run]
    given = up.input.read_text()
    temporal(["workflow", "start", *shared, "--type", "review", "--task-queue", "kronos", "--input", given])
    temporal(["workflow", "signal", *shared, "--name", "decided", "--input", '{"accept": true}'])
    assert up.kronos("watch", run).code == 0
    shown = temporal(["workflow", "show", *shared, "-o", "json"])
    assert "EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED" in shown


def temporal(arguments: list[str]) -> str:
    """What Temporal's own command line prints."""
    done = subprocess.run([str(executable()), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_up_says_how_other_commands_find_it(up: Installation) -> None:
    """Address and data directory, where the key lies, as they are typed into a shell."""
    [line] = [line for line in up.log.read_text().splitlines() if line.startswith("Other commands")]
    assert line.split()[2:] == ["export", f"KRONOS_DATA={up.data}", f"TEMPORAL_ADDRESS=127.0.0.1:{up.port}"]


def test_doctor_finds_all_well(up: Installation) -> None:
    """Every check of a healthy installation passes."""
    done = up.kronos("doctor")
    assert done.code == 0, done.out
    assert {check["state"] for check in json.loads(done.out)["checks"]} == {"ok"}


def test_a_second_server_on_the_same_port_is_refused(up: Installation, tmp_path: Path) -> None:
    """Exit code 2 names the port and the flag, and the first one goes on."""
    done = up.kronos("up", "--port", str(up.port), "--data", tmp_path / "other")
    assert done.code == 2
    assert "--port" in done.err
    assert up.kronos("list").code == 0


def test_trading_is_halted_and_resumed(up: Installation) -> None:
    """What is in force is shown; lifting what is not there is exit code 1."""
    halted = json.loads(up.kronos("trading", "halt", "--etf", "VAS", "--by", "kim", "--reason", "test").out)
    assert [(halt["scope"], halt["by"]) for halt in halted["halts"]] == [("etf:VAS", "kim")]
    assert json.loads(up.kronos("trading", "show").out) == halted
    assert up.kronos("trading", "resume").code == 1
    assert json.loads(up.kronos("trading", "resume", "--etf", "VAS").out)["halts"] == []
    names = [event["name"] for event in json.loads(up.kronos("events", "list").out)["events"]]
    assert names[-2:] == ["TradingHalted", "TradingResumed"]
    assert json.loads(up.kronos("events", "verify").out)["whole"] is True


def test_an_unchanged_version_is_not_published_twice(up: Installation, tmp_path: Path) -> None:
    """A changed definition needs a new version; `--development` takes it as it is."""
    import shutil

    changed = tmp_path / "definitions"
    shutil.copytree(up.definitions, changed)
    file = changed / "workflows" / "review.yaml"
    file.write_text(file.read_text().replace("The decision was no", "No"))
    data = tmp_path / "data"
    assert up.kronos("definitions", "publish", "--data", data).code == 0
    refused = up.kronos("definitions", "publish", "--definitions", changed, "--data", data)
    assert (refused.code, refused.out) == (1, "")
    assert "review (version 1)" in refused.err
    tried = up.kronos("definitions", "publish", "--definitions", changed, "--data", data, "--development")
    assert json.loads(tried.out)["development"] is True


def test_short_commands_return_their_true_exit_code(up: Installation) -> None:
    """However many clients a server has, each ends with what it had to say."""
    run = begin(up)
    wanted = [(["status", run], 0), (["status", "no-such-run"], 1)] * 8
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda ask: up.kronos(*ask[0]).code, wanted))
    assert codes == [code for _, code in wanted]
