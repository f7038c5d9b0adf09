"""The broker that the settings name."""

import logging
import os
from pathlib import Path
from urllib.parse import urlsplit

from adapters.broker import Broker
from adapters.simulated_exchange import SimulatedExchange
from worker.errors import BadSettings
from worker.settings import Settings

TOKEN = "KRONOS_BROKER_TOKEN"  # never a flag: flags show in the list of processes
THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


def build_broker(settings: Settings) -> Broker:
    """The broker, not reached yet; BadSettings when an address or a token is missing or makes no sense."""
    if settings.broker == "simulated":
        return SimulatedExchange(settings.data, sessions=settings.broker_sessions)
    from adapters.openmarkets.client import OpenMarkets  # takes long to import

    # A line for each request, which at a broker's pace nobody reads.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return OpenMarkets(_address(settings.broker_url), _token(settings.broker_token_file))


def _address(told: str | None) -> str:
    if told is None:
        raise BadSettings(
            "the broker openmarkets needs an address: set KRONOS_BROKER_URL; "
            "`kronos broker sandbox` starts one to try",
            "broker_url",
        )
    try:
        parts = urlsplit(told)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise BadSettings(f"broker_url is no address: {error}", "broker_url") from None
    if parts.username is not None or parts.password is not None:
        raise BadSettings(f"broker_url must not carry a password; give the token in {TOKEN}", "broker_url")
    if parts.scheme not in ("http", "https") or not host:
        raise BadSettings(f"broker_url is {told}; expected https://HOST[:PORT]", "broker_url")
    if parts.scheme == "http" and host not in THIS_MACHINE:
        raise BadSettings(
            f"broker_url is {told}: beyond this machine the token would travel in plain text; use https",
            "broker_url",
        )
    return told


def _token(file: Path | None) -> str:
    """The token of the environment, else of the file that the settings name."""
    token = os.environ.get(TOKEN) or _token_in(file)
    if not token.isascii() or not token.isprintable() or " " in token:
        raise BadSettings("the broker's token has characters that no token has", "broker_token_file")
    return token


def _token_in(file: Path | None) -> str:
    if file is None:
        raise BadSettings(
            f"the broker openmarkets needs a token: set {TOKEN}, or name its file in {TOKEN}_FILE",
            "broker_token_file",
        )
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(
            f"the broker's token cannot be read from {file}: {error}", "broker_token_file"
        ) from None
    if not token:
        raise BadSettings(f"the broker's token in {file} is empty", "broker_token_file")
    return token
