"""What the client of Open Markets makes of answers, and of their absence."""

import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import pytest

from adapters.broker import (
    BrokerOrder,
    BrokerUnavailable,
    OrderRefused,
    OutcomeUnknown,
    Side,
)
from adapters.errors import AdapterError
from adapters.openmarkets.client import AnswerUnreadable, BrokerAccessDenied, OpenMarkets, Patience
from tests.support.odd_server import OddServer, Said, odd_server
from worker.ports import free_ports

BUY = BrokerOrder("K1", "VAS", Side.BUY, 100, Decimal("90.10"))
TOKEN = "canary-8d1f-of-the-broker"
TAKEN = {"client_order_id": "K1", "broker_order_id": "B-1", "state": "new"}
STANDS = {
    **TAKEN,
    "etf": "VAS",
    "side": "buy",
    "units": 100,
    "filled": 0,
    "leaves": 100,
    "average_price": None,
    "reason": "",
}


def said(status: int, body: Any = None, **headers: str) -> Said:
    return Said(status, "" if body is None else json.dumps(body), headers)


@contextmanager
def client(*answers: Said, **patience: float) -> Iterator[tuple[OpenMarkets, OddServer]]:
    with odd_server(answers) as server:
        made = OpenMarkets(server.address, TOKEN, Patience(**{"question": 0.0, **patience}))
        try:
            yield made, server
        finally:
            made.close()


def error_of(*answers: Said, ask: str = "submit", **patience: float) -> AdapterError:
    with client(*answers, **patience) as (broker, _), pytest.raises(AdapterError) as caught:
        {"submit": lambda: broker.submit(BUY)}.get(ask, lambda: getattr(broker, ask)("K1"))()
    return caught.value


def test_an_order_travels_once_with_the_token_and_its_limit_as_text() -> None:
    """Decimals are text, so that no float on the way changes a digit."""
    with client(said(200, TAKEN)) as (broker, server):
        assert broker.submit(BUY).broker_order_id == "B-1"
    [(method, path, body, headers)] = server.asked
    assert (method, path) == ("POST", "/v1/orders")
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert json.loads(body) == {
        "client_order_id": "K1",
        "etf": "VAS",
        "side": "buy",
        "units": 100,
        "limit": "90.10",
    }


def test_nobody_there_means_nothing_was_sent() -> None:
    """A refused connection is safe to try again."""
    broker = OpenMarkets(f"http://127.0.0.1:{free_ports(1)[0]}", TOKEN, Patience(question=0))
    for ask in (lambda: broker.submit(BUY), lambda: broker.find("K1"), lambda: broker.cancel("K1")):
        with pytest.raises(BrokerUnavailable, match="nothing was sent") as caught:
            ask()
        assert caught.value.retryable
    broker.close()


@pytest.mark.parametrize(
    "answer", [said(500, {"code": "failed", "reason": "x"}), said(503), said(0), said(408)]
)
def test_a_change_without_an_answer_is_of_unknown_outcome(answer: Said) -> None:
    """Only who asks by client order id afterwards knows what became of it; sent it is once."""
    for ask in ("submit", "cancel"):
        error = error_of(answer, ask=ask)
        assert type(error) is OutcomeUnknown
        assert error.retryable
    with client(answer) as (broker, server):
        with pytest.raises(OutcomeUnknown):
            broker.submit(BUY)
        assert len(server.asked) == 1


@pytest.mark.parametrize("answer", [said(500), said(502), said(0)])
def test_a_question_without_an_answer_can_be_asked_again(answer: Said) -> None:
    """Nothing changed at the broker, and the client never takes silence for an answer."""
    for ask in ("find", "executions"):
        error = error_of(answer, ask=ask)
        assert type(error) is BrokerUnavailable


def test_a_question_is_asked_until_it_is_answered() -> None:
    """Nothing changes by asking; a change is never sent twice by the client itself."""
    answers = (said(0), said(500), Said(200, "{"), said(200, STANDS))
    with client(*answers, question=5.0) as (broker, server):
        found = broker.find("K1")
        assert found is not None
        assert found.leaves == 100
        assert len(server.asked) == 4


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_a_refusal_has_the_brokers_reason(status: int) -> None:
    """Trying again changes nothing."""
    error = error_of(said(status, {"code": "refused", "reason": "VAS is suspended"}))
    assert isinstance(error, OrderRefused)
    assert (error.message, error.retryable) == ("VAS is suspended", False)


@pytest.mark.parametrize(
    "answer",
    [
        Said(200, '{"client_order_id": "K1", "brok'),
        Said(200, "<html>maintenance</html>"),
        Said(200, ""),
        said(200, {**TAKEN, "state": "pondering"}),
        said(200, {**TAKEN, "client_order_id": "K2"}),
        said(200, [TAKEN]),
        said(204),
        said(302, headers="x"),
        Said(404, "<html>not found</html>"),
        said(404, {"detail": "Not Found"}),
        said(418),
    ],
)
def test_an_answer_that_makes_no_sense_leaves_the_outcome_unknown(answer: Said) -> None:
    """Half a JSON, a page of a proxy, an answer about another order: none says what became of it."""
    error = error_of(answer)
    assert isinstance(error, AnswerUnreadable)
    assert isinstance(error, OutcomeUnknown)
    assert "openmarkets" in error.message


