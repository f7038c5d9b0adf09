"""An HTTP server of this process, in a thread of its own."""

import asyncio
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any

import uvicorn

from worker.errors import BadSettings, ServerUnreachable
from worker.ports import LOCAL

STARTS_WITHIN = 10.0
# Requests under way when the server is told to stop end within this, or are cut off.
ENDS_WITHIN = 3


@dataclass(frozen=True, slots=True)
class HttpServer:
    """A server that answers."""

    url: str
    server: uvicorn.Server
    thread: threading.Thread

    def stop(self) -> None:
        """End the server and wait for its thread."""
        self.server.should_exit = True
        self.thread.join(STARTS_WITHIN)

    async def failed(self) -> None:
        """Return when the server has been stopped; raises when it ended by itself."""
        await asyncio.to_thread(self.thread.join)
        if not self.server.should_exit:
            raise ServerUnreachable(f"the server at {self.url} has ended by itself")


def start_http_server(app: Any, what: str, *, port: int, host: str, flag: str, **options: Any) -> HttpServer:
    """A server of the ASGI application `app` that answers; port 0 takes a free one.

    `what` it is called and which `flag` chooses its port stand in errors; a port in use is
    BadSettings. `options` are uvicorn's.
    """
    listener = _listen(host, port, flag)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=ENDS_WITHIN,
        **options,
    )
    server = uvicorn.Server(config)
    # In a thread uvicorn leaves signals alone, and a busy main thread does not slow it.
    thread = threading.Thread(target=server.run, args=([listener],), name=what, daemon=True)
    thread.start()
    deadline = time.monotonic() + STARTS_WITHIN
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise ServerUnreachable(f"the {what} did not start")
        time.sleep(0.005)
    return HttpServer(f"http://{LOCAL}:{listener.getsockname()[1]}", server, thread)


def _listen(host: str, port: int, flag: str) -> socket.socket:
    # Named as TCP, so that asyncio sends small answers at once: head and body are two writes, and
    # otherwise the second would wait 40 ms for the first to be acknowledged.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise BadSettings(
            f"port {port} is in use by another program; stop it or choose another with {flag}"
        ) from error
    listener.listen(128)
    return listener
