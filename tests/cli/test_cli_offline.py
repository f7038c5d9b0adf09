"""Commands that need no server: what they print, and their exit codes."""

import json
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.servers import REPOSITORY, Kronos

ANSWERS = json.loads((REPOSITORY / "examples" / "onboarding.json").read_text())["answers"]
SCORE = "risk.score_questionnaire"


def test_version_prints_json_when_piped(kronos: Kronos) -> None:
    """A script gets JSON without asking for it."""
    done = kronos("version")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["kronos"] == "0.1.0"


def test_the_three_formats_say_the_same(kronos: Kronos) -> None:
    """Table, JSON and YAML of one answer."""
    as_json = json.loads(kronos("version", "-o", "json").out)
    assert yaml.safe_load(kronos("version", "-o", "yaml").out) == as_json
    assert kronos("version", "-o", "table").out.split()[:2] == ["kronos", as_json["kronos"]]


COMMANDS = [
    *("demo", "up", "worker", "start", "signal", "status", "watch", "list", "cancel", "retry"),
    *("approve", "approvals list", "approvals show", "approvals decide"),
    *("schedules plan", "schedules apply", "schedules list", "schedules pause", "schedules resume"),
    *("schedules trigger", "schedules backfill", "triggers list", "triggers explain"),
    *("definitions list", "definitions show", "definitions validate", "definitions compile"),
    *(
        "definitions publish",
        "definitions explain",
        "definitions schema",
        "definitions graph",
        "definitions diff",
        "activities list",
        "activities show",
        "activities call",
    ),
    *("trading halt", "trading resume", "trading show", "broker sandbox"),
    *("events list", "events tail", "events verify"),
    *(
        "portfolio show",
        "portfolio verify",
        "portfolio rebuild",
        "backtest",
        "config show",
        "doctor",
        "version",
    ),
    *("data import", "data pull", "data list", "data show", "data check"),
    "goals simulate",
    *("agents train", "agents evaluate", "agents show"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example(kronos: Kronos, command: str) -> None:
    """Whoever asks for help sees how the command is typed."""
    done = kronos(*command.split(), "--help")
    assert done.code == 0
    assert "Example:" in done.out
    assert f"kronos {command}" in done.out


@pytest.mark.parametrize(
    "group", ["definitions", "activities", "trading", "events", "portfolio", "config", "data"]
)
def test_the_help_of_a_group_has_an_example_and_no_options_of_its_own(kronos: Kronos, group: str) -> None:
    """Completion is installed for the whole of kronos or not at all."""
    done = kronos(group, "--help")
    assert done.code == 0
    assert f"Example: kronos {group} " in done.out
    assert "completion" not in done.out


def test_help_lists_every_command(kronos: Kronos) -> None:
    """What there is can be found from the top."""
    done = kronos("--help")
    assert done.code == 0
    for command in COMMANDS:
        assert command.split()[0] in done.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["versoin"],
        ["version", "--colour"],
        ["version", "-o", "xml"],
        ["start"],
        ["trading", "halt", "--etf", "VAS", "--broker", "simulated"],
        ["activities", "call", SCORE, "--input", "no-such-file.json"],
        ["start", "onboarding", "--input", "no-such-file.json"],
        ["definitions", "validate", "no-such-file.yaml"],
        ["definitions", "list", "--definitions", "no-such-folder"],
    ],
)
def test_wrong_use_is_exit_code_2(kronos: Kronos, arguments: list[str]) -> None:
    """Flags and files that make no sense; one message, no traceback."""
    done = kronos(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert "rror:" in done.err
    assert "Traceback" not in done.err


def test_a_misspelt_command_is_answered_with_the_right_one(kronos: Kronos) -> None:
    """A suggestion saves a look into the help."""
    assert "did you mean version?" in kronos("versoin").err


def test_activities_are_listed_with_what_they_reach(kronos: Kronos) -> None:
    """Effect class and role of each; internal ones are not for definitions."""
    rows = {row["name"]: row for row in json.loads(kronos("activities", "list").out)["activities"]}
    assert (rows[SCORE]["effect"], rows[SCORE]["role"]) == ("pure", "light")
    assert rows["orders.submit"]["effect"] == "trades"
    assert "runs.load_release" not in rows


def test_an_activity_is_shown_with_its_schemas(kronos: Kronos) -> None:
    """What goes in, what comes out, what can go wrong."""
    shown = json.loads(kronos("activities", "show", SCORE).out)
    assert "answers" in shown["input"]["properties"]
    assert "risk_score" in shown["output"]["properties"]


def test_an_unknown_activity_is_exit_code_1_with_a_near_name(kronos: Kronos) -> None:
    """The name is the thing asked for, and it is not there."""
    done = kronos("activities", "show", "risk.score_questionaire")
    assert done.code == 1
    assert f"did you mean {SCORE}?" in done.err


def test_a_pure_activity_is_called_without_server_or_database(kronos: Kronos) -> None:
    """JSON in, JSON out, nothing left on disk."""
    done = kronos("activities", "call", SCORE, "--input", "-", stdin=json.dumps({"answers": ANSWERS}))
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["risk_score"] == 71
    assert not Path(kronos.environment["KRONOS_DATA"]).exists()


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ({"answers": {**ANSWERS, "q3": "panic"}}, 1, "answers.q3"),
        ({"answers": ANSWERS, "colour": "red"}, 2, "error: InvalidInput at colour: "),
        ({"answers": ANSWERS, "age": "old"}, 2, "error: InvalidInput at age: "),
    ],
)
def test_what_is_wrong_with_an_input_has_a_place(
    kronos: Kronos, given: object, code: int, message: str
) -> None:
    """`error: TYPE at PATH: message`; 2 for a broken schema, 1 for what the activity refuses."""
    done = kronos("activities", "call", SCORE, "--input", "-", stdin=json.dumps(given))
    assert (done.code, done.out) == (code, "")
    assert message in done.err
    assert len(done.err.splitlines()) == 1


