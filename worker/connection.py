"""Reaching Temporal: the address, namespace and TLS that the settings and Temporal's own settings say."""

import asyncio
from dataclasses import dataclass
from typing import Any

from temporalio.client import Client
from temporalio.envconfig import ClientConfigProfile
from temporalio.service import RPCError

from store.keyring import open_keyring
from worker.converter import data_converter
from worker.errors import BadSettings, ServerUnreachable
from worker.identity import worker_identity
from worker.settings import Settings

ANSWERS_WITHIN = 3.0  # seconds until a server counts as unreachable


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where Temporal is: `options` holds TLS, API key and headers as the client takes them."""

    address: str
    namespace: str
    options: dict[str, Any]


def endpoint(settings: Settings) -> Endpoint:
    """Flags and KRONOS_* first, then TEMPORAL_* and the profile, then kronos.toml, then the default."""
    try:
        profile = ClientConfigProfile.load(profile=settings.profile).to_client_connect_config()
    except RuntimeError as error:
        raise BadSettings(f"Temporal's own settings cannot be read: {error}") from error
    options = dict(profile)
    address = options.pop("target_host", None)
    namespace = options.pop("namespace", None)
    return Endpoint(
        address=settings.address or str(address or settings.fallback_address),
        namespace=settings.namespace or str(namespace or settings.fallback_namespace),
        options=options,
    )


async def connect(settings: Settings, *, within: float = ANSWERS_WITHIN) -> Client:
    """A client that encrypts with the keys of the settings; ServerUnreachable after `within` seconds."""
    place = endpoint(settings)
    keyring = open_keyring(settings.keys_file)
    connecting = Client.connect(
        place.address,
        namespace=place.namespace,
        data_converter=data_converter(keyring, place.namespace),
        identity=worker_identity(settings),
        **place.options,
    )
    try:
        return await asyncio.wait_for(connecting, within)
    except (RuntimeError, RPCError, TimeoutError, ValueError) as error:
        raise ServerUnreachable(
            f"no Temporal server answers at {place.address}; start one with `kronos up`, "
            "or give its address with --address or TEMPORAL_ADDRESS"
        ) from error
