"""Reaching Temporal where the settings say."""

import asyncio

from temporalio.client import Client
from temporalio.service import RPCError

from store.keyring import open_keyring
from worker.converter import data_converter
from worker.endpoint import endpoint
from worker.errors import ServerUnreachable
from worker.identity import worker_identity
from worker.settings import Settings

ANSWERS_WITHIN = 3.0  # seconds until a server counts as unreachable


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