def test_input_that_is_no_json_is_exit_code_2(kronos: Kronos) -> None:
    """The message says where the text stops being JSON."""
    done = kronos("activities", "call", SCORE, "--input", "-", stdin='{"answers": ')
    assert done.code == 2
    assert "line 1" in done.err


def test_lines_are_answered_one_by_one_and_errors_do_not_stop_the_rest(kronos: Kronos) -> None:
    """One answer a line, in order; exit code 1 when any of them is an error."""
    good = json.dumps({"answers": ANSWERS})
    lines = "\n".join([good, '{"answers": {"q1": "30_45"}, "x": 1}', "nonsense", "", good])
    done = kronos("activities", "call", SCORE, "--input", "-", "--lines", stdin=lines)
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 1
    assert [next(iter(answer)) for answer in answers] == ["ok", "error", "error", "ok"]
    assert answers[1]["error"]["type"] == "InvalidInput"
    assert set(answers[1]["error"]) == {"type", "message", "path"}
    assert kronos("activities", "call", SCORE, "--input", "-", "--lines", stdin=good).code == 0


def test_an_activity_that_trades_is_refused(kronos: Kronos) -> None:
    """No flag lets a command send an order."""
    trade = json.dumps({"portfolio_id": "P-1", "trades": [{"etf": "VAS", "side": "buy", "units": 1}]})
    done = kronos(
        "activities", "call", "orders.submit", "--input", "-", "--effect", "--key", "k", stdin=trade
    )
    assert done.code == 1
    assert "trades" in done.err


def test_an_effect_needs_to_be_asked_for_by_name(kronos: Kronos) -> None:
    """Without --effect and --key nothing is changed."""
    done = kronos("activities", "call", "portfolio.create", "--input", "-", stdin='{"portfolio_id": "P-1"}')
    assert done.code == 2
    assert "--effect" in done.err
    assert "--key" in done.err


def test_the_definitions_of_the_repository_are_right(kronos: Kronos) -> None:
    """No errors in what is shipped."""
    done = kronos("definitions", "validate")
    assert done.code == 0
    problems = json.loads(done.out)["problems"]
    assert [problem for problem in problems if problem["severity"] == "error"] == []


def test_a_wrong_definition_is_exit_code_1_with_every_place(kronos: Kronos, tmp_path: Path) -> None:
    """All problems at once, each with code, file, line and column."""
    path = tmp_path / "wrong.yaml"
    path.write_text(
        "workflow: wrong\nversion: 1\nsummary: x\nsteps:\n  - id: a\n    call: risk.scor\n  - {}\n"
    )
    done = kronos("definitions", "validate", path)
    assert done.code == 1
    problems = json.loads(done.out)["problems"]
    assert len(problems) > 1
    assert {"code", "severity", "message", "file", "line", "column", "end_column", "pointer", "help"} <= set(
        problems[0]
    )
    text = kronos("definitions", "validate", path, "-o", "table").out
    assert f"--> {path}:6:11" in text


def test_a_wrong_definition_is_not_compiled(kronos: Kronos, tmp_path: Path) -> None:
    """Its problems are said instead, on stderr, and nothing is printed that could be taken for a plan."""
    path = tmp_path / "wrong.yaml"
    path.write_text("workflow: wrong\nversion: 1\nsummary: x\nsteps: [{id: a, call: risk.scor}]\n")
    done = kronos("definitions", "compile", path)
    assert (done.code, done.out) == (1, "")
    assert "error[K" in done.err


