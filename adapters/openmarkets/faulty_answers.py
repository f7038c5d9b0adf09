"""Between the sandbox and the socket: answers that come late, wrong, or not at all."""

import asyncio
from collections import Counter

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from adapters.openmarkets import wire
from adapters.openmarkets.faults import AnswerRule, Call, Fault, Faults
from adapters.openmarkets.wire import Problem

CLOSE = "kronos.close_connection"


class ClosableConnection(H11Protocol):
    """HTTP as uvicorn speaks it, with a way for the application to close the connection unanswered."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Have every request of this connection carry the way to close it."""
        super().connection_made(transport)
        app = self.app

        async def closable(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, CLOSE: transport.abort}, receive, send)

        self.app = closable


async def close_connection(scope: Scope, receive: Receive) -> None:
    """Close the connection of this request; whatever is answered afterwards goes nowhere."""
    scope[CLOSE]()
    await _gone(receive)


class FaultyAnswers:
    """The application, whose answers meet the faults of a script."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults
        self._seen: Counter[Call] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or not."""
        call = _call(scope)
        if call is None:
            return await self._app(scope, receive, send)
        self._seen[call] += 1
        rule = self._faults.of(call, self._seen[call])
        if rule is None:
            await self._app(scope, receive, send)
        elif rule.does is Fault.BUSY:
            await _answer(429, wire.BUSY, {"retry-after": str(rule.seconds)})(scope, receive, send)
        elif rule.does is Fault.LOSE:
            await close_connection(scope, receive)
        else:
            await self._carry_out(rule, scope, receive, send)

    async def _carry_out(self, rule: AnswerRule, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application do its work, and change what is said of it."""
        said: list[Message] = []

        async def keep(message: Message) -> None:
            said.append(message)

        await self._app(scope, receive, keep)
        match rule.does:
            case Fault.DROP:
                await close_connection(scope, receive)
            case Fault.HANG:
                await _gone(receive)
            case Fault.ERROR:
                await _answer(500, wire.FAILED, {})(scope, receive, send)
            case _:
                if rule.does is Fault.SLOW:
                    await asyncio.sleep(rule.seconds)
                for message in _halved(said) if rule.does is Fault.GARBLE else said:
                    await send(message)


def _call(scope: Scope) -> Call | None:
    """What a request asks for; None for what no fault is meant for."""
    if scope["type"] != "http" or not scope["path"].startswith(wire.ORDERS):
        return None
    if scope["path"].endswith("/executions"):
        return Call.EXECUTIONS
    if scope["method"] == "GET" and scope["path"] == wire.ORDERS:
        return Call.LIST
    return {"POST": Call.SUBMIT, "GET": Call.FIND, "DELETE": Call.CANCEL, "PATCH": Call.AMEND}.get(
        scope["method"]
    )


def _answer(status: int, code: str, headers: dict[str, str]) -> JSONResponse:
    problem = Problem(code=code, reason="as the sandbox's script has it")
    return JSONResponse(problem.model_dump(), status, headers)


async def _gone(receive: Receive) -> None:
    """Wait until the connection is closed, by us or by a client that has lost patience."""
    while (await receive())["type"] != "http.disconnect":
        continue


def _halved(said: list[Message]) -> list[Message]:
    """The same answer with half of its content, and a length that fits."""
    body = b"".join(message.get("body", b"") for message in said)
    half = body[: len(body) // 2]
    start = next(message for message in said if message["type"] == "http.response.start")
    headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
    headers.append((b"content-length", str(len(half)).encode()))
    return [{**start, "headers": headers}, {"type": "http.response.body", "body": half}]
