"""HTTP servers of a process: started, stopped, and quick to answer."""

import asyncio
import socket
from dataclasses import replace

import pytest
import uvicorn

from worker.errors import ServerUnreachable
from worker.http_server import HttpServer, start_http_server


async def app(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def started() -> HttpServer:
    return start_http_server(app, "server", port=0, host="127.0.0.1", flag="--port")


def test_its_connections_are_known_as_tcp() -> None:
    """Only then does asyncio send an answer's second part without waiting 40 ms for the first to arrive."""
    server = started()
    assert server.server.servers[0].sockets[0].proto == socket.IPPROTO_TCP
    server.stop()


async def test_a_server_that_ends_by_itself_is_an_error() -> None:
    """Whoever waits for it hears of it; a server that was stopped is none."""
    server = started()
    waiting = asyncio.create_task(server.failed())
    server.stop()
    await waiting
    died = replace(server, server=uvicorn.Server(uvicorn.Config(app)))
    with pytest.raises(ServerUnreachable, match=r"127\.0\.0\.1"):
        await died.failed()
