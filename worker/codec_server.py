"""The codec endpoint: what lets the web UI and Temporal's own command line read encrypted payloads.

It listens on this machine only (in a container behind one), answers browsers from the web UI's exact
origins alone, takes a bearer token when one is set, and writes one line for each call: who asked for
how many payloads, never what was in them.
"""

import hmac
import logging
from collections.abc import Sequence
from typing import Any

from google.protobuf import json_format
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from temporalio.api.common.v1 import Payloads

from store.keyring import Keyring
from worker.codec import EncryptionCodec
from worker.http_server import HttpServer, start_http_server
from worker.ports import LOCAL

LOG = logging.getLogger("kronos.codec")
LARGEST_BODY = 16 * 2**20


def origins(ui_port: int) -> tuple[str, ...]:
    """The two ways a browser on this machine names the web UI."""
    return (f"http://{LOCAL}:{ui_port}", f"http://localhost:{ui_port}")


def start_codec_server(
    keyring: Keyring,
    allowed_origins: Sequence[str],
    *,
    port: int = 0,
    host: str = LOCAL,
    token: str | None = None,
) -> HttpServer:
    """An endpoint that answers; port 0 takes a free one. A port in use is BadSettings."""
    app = codec_app(keyring, allowed_origins, token)
    return start_http_server(app, "codec endpoint", port=port, host=host, flag="--codec-port")


def codec_app(keyring: Keyring, allowed_origins: Sequence[str], token: str | None = None) -> Starlette:
    """The endpoint as an ASGI application: POST /encode and /decode, GET /health."""
    endpoint = _Endpoint(keyring, frozenset(allowed_origins), token)
    cors = Middleware(
        CORSMiddleware,
        allow_origins=list(allowed_origins),
        allow_methods=["POST"],
        allow_headers=["content-type", "x-namespace", "authorization"],
        allow_credentials=True,  # the web UI may send its cookies along
    )
    routes = [
        Route("/encode", endpoint.encode, methods=["POST"]),
        Route("/decode", endpoint.decode, methods=["POST"]),
        Route("/health", _health, methods=["GET"]),
    ]
    return Starlette(routes=routes, middleware=[cors])


class _Endpoint:
    """The two operations over one keyring."""

    def __init__(self, keyring: Keyring, allowed: frozenset[str], token: str | None) -> None:
        self._keyring = keyring
        self._allowed = allowed
        self._token = token

    async def encode(self, request: Request) -> Response:
        """The payloads of the body, encrypted."""
        return await self._answer(request, "encode")

    async def decode(self, request: Request) -> Response:
        """The payloads of the body, decrypted where a key here opens them."""
        return await self._answer(request, "decode")

    async def _answer(self, request: Request, operation: str) -> Response:
        refusal = self._refuse(request)
        if refusal is not None:
            return refusal
        try:
            payloads = json_format.Parse(await _body(request), Payloads())
        except (json_format.ParseError, ValueError) as error:
            return _problem(400, f"expected {{'payloads': [...]}} as Temporal writes it: {error}")
        namespace = request.headers.get("x-namespace", "default")
        codec = EncryptionCodec(self._keyring, namespace)
        changed = await (codec.encode if operation == "encode" else codec.decode)(payloads.payloads)
        _audit(request, operation, namespace, len(changed))
        return JSONResponse(_plain(changed))

    def _refuse(self, request: Request) -> Response | None:
        """Why this caller gets nothing; browsers of other sites are told by their origin."""
        origin = request.headers.get("origin")
        if origin is not None and origin not in self._allowed:
            LOG.warning("refused origin=%s", origin)
            return _problem(403, f"origin {origin} is not the web UI of this server")
        if self._token is not None and not _same(request.headers.get("authorization", ""), self._token):
            LOG.warning("refused client=%s: no valid token", _client(request))
            return _problem(401, "expected the header Authorization: Bearer TOKEN")
        return None


async def _health(request: Request) -> Response:
    return PlainTextResponse("ok")


async def _body(request: Request) -> bytes:
    body = await request.body()
    if len(body) > LARGEST_BODY:
        raise ValueError(f"the body is over {LARGEST_BODY} bytes")
    return body


def _plain(payloads: Sequence[Any]) -> dict[str, Any]:
    return json_format.MessageToDict(Payloads(payloads=payloads))


def _audit(request: Request, operation: str, namespace: str, count: int) -> None:
    LOG.info(
        "%s namespace=%s payloads=%d client=%s origin=%s",
        operation,
        namespace,
        count,
        _client(request),
        request.headers.get("origin", "-"),
    )


def _client(request: Request) -> str:
    return "-" if request.client is None else request.client.host


def _same(header: str, token: str) -> bool:
    return hmac.compare_digest(header.encode(), f"Bearer {token}".encode())


def _problem(status: int, message: str) -> Response:
    return JSONResponse({"message": message}, status_code=status)
