"""A server that answers every request as a test says, one answer after the other."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Said:
    """One answer, given after so many seconds; a status of 0 closes the connection without one."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    after: float = 0.0


@dataclass
class OddServer:
    """Where it listens, and what it was asked."""

    address: str
    asked: list[tuple[str, str, str, Mapping[str, str]]]


@contextmanager
def odd_server(answers: Sequence[Said]) -> Iterator[OddServer]:
    """A server that gives these answers in turn, the last of them again and again."""
    seen = OddServer("", [])

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            answer = answers[min(len(seen.asked), len(answers) - 1)]
            seen.asked.append((self.command, self.path, body, dict(self.headers)))
            self.close_connection = True
            time.sleep(answer.after)
            if not answer.status:
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):  # the client has left
                self.wfile.write(answer.body.encode())

        do_GET = do_POST = do_DELETE = do_PUT = _answer

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
