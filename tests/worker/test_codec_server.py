"""The codec endpoint over a real socket: what it tells whom."""

import base64
import http.client
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from store.keyring import Keyring, fingerprint
from worker.codec_server import origins, start_codec_server
from worker.errors import BadSettings
from worker.http_server import HttpServer
from worker.ports import free_ports, listening

KEY = bytes(range(32))
UI_PORT = 8233
ORIGIN = f"http://127.0.0.1:{UI_PORT}"
TOKEN = "s3cret"


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    """An endpoint for a web UI on port 8233."""
    started = start_codec_server(keyring(), origins(UI_PORT))
    yield started
    started.stop()


def keyring() -> Keyring:
    """One fixed key."""
    return Keyring({fingerprint(KEY): KEY}, fingerprint(KEY), KEY)


def ask(
    server: HttpServer, path: str, body: Any = None, method: str = "POST", **headers: str
) -> tuple[int, Any, dict[str, str]]:
    """Status, JSON (or text) and headers of one request."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, None if body is None else json.dumps(body), names)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    found = {name.lower(): value for name, value in response.getheaders()}
    return response.status, json.loads(text) if text.startswith("{") else text, found


def plain(value: Any) -> dict[str, Any]:
    """A payload as Temporal's command line writes it."""
    return {
        "metadata": {"encoding": base64.b64encode(b"json/plain").decode()},
        "data": base64.b64encode(json.dumps(value).encode()).decode(),
    }


def test_what_was_encoded_is_decoded_again(server: HttpServer) -> None:
    """The forms are those of Temporal's own command line and web UI."""
    status, encoded, _ = ask(
        server, "/encode", {"payloads": [plain({"name": "Sarah"})]}, X_Namespace="default"
    )
    assert status == 200
    assert b"Sarah" not in base64.b64decode(encoded["payloads"][0]["data"])
    status, decoded, _ = ask(server, "/decode", encoded, X_Namespace="default")
    assert status == 200
    assert decoded["payloads"] == [plain({"name": "Sarah"})]


def test_the_namespace_belongs_to_the_payload(server: HttpServer) -> None:
    """Decoding for another namespace hands the ciphertext back as it is."""
    _, encoded, _ = ask(server, "/encode", {"payloads": [plain(1)]}, X_Namespace="one")
    _, decoded, _ = ask(server, "/decode", encoded, X_Namespace="two")
    assert decoded == encoded


@pytest.mark.parametrize("origin", [ORIGIN, f"http://localhost:{UI_PORT}"])
def test_the_web_ui_may_ask(server: HttpServer, origin: str) -> None:
    """A browser's preflight and its request are both answered for the web UI's own origins."""
    status, _, headers = ask(
        server,
        "/decode",
        method="OPTIONS",
        Origin=origin,
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="content-type,x-namespace",
    )
    assert (status, headers["access-control-allow-origin"]) == (200, origin)
    status, _, headers = ask(server, "/decode", {"payloads": []}, Origin=origin)
    assert (status, headers["access-control-allow-origin"]) == (200, origin)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", f"https://127.0.0.1:{UI_PORT}", "http://127.0.0.1:1", "null"]
)
def test_other_sites_get_nothing(server: HttpServer, origin: str) -> None:
    """Not even a name that points here: the origin must be the web UI's, exactly."""
    status, _, headers = ask(
        server, "/decode", method="OPTIONS", Origin=origin, Access_Control_Request_Method="POST"
    )
    assert status == 400
    assert "access-control-allow-origin" not in headers
    status, answer, _ = ask(server, "/decode", {"payloads": [plain("Sarah")]}, Origin=origin)
    assert status == 403
    assert "payloads" not in answer


@pytest.mark.parametrize("body", [None, {"payloads": 3}, {"other": []}])
def test_what_is_no_payloads_is_refused(server: HttpServer, body: Any) -> None:
    """A wrong body is the caller's fault, and is said to be."""
    status, answer, _ = ask(server, "/decode", body)
    assert status == 400
    assert "payloads" in answer["message"]


def test_every_decode_leaves_a_line_without_content(
    server: HttpServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The line says who and how many, never what."""
    with caplog.at_level(logging.INFO, "kronos.codec"):
        ask(server, "/decode", {"payloads": [plain({"name": "Sarah"})]}, X_Namespace="default", Origin=ORIGIN)
    [line] = [record.getMessage() for record in caplog.records if record.name == "kronos.codec"]
    assert line == f"decode namespace=default payloads=1 client=127.0.0.1 origin={ORIGIN}"


def test_with_a_token_only_its_bearer_is_answered() -> None:
    """A wrong or missing token is refused before anything is decrypted."""
    started = start_codec_server(keyring(), origins(UI_PORT), token=TOKEN)
    try:
        answers = [
            ask(started, "/decode", {"payloads": []}, **headers)[0]
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {TOKEN}"})
        ]
        assert answers == [401, 401, 200]
    finally:
        started.stop()


def test_health_is_answered_and_nothing_else(server: HttpServer) -> None:
    """There are two operations and a health check."""
    assert ask(server, "/health", method="GET")[:2] == (200, "ok")
    assert ask(server, "/decode", method="GET")[0] == 405
    assert ask(server, "/keys", method="GET")[0] == 404


def test_a_port_in_use_is_named(server: HttpServer) -> None:
    """The message says which port and which flag."""
    port = int(server.url.rpartition(":")[2])
    with pytest.raises(BadSettings, match=f"port {port} .*--codec-port"):
        start_codec_server(keyring(), (), port=port)


def test_it_stops() -> None:
    """Nothing listens afterwards."""
    [port] = free_ports(1)
    started = start_codec_server(keyring(), (), port=port)
    started.stop()
    assert not listening(port)
