"""Open Markets as a broker: one HTTP connection pool, one token, errors as brokers have them.

AdapterError
├── BrokerAccessDenied       the broker does not accept the token; nothing was done
├── OrderRefused
│   └── OrderNotThere        in the broker's own words, it has no order of that id
└── OutcomeUnknown
    └── AnswerUnreadable     an answer that cannot be understood leaves the outcome as open as none
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from adapters.broker import (
    Acknowledgement,
    Amendment,
    BrokerOrder,
    BrokerOrderState,
    BrokerUnavailable,
    Execution,
    OrderRefused,
    OutcomeUnknown,
)
from adapters.errors import AdapterError
from adapters.openmarkets import wire

Answered = TypeVar("Answered")
OfAnOrder = TypeVar("OfAnOrder", Acknowledgement, BrokerOrderState, Execution)

FIRST_PAUSE = 0.1  # seconds, doubled each time that a question is asked again
USUAL_WAIT = 1.0  # seconds, when a busy broker does not say how long
HEALTH_HOLDS = 60.0  # seconds; whoever answers at an address may be another one by and by
LONGEST_REASON = 500


class BrokerAccessDenied(AdapterError):
    """The broker does not accept the token; nothing was done."""


class AnswerUnreadable(OutcomeUnknown):
    """The broker's answer cannot be understood: what was asked may or may not have been done."""


class OrderNotThere(OrderRefused):
    """The broker says that it has no order of that id."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait: to be connected, for an answer, in all for a broker that is busy, and in all
    for the answer to a question, which is asked again meanwhile."""

    connect: float = 3.0
    answer: float = 10.0
    busy: float = 20.0
    question: float = 5.0


USUAL_PATIENCE = Patience()