def test_a_definition_is_compiled_to_its_plan(kronos: Kronos) -> None:
    """By name or by file the same plan."""
    by_name = json.loads(kronos("definitions", "compile", "onboarding").out)
    by_file = json.loads(kronos("definitions", "compile", "definitions/workflows/onboarding.yaml").out)
    assert by_name == by_file
    assert by_name["workflow"] == "onboarding"


def test_an_unknown_definition_is_exit_code_1_with_a_near_name(kronos: Kronos) -> None:
    """The name is the thing asked for, and it is not there."""
    done = kronos("definitions", "show", "onbording")
    assert done.code == 1
    assert "did you mean onboarding?" in done.err


def test_a_missing_database_is_exit_code_3(kronos: Kronos) -> None:
    """The message says what makes one, and none is made by asking."""
    done = kronos("events", "list")
    assert done.code == 3
    assert done.err.startswith("error: NoDatabase: there is no database at ")
    assert "kronos up" in done.err
    assert not (Path(kronos.environment["KRONOS_DATA"]) / "kronos.db").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["status", "some-run"],
        ["list"],
        ["start", "onboarding", "--input", "examples/onboarding.json"],
        ["cancel", "some-run"],
    ],
)
def test_a_server_that_is_not_there_is_exit_code_3(kronos: Kronos, arguments: list[str]) -> None:
    """One line that says which address was tried and what to do."""
    done = kronos(*arguments)
    assert done.code == 3
    assert kronos.environment["TEMPORAL_ADDRESS"] in done.err
    assert "kronos up" in done.err
    assert len(done.err.splitlines()) == 1


def test_a_start_without_server_and_database_names_both(kronos: Kronos) -> None:
    """The server first: what makes the one makes the other."""
    said = kronos("start", "onboarding", "--input", "examples/onboarding.json").err
    server = said.index(f"no Temporal server answers at {kronos.environment['TEMPORAL_ADDRESS']}")
    database = said.index(f"there is no database at {kronos.environment['KRONOS_DATA']}")
    assert server < database


def test_a_worker_makes_its_database_without_talking_of_it(kronos: Kronos) -> None:
    """Two lines on stderr: what it is about to do, and that there is no server."""
    done = kronos("worker")
    assert done.code == 3
    assert (Path(kronos.environment["KRONOS_DATA"]) / "kronos.db").exists()
    assert [line.split(":")[0] for line in done.err.splitlines()] == [
        "Working as all; SIGTERM drains.",
        "error",
    ]


def test_a_defect_is_one_line_unless_asked_for_more(kronos: Kronos, tmp_path: Path) -> None:
    """KRONOS_DEBUG=1 shows the traceback; without it users never see one."""
    (tmp_path / "catalogue").mkdir()
    call = ("activities", "call", SCORE, "--input", "-", "--definitions", tmp_path)
    given = json.dumps({"answers": ANSWERS})
    quiet = kronos(*call, stdin=given)
    loud = Kronos({**kronos.environment, "KRONOS_DEBUG": "1"})(*call, stdin=given)
    assert (quiet.code, loud.code) == (1, 1)
    assert "Traceback" not in quiet.err
    assert "KRONOS_DEBUG=1" in quiet.err
    assert "Traceback" in loud.err


@pytest.mark.parametrize(
    ("modules", "slow"),
    [
        (
            "cli.main cli.definitions cli.activities cli.start cli.status cli.demo cli.up",
            "temporalio sqlalchemy sqlmodel highspy numpy rich starlette asyncio pydantic",
        ),
        ("worker.endpoint", "temporalio.client sqlalchemy"),
        ("activities.pod_optimizer activities.master_portfolio activities.market", "sqlalchemy dsl"),
        ("activities.consolidation", "numpy sqlalchemy dsl"),
        ("worker.local", "dsl.check sqlalchemy numpy temporalio"),
        ("engines.tax.lowest_tax", "highspy"),
        ("worker.library", "dsl.check dsl.compile jsonschema sqlalchemy pydantic"),
        ("worker.records", "alembic dsl adapters activities sqlalchemy.dialects.postgresql"),
    ],
)
def test_a_quick_command_imports_nothing_slow(modules: str, slow: str) -> None:
    """What makes a command answer late is imported only by the commands that need it."""
    import subprocess

    program = (
        f"import sys; from importlib import import_module\n"
        f"for name in {modules.split()}: import_module(name)\n"
        f"print(*[name for name in {slow.split()} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_password_in_the_database_address_is_not_shown(kronos: Kronos) -> None:
    """Everything else of the address is."""
    secret = Kronos(
        {**kronos.environment, "KRONOS_DATABASE": "postgresql://kim:geheim@db.example:5432/kronos"}
    )
    assert (
        json.loads(secret("config", "show").out)["database"] == "postgresql://kim:***@db.example:5432/kronos"
    )
    plain = json.loads(kronos("config", "show").out)["database"]
    assert plain.startswith("sqlite:////")
    assert plain.endswith("/data/kronos.db")
