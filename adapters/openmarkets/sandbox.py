"""The sandbox: the simulated exchange behind the broker's API, as an ASGI application."""

import hmac
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime
from starlette.types import ASGIApp

from adapters.broker import Acknowledgement, BrokerOrderState, BrokerUnavailable, OrderRefused, OutcomeUnknown
from adapters.openmarkets import wire
from adapters.openmarkets.faults import Faults
from adapters.openmarkets.faulty_answers import FaultyAnswers, close_connection
from adapters.openmarkets.wire import (
    AmendAsk,
    Executions,
    Health,
    OrderAsk,
    OrderId,
    Orders,
    PricesAsk,
    Problem,
)
from adapters.simulated_exchange import SimulatedExchange

NAME = "openmarkets sandbox"


class NotAuthorised(Exception):
    """The request has no token, or another one."""


class NoSuchOrder(Exception):
    """No order of that id ever arrived."""


def sandbox(exchange: SimulatedExchange, token: str, faults: Faults) -> ASGIApp:
    """The broker's API over `exchange`, for whoever has the token; answers meet `faults`."""
    return FaultyAnswers(_api(exchange, token), faults)


def _api(exchange: SimulatedExchange, token: str) -> FastAPI:
    # The pages of documentation load scripts from elsewhere; the schema alone does not.
    api = FastAPI(
        title=NAME,
        version=wire.VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url=f"/{wire.VERSION}/openapi.json",
        dependencies=[Depends(_only_with(token))],
        exception_handlers=_PROBLEMS,
    )

    @api.post(wire.ORDERS)
    def submit(ask: OrderAsk) -> Acknowledgement:
        """Take an order, once."""
        return exchange.submit(ask.order)

    @api.get(wire.ORDERS)
    def received(since: AwareDatetime) -> Orders:
        """Every order received from a moment on."""
        return Orders(orders=exchange.received_since(since))

    @api.get(f"{wire.ORDERS}/{{client_order_id}}")
    def find(client_order_id: OrderId) -> BrokerOrderState:
        """An order as it stands."""
        return _known(exchange, client_order_id)

    @api.get(f"{wire.ORDERS}/{{client_order_id}}/executions")
    def executions(client_order_id: OrderId) -> Executions:
        """The fills of an order so far."""
        _known(exchange, client_order_id)
        return Executions(executions=exchange.executions(client_order_id))

    @api.patch(f"{wire.ORDERS}/{{client_order_id}}")
    def amend(client_order_id: OrderId, ask: AmendAsk) -> BrokerOrderState:
        """Change a working order."""
        _known(exchange, client_order_id)
        return exchange.amend(ask.amendment(client_order_id))

    @api.delete(f"{wire.ORDERS}/{{client_order_id}}")
    def cancel(client_order_id: OrderId) -> BrokerOrderState:
        """Stop working an order."""
        _known(exchange, client_order_id)
        return exchange.cancel(client_order_id)

    @api.get(wire.HEALTH)
    def health() -> Health:
        """Who answers, and that no real money moves here."""
        return Health(name=NAME, version=wire.VERSION, simulated=exchange.simulated)

    @api.put(wire.PRICES, status_code=204)
    def load_prices(ask: PricesAsk) -> None:
        """Trade at these prices from now on."""
        exchange.load_prices(ask.prices, ask.as_of)

    return api


def _only_with(token: str) -> Callable[..., None]:
    expected = f"Bearer {token}".encode()

    def authorised(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), expected):
            raise NotAuthorised

    return authorised


def _known(exchange: SimulatedExchange, client_order_id: str) -> BrokerOrderState:
    found = exchange.find(client_order_id)
    if found is None:
        raise NoSuchOrder(client_order_id)
    return found


def _problem(status: int, code: str, reason: str) -> Response:
    return JSONResponse(Problem(code=code, reason=reason).model_dump(), status)


async def _not_authorised(request: Request, error: Any) -> Response:
    return _problem(401, wire.UNAUTHORISED, "expected the header Authorization: Bearer TOKEN")


async def _invalid(request: Request, error: Any) -> Response:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return _problem(400, wire.INVALID, f"{place}: {first['msg']}")


async def _no_such_order(request: Request, error: Any) -> Response:
    return _problem(404, wire.UNKNOWN_ORDER, f"there is no order {error}")


async def _refused(request: Request, error: Any) -> Response:
    return _problem(422, wire.REFUSED, error.message)


async def _unavailable(request: Request, error: Any) -> Response:
    return _problem(503, wire.FAILED, error.message)


async def _unanswered(request: Request, error: Any) -> Response:
    await close_connection(request.scope, request.receive)
    return _problem(504, wire.FAILED, error.message)


_PROBLEMS: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    NotAuthorised: _not_authorised,
    RequestValidationError: _invalid,
    NoSuchOrder: _no_such_order,
    OrderRefused: _refused,
    BrokerUnavailable: _unavailable,
    OutcomeUnknown: _unanswered,
}