class OpenMarkets:
    """Trades through the broker at `address`, such as `https://api.example.com`; threads may share it."""

    name = "openmarkets"

    def __init__(self, address: str, token: str, patience: Patience = USUAL_PATIENCE) -> None:
        self._address = address
        self._patience = patience
        self._health: tuple[float, wire.Health] | None = None
        self._http = httpx.Client(
            base_url=address,
            headers={"authorization": f"Bearer {token}", "accept": "application/json"},
            timeout=httpx.Timeout(patience.answer, connect=patience.connect),
            # Nothing from the environment: a .netrc there would replace the token.
            trust_env=False,
        )

    @property
    def simulated(self) -> bool:
        """Whether no real money moves there, as the broker itself says."""
        if self._health is None or time.monotonic() - self._health[0] > HEALTH_HOLDS:
            self._health = (time.monotonic(), self._question(wire.HEALTH, wire.Health))
        return self._health[1].simulated

    def submit(self, order: BrokerOrder) -> Acknowledgement:
        """Send `order`; an id the broker has already is answered with the order it has."""
        content = self._ask("POST", wire.ORDERS, wire.OrderAsk.of(order).model_dump_json())
        return self._about(order.client_order_id, self._read(content, Acknowledgement))

    def find(self, client_order_id: str) -> BrokerOrderState | None:
        """The order of that id, or None if the broker says that it never arrived."""
        try:
            found = self._question(_order(client_order_id), BrokerOrderState)
        except OrderNotThere:
            return None
        return self._about(client_order_id, found)

    def executions(self, client_order_id: str) -> list[Execution]:
        """Every fill of the order so far; empty for an id the broker does not have."""
        try:
            answer = self._question(f"{_order(client_order_id)}/executions", wire.Executions)
        except OrderNotThere:
            return []
        return [self._about(client_order_id, each) for each in answer.executions]

    def received_since(self, moment: datetime) -> list[BrokerOrderState]:
        """Every order that the broker received from `moment` on, oldest first."""
        since = quote(moment.astimezone(UTC).isoformat(), safe="")
        return self._question(f"{wire.ORDERS}?since={since}", wire.Orders).orders

    def cancel(self, client_order_id: str) -> BrokerOrderState:
        """Stop working the order and answer what became of it; a closed order stays as it is."""
        content = self._ask("DELETE", _order(client_order_id))
        return self._about(client_order_id, self._read(content, BrokerOrderState))

    def amend(self, amendment: Amendment) -> BrokerOrderState:
        """Change a working order in one step and answer how it stands; made before, it is not made again."""
        path = _order(amendment.client_order_id)
        content = self._ask("PATCH", path, wire.AmendAsk.of(amendment).model_dump_json())
        return self._about(amendment.client_order_id, self._read(content, BrokerOrderState))

    def load_prices(self, prices: Mapping[str, Decimal], as_of: str) -> None:
        """Have a sandbox trade at `prices` from now on; other brokers refuse it."""
        asked = wire.PricesAsk(prices=dict(prices), as_of=as_of)
        self._ask("PUT", wire.PRICES, asked.model_dump_json())

    def close(self) -> None:
        """Give every connection back."""
        self._http.close()

    def _question(self, path: str, kind: type[Answered]) -> Answered:
        """The answer to a question, which changes nothing and so is asked again while there is none."""
        until, pause = time.monotonic() + self._patience.question, FIRST_PAUSE
        while True:
            try:
                return self._read(self._ask("GET", path), kind)
            except (BrokerUnavailable, AnswerUnreadable):
                if time.monotonic() + pause > until:
                    raise
            time.sleep(pause)
            pause *= 2

    def _ask(self, method: str, path: str, body: str | None = None) -> bytes:
        """What the broker says to this; while it is busy it is asked again, when it says."""
        until = time.monotonic() + self._patience.busy
        while True:
            answer = self._send(method, path, body)
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                return self._accepted(answer)
            wait = _told_to_wait(answer, datetime.now(UTC))
            if time.monotonic() + wait > until:
                raise BrokerUnavailable(
                    f"{self.name} is busy and asks to wait {wait:.0f} seconds; nothing was done"
                )
            time.sleep(wait)

    def _send(self, method: str, path: str, body: str | None) -> httpx.Response:
        headers = {} if body is None else {"content-type": "application/json"}
        try:
            return self._http.request(method, path, content=body, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise BrokerUnavailable(
                f"{self.name} cannot be reached at {self._address}; nothing was sent"
            ) from error
        except httpx.RequestError as error:
            raise self._unanswered(method, type(error).__name__) from error

    def _accepted(self, answer: httpx.Response) -> bytes:
        """The content of an answer that says yes; else the error that it means."""
        status = answer.status_code
        if answer.is_success:
            return answer.content
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise BrokerAccessDenied(
                f"{self.name} does not accept the token (status {status}); nothing was done; "
                "mend KRONOS_BROKER_TOKEN or the token's file, and start the worker anew"
            )
        if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.REQUEST_TIMEOUT:
            raise self._unanswered(answer.request.method, f"status {status}")
        # Only in the broker's own words is it the broker's: a page of a proxy, or of a wrong
        # address, says nothing about an order.
        problem = self._read(answer.content, wire.Problem)
        kind = OrderNotThere if problem.code == wire.UNKNOWN_ORDER else OrderRefused
        raise kind(problem.reason[:LONGEST_REASON])

    def _unanswered(self, method: str, how: str) -> BrokerUnavailable | OutcomeUnknown:
        """Of a question that was lost nothing remains; of a change it is not known."""
        if method == "GET":
            return BrokerUnavailable(f"{self.name} did not answer a question ({how})")
        return OutcomeUnknown(f"{self.name} was asked to {_WORDS[method]} and did not answer ({how})")

    def _read(self, content: bytes, kind: type[Answered]) -> Answered:
        try:
            return TypeAdapter(kind).validate_json(content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "all of it"
            raise AnswerUnreadable(
                f"{self.name} gave an answer that is no {kind.__name__}: {place}: {first['msg']}"
            ) from None

    def _about(self, client_order_id: str, answer: OfAnOrder) -> OfAnOrder:
        """The answer, if it is about that order."""
        if answer.client_order_id != client_order_id:
            raise AnswerUnreadable(
                f"{self.name} was asked about order {client_order_id} and answered about "
                f"{answer.client_order_id}"
            )
        return answer


_WORDS = {
    "POST": "take an order",
    "PATCH": "change an order",
    "DELETE": "cancel an order",
    "PUT": "trade at new prices",
}


def _order(client_order_id: str) -> str:
    return f"{wire.ORDERS}/{quote(client_order_id, safe='')}"


def _told_to_wait(answer: httpx.Response, now: datetime) -> float:
    """Seconds of the header Retry-After, which is a number or a moment (RFC 9110, 10.2.3)."""
    told = answer.headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(told)
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return USUAL_WAIT
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