@pytest.mark.parametrize("body", ["<html>404</html>", '{"detail": "Not Found"}', ""])
def test_only_the_broker_itself_can_say_that_an_order_never_arrived(body: str) -> None:
    """A wrong address answers 404 to everything; an order must not be sent again for that."""
    for ask in ("find", "executions"):
        assert isinstance(error_of(Said(404, body), ask=ask), AnswerUnreadable)
    unknown = said(404, {"code": "unknown_order", "reason": "there is no order K1"})
    with client(unknown) as (broker, _):
        assert broker.find("K1") is None
        assert broker.executions("K1") == []
        with pytest.raises(OrderRefused, match="K1"):
            broker.cancel("K1")


@pytest.mark.parametrize(
    ("field", "value"), [("filled", "many"), ("average_price", "NaN"), ("side", "short"), ("leaves", None)]
)
def test_an_order_with_a_field_that_is_none_of_its_kind_is_unreadable(field: str, value: Any) -> None:
    """What the broker says is checked field by field; the error names the field."""
    error = error_of(said(200, {**STANDS, field: value}), ask="find")
    assert isinstance(error, AnswerUnreadable)
    assert field in error.message


def test_executions_of_another_order_are_not_taken() -> None:
    """A fill is booked only where it belongs."""
    fill = {
        "execution_id": "E1",
        "client_order_id": "K9",
        "units": 5,
        "price": "90.00",
        "executed_at": "2026-02-02T01:00:00Z",
    }
    assert isinstance(error_of(said(200, {"executions": [fill]}), ask="executions"), AnswerUnreadable)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("ask", ["submit", "find", "cancel"])
def test_a_token_that_is_not_accepted_rejects_no_order(status: int, ask: str) -> None:
    """It is our fault, not the order's: the step fails, and the same order can go when it is mended."""
    error = error_of(said(status, {"code": "unauthorised", "reason": "no"}), ask=ask)
    assert isinstance(error, BrokerAccessDenied)
    assert not error.retryable


def test_a_busy_broker_is_asked_again_when_it_says() -> None:
    """429 means that nothing was done; Retry-After is seconds or a moment."""
    soon = format_datetime(datetime.now(UTC) - timedelta(seconds=5), usegmt=True)
    for told in ("0", soon):
        with client(said(429, **{"retry-after": told}), said(200, TAKEN)) as (broker, server):
            assert broker.submit(BUY).broker_order_id == "B-1"
            assert len(server.asked) == 2


@pytest.mark.parametrize("told", ["3600", format_datetime(datetime(2999, 1, 1, tzinfo=UTC), usegmt=True)])
def test_a_broker_that_is_busy_for_long_is_unavailable_at_once(told: str) -> None:
    """No thread sleeps for an hour: the step's own retries wait."""
    error = error_of(said(429, **{"retry-after": told}))
    assert type(error) is BrokerUnavailable
    assert "nothing was done" in error.message


@pytest.mark.parametrize("told", ["soon", "-1", "1.5", ""])
def test_a_wait_that_is_none_is_the_usual_one(told: str) -> None:
    """A busy broker is never asked again at once."""
    error = error_of(said(429, **{"retry-after": told}), busy=0.9)
    assert "asks to wait 1 seconds" in error.message


def test_a_broker_that_never_answers_is_left_after_a_while() -> None:
    """A change that hangs is of unknown outcome."""
    late = Said(200, json.dumps(TAKEN), after=1.0)
    assert type(error_of(late, answer=0.1)) is OutcomeUnknown
    assert type(error_of(late, answer=0.1, ask="find")) is BrokerUnavailable


def test_what_the_client_says_of_simulated_is_what_the_broker_says() -> None:
    """Asked of whoever answers there, once a minute; anything but yes or no is no answer."""
    health = {"name": "x", "version": "v1", "simulated": False, "since": "a newer version's field"}
    with client(said(200, health)) as (broker, server):
        assert broker.simulated is False
        assert broker.simulated is False
        assert [each[1] for each in server.asked] == ["/v1/health"]
    with client(said(200, {**health, "simulated": "no"})) as (broker, _), pytest.raises(AnswerUnreadable):
        _ = broker.simulated


def test_an_id_stays_inside_its_part_of_the_address() -> None:
    """Whatever an id contains, it is one id."""
    with client(said(200, STANDS)) as (broker, server):
        with pytest.raises(AnswerUnreadable):
            broker.find("../health?x=#")
        assert server.asked[0][1] == "/v1/orders/..%2Fhealth%3Fx%3D%23"


def test_the_token_is_in_no_error_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever goes wrong, the token stays where it was given."""
    caplog.set_level(logging.DEBUG)
    faults = [said(0), said(500), said(401), Said(200, "{"), said(422, {"code": "refused", "reason": "r"})]
    for answer in faults:
        error = error_of(answer)
        assert TOKEN not in "".join(traceback.format_exception(error)) + repr(error)
    assert "127.0.0.1" in caplog.text
    assert TOKEN not in caplog.text


def test_the_environment_replaces_neither_token_nor_route(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """A proxy or a .netrc on the machine does not come between."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with client(said(200, TAKEN)) as (broker, server):
        broker.submit(BUY)
    assert server.asked[0][3]["authorization"] == f"Bearer {TOKEN}"
