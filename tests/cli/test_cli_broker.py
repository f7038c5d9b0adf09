"""`kronos broker sandbox`, and the settings that lead a worker to it."""

import json
from pathlib import Path

import pytest

from adapters.openmarkets.client import OpenMarkets
from adapters.simulated_exchange import SimulatedExchange
from tests.support.servers import Kronos
from worker.brokers import build_broker
from worker.errors import BadSettings
from worker.ports import free_ports
from worker.settings import load_settings

TOKEN = "canary-of-the-broker"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory and no settings of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KRONOS_BROKER_TOKEN", raising=False)
    return tmp_path


def settings(**variables: str) -> object:
    return load_settings({}, {f"KRONOS_{name.upper()}": value for name, value in variables.items()})


def test_the_simulated_broker_is_the_default(here: Path) -> None:
    """Nothing leaves the house unless it is told to."""
    broker = build_broker(settings())
    assert isinstance(broker, SimulatedExchange)


def test_flag_variable_and_file_choose_the_broker(here: Path) -> None:
    """As every setting."""
    (here / "kronos.toml").write_text('broker = "openmarkets"\nbroker_url = "https://api.example.com"\n')
    told = load_settings({}, {})
    assert (told.broker, told.broker_url) == ("openmarkets", "https://api.example.com")
    assert load_settings({}, {"KRONOS_BROKER": "simulated"}).broker == "simulated"
    assert load_settings({"broker": "openmarkets"}, {"KRONOS_BROKER": "simulated"}).broker == "openmarkets"


def test_the_token_comes_from_the_environment_or_a_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment first; never from kronos.toml, where a token would lie beside what everybody reads."""
    (here / "token").write_text(f"{TOKEN}\n")
    place = {"broker": "openmarkets", "broker_url": "http://127.0.0.1:1"}
    for variables in ({"broker_token_file": str(here / "token")}, {}):
        broker = build_broker(settings(**place, **variables))
        assert isinstance(broker, OpenMarkets)
        assert broker._http.headers["authorization"] == f"Bearer {TOKEN}"
        assert TOKEN not in repr(broker) + repr(vars(broker))
        broker.close()
        monkeypatch.setenv("KRONOS_BROKER_TOKEN", TOKEN)
    (here / "kronos.toml").write_text(f'broker_token = "{TOKEN}"\n')
    with pytest.raises(BadSettings, match="no setting broker_token"):
        settings()


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({"broker": "other"}, "broker"),
        ({"broker": "openmarkets"}, "broker_url"),
        ({"broker_url": "api.example.com"}, "broker_url"),
        ({"broker_url": "ftp://api.example.com"}, "broker_url"),
        ({"broker_url": "https://"}, "broker_url"),
        ({"broker_url": "https://host:port"}, "broker_url"),
        ({"broker_url": f"https://user:{TOKEN}@api.example.com"}, "broker_url"),
        ({"broker_url": "http://api.example.com"}, "broker_url"),
        ({"broker_url": "https://api.example.com"}, "broker_token_file"),
        ({"broker_url": "https://api.example.com", "broker_token_file": "nowhere"}, "broker_token_file"),
        ({"broker_url": "https://api.example.com", "broker_token_file": "empty"}, "broker_token_file"),
        ({"broker_url": "https://api.example.com", "broker_token_file": "two"}, "broker_token_file"),
    ],
)
def test_a_broker_that_cannot_be_reached_like_that_is_refused(
    here: Path, variables: dict[str, str], place: str
) -> None:
    """With the setting that is wrong, and without the secret in it."""
    (here / "empty").write_text("\n")
    (here / "two").write_text(f"{TOKEN}\nX-Other: header\n")
    with pytest.raises(BadSettings) as caught:
        build_broker(settings(**{"broker": "openmarkets", **variables}))
    assert caught.value.path == place
    assert TOKEN not in caught.value.message


def test_config_shows_the_broker_and_no_secret(kronos: Kronos, tmp_path: Path) -> None:
    """An address that carries a password is refused when used, and shown without it."""
    variables = {
        **kronos.environment,
        "KRONOS_BROKER": "openmarkets",
        "KRONOS_BROKER_URL": f"https://user:{TOKEN}@api.example.com",
        "KRONOS_BROKER_TOKEN": TOKEN,
    }
    done = Kronos(variables)("config", "show", "-o", "json")
    assert done.code == 0
    assert json.loads(done.out)["broker"] == "openmarkets"
    assert TOKEN not in done.out + done.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--faults", "nowhere.json"], 2, "nowhere.json is neither a seed nor a file"),
        (["--port", "70000"], 2, "70000"),
        (["--sessions", "x"], 2, "--sessions"),
    ],
)
def test_a_sandbox_that_cannot_start_says_why(
    kronos: Kronos, arguments: list[str], code: int, message: str
) -> None:
    """In one line, with the exit code of its kind."""
    done = kronos("broker", "sandbox", *arguments)
    assert done.code == code
    assert message in done.err
    assert "Traceback" not in done.err


def test_a_port_in_use_is_named(kronos: Kronos) -> None:
    """With the flag that chooses another."""
    import socket

    [port] = free_ports(1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = kronos("broker", "sandbox", "--port", str(port))
    assert (done.code, done.out) == (2, "")
    assert f"port {port} is in use" in done.err
    assert "--port" in done.err


def test_halts_know_both_brokers(kronos: Kronos) -> None:
    """A misspelt broker would halt nothing."""
    assert kronos("trading", "halt", "--broker", "openmarket").err.count("openmarkets") == 1
