"""The broker's sandbox: its API, the faults of its script, its memory when it dies."""

import json
import signal
import stat
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.broker import BrokerOrder, BrokerUnavailable, OrderState, OutcomeUnknown, Side
from adapters.openmarkets.client import AnswerUnreadable, BrokerAccessDenied, OpenMarkets
from adapters.openmarkets.faults import Call, Fault, Faults, of_seed, parse, read_faults
from adapters.simulated_exchange import SimulatedExchange
from adapters.simulated_exchange.behaviour import BadScript, Does
from tests.support.sandbox import PRICES, Sandbox, sandbox


def buy(number: int) -> BrokerOrder:
    return BrokerOrder(f"K{number}", "VAS", Side.BUY, 100, Decimal("90.00"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox without faults."""
    with sandbox(tmp_path_factory.mktemp("sandbox")) as made:
        yield made


@pytest.fixture
def http(place: Sandbox) -> Iterator[httpx.Client]:
    """Whoever speaks to the sandbox without our client; new orders fill."""
    place.begin_anew({"default": "fill"})
    headers = {"authorization": f"Bearer {place.token}"}
    with httpx.Client(base_url=place.address, headers=headers, trust_env=False) as client:
        prices = {"VAS": "90.00"}
        assert client.put("/v1/prices", json={"prices": prices, "as_of": "2026-01-05"}).status_code == 204
        yield client


ORDER = {"client_order_id": "K1", "etf": "VAS", "side": "buy", "units": 100, "limit": "90.00"}


def test_the_answers_are_json_with_decimals_as_text(http: httpx.Client) -> None:
    """No number token of a price, anywhere."""
    assert http.post("/v1/orders", json=ORDER).json() == {
        "client_order_id": "K1",
        "broker_order_id": "SX-1",
        "state": "filled",
    }
    stands = http.get("/v1/orders/K1").json()
    assert (stands["average_price"], stands["filled"], stands["leaves"]) == ("90.00", 100, 0)
    [fill] = http.get("/v1/orders/K1/executions").json()["executions"]
    assert (fill["price"], fill["units"], fill["client_order_id"]) == ("90.00", 100, "K1")


def test_health_says_that_no_real_money_moves_here(http: httpx.Client) -> None:
    """A client knows it from the broker, not from its own settings."""
    assert http.get("/v1/health").json() == {
        "name": "openmarkets sandbox",
        "version": "v1",
        "simulated": True,
    }


@pytest.mark.parametrize(
    ("change", "place_of_it"),
    [
        ({"limit": 90.1}, "limit"),
        ({"limit": "ninety"}, "limit"),
        ({"limit": "NaN"}, "limit"),
        ({"limit": "1e400"}, "limit"),
        ({"limit": "0.123456789"}, "limit"),
        ({"units": "100"}, "units"),
        ({"units": 1.5}, "units"),
        ({"units": True}, "units"),
        ({"units": 10**30}, "units"),
        ({"side": "short"}, "side"),
        ({"etf": "vas; drop table"}, "etf"),
        ({"client_order_id": ""}, "client_order_id"),
        ({"client_order_id": "K/1"}, "client_order_id"),
        ({"venue": "other"}, "venue"),
    ],
)
def test_what_is_no_order_is_refused_with_its_place(
    http: httpx.Client, change: dict[str, Any], place_of_it: str
) -> None:
    """Nothing is guessed, rounded or ignored."""
    answer = http.post("/v1/orders", json={**ORDER, **change})
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert place_of_it in answer.json()["reason"]


def test_half_a_json_is_refused(http: httpx.Client) -> None:
    """A body that was cut on its way is no order."""
    answer = http.post("/v1/orders", content=json.dumps(ORDER)[:40])
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Basic eDp5", "Bearer"])
@pytest.mark.parametrize("path", ["/v1/health", "/v1/orders/K1"])
def test_nobody_without_the_token_is_answered(place: Sandbox, authorization: str | None, path: str) -> None:
    """Not even about its health; the token is not repeated."""
    headers = {} if authorization is None else {"authorization": authorization}
    answer = httpx.get(place.address + path, headers=headers, trust_env=False)
    assert answer.status_code == 401
    assert place.token not in answer.text


def test_the_client_says_that_its_token_is_wrong(place: Sandbox) -> None:
    """And what to mend."""
    broker = OpenMarkets(place.address, "another")
    with pytest.raises(BrokerAccessDenied, match="KRONOS_BROKER_TOKEN"):
        broker.submit(buy(1))
    broker.close()


def test_the_token_is_readable_by_its_owner_alone(place: Sandbox) -> None:
    """It is made once, and long enough that nobody guesses it."""
    mode = (place.folder / "token").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert len(place.token) > 40


# What the client is told of an order whose request met the fault, and whether the broker has it.
TOLD = {
    Fault.ERROR: (OutcomeUnknown, True),
    Fault.DROP: (OutcomeUnknown, True),
    Fault.HANG: (OutcomeUnknown, True),
    Fault.GARBLE: (AnswerUnreadable, True),
    Fault.SLOW: (None, True),
    Fault.LOSE: (OutcomeUnknown, False),
    Fault.BUSY: (None, True),
}


def test_each_fault_of_an_answer_is_what_the_script_says(tmp_path: Path) -> None:
    """An order that was taken is there under its id, one that was lost is not; sent again it is one."""
    rules = [
        {"call": "submit", "number": number, "does": fault, "seconds": 0}
        for number, fault in enumerate(TOLD, start=1)
    ]
    with sandbox(tmp_path, {"seed": 1, "answers": rules}) as place:
        broker = place.client(answer=0.8)
        broker.load_prices(PRICES, "2026-01-05")
        for number, (error, taken) in enumerate(TOLD.values(), start=1):
            if error is None:
                broker.submit(buy(number))
            else:
                with pytest.raises(error) as caught:
                    broker.submit(buy(number))
                assert type(caught.value) is error
            assert (broker.find(f"K{number}") is not None) is taken
        for number in range(1, len(TOLD) + 1):
            assert broker.submit(buy(number)).state is OrderState.FILLED
            assert sum(fill.units for fill in broker.executions(f"K{number}")) == 100
        broker.close()


def test_killed_and_started_again_it_has_every_order(tmp_path: Path) -> None:
    """What was acknowledged stays so, and the same id is the same order; SIGTERM ends it cleanly."""
    with sandbox(tmp_path) as place:
        broker = place.client()
        broker.load_prices(PRICES, "2026-01-05")
        before = [broker.submit(buy(number)) for number in range(5)]
        place.kill()
        with pytest.raises(BrokerUnavailable):
            broker.cancel("K0")
        place.start()
        assert [broker.submit(buy(number)) for number in range(5)] == before
        broker.close()
        assert place.stop() == 0
        place.start()
        assert place.stop(signal.SIGINT) == 130
    assert "Traceback" not in (tmp_path / "sandbox.log").read_text()


def test_the_same_seed_draws_the_same_faults() -> None:
    """And another seed others; every kind of fault comes up."""
    drawn = [[of_seed(seed).of(call, n) for call in Call for n in range(1, 400)] for seed in (7, 7, 8)]
    assert drawn[0] == drawn[1] != drawn[2]
    happened = {rule.does for rule in drawn[0] if rule is not None}
    assert happened >= {Fault.ERROR, Fault.DROP, Fault.HANG, Fault.GARBLE, Fault.LOSE, Fault.BUSY}
    behaviour = of_seed(7).behaviour
    does = {behaviour.of("VAS", "buy", number).does for number in range(1, 400)}
    assert does == {Does.FILL, Does.TIMEOUT, Does.PARTIAL, Does.DUPLICATE, Does.DELAY, Does.LATE_FILL}


def test_every_order_recovers_from_the_faults_of_a_seed(tmp_path: Path) -> None:
    """Nothing by seed leaves an order open for good: what stays open fills within seconds."""
    for seed in range(20):
        behaviour = of_seed(seed).behaviour
        for number in range(1, 50):
            rule = behaviour.of("VAS", "buy", number)
            assert rule.does in (Does.FILL, Does.TIMEOUT, Does.DUPLICATE) or 0 < rule.pause.seconds < 10


def test_a_rule_is_for_the_requests_that_it_names() -> None:
    """Call and number must both fit; the first rule that fits counts."""
    faults = parse(
        {"answers": [{"call": "find", "number": 2, "does": "drop"}, {"call": "find", "does": "slow"}]}, "here"
    )
    assert [rule and rule.does for rule in (faults.of(Call.FIND, n) for n in (1, 2))] == ["slow", "drop"]
    assert faults.of(Call.SUBMIT, 2) is None
    assert Faults().of(Call.SUBMIT, 1) is None


@pytest.mark.parametrize(
    ("script", "where"),
    [
        ("", "not JSON"),
        ("[]", "dictionary"),
        ('{"answers": [{"does": "explode"}]}', "answers.0.does"),
        ('{"answers": [{"does": "drop", "chance": "2"}]}', "answers.0.chance"),
        ('{"answers": [{"does": "drop", "call": "guess"}]}', "answers.0.call"),
        ('{"orders": [{"does": "nothing"}]}', "orders.0.does"),
        ('{"rules": []}', "rules"),
        ('{"seed": "x"}', "seed"),
    ],
)
def test_a_script_that_cannot_be_understood_is_refused(tmp_path: Path, script: str, where: str) -> None:
    """With the file and the place in it."""
    file = tmp_path / "faults.json"
    file.write_text(script)
    with pytest.raises(BadScript, match=r"faults\.json") as caught:
        read_faults(str(file))
    assert where in caught.value.message


@pytest.mark.parametrize("told", ["nowhere.json", "-7", "7.5", "", "."])
def test_what_is_neither_seed_nor_file_is_refused(told: str) -> None:
    """A misspelt file is not a sandbox without faults."""
    with pytest.raises(OSError, match=r"No such file|Is a directory"):
        read_faults(told)


def test_the_rest_of_a_partial_fill_can_come_later(tmp_path: Path) -> None:
    """With `seconds` an order fills in part at once, and whole afterwards."""
    exchange = SimulatedExchange(
        tmp_path, behaviour={"rules": [{"does": "partial", "share": "0.4", "seconds": 0}]}
    )
    exchange.load_prices(PRICES, "2026-01-05")
    exchange.submit(buy(1))
    assert [fill.units for fill in exchange.executions("K1")] == [40, 60]


@pytest.mark.parametrize("cancelled", [True, False])
def test_a_late_fill_with_seconds_comes_with_or_without_a_cancel(tmp_path: Path, cancelled: bool) -> None:
    """A cancel is acknowledged first; the order is filled once all the same."""
    seconds = 3600 if cancelled else 0
    exchange = SimulatedExchange(tmp_path, behaviour={"rules": [{"does": "late_fill", "seconds": seconds}]})
    exchange.load_prices(PRICES, "2026-01-05")
    exchange.submit(buy(1))
    if cancelled:
        assert exchange.cancel("K1").state is OrderState.CANCELLED
    assert [fill.units for fill in exchange.executions("K1")] == [100]
