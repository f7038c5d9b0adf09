"""Reaching Temporal where the settings say."""

import asyncio
from typing import Any

from temporalio.client import Client
from temporalio.service import RPCError

from store.keyring import read_keyring
from worker.converter import data_converter
from worker.endpoint import Endpoint, endpoint
from worker.errors import ServerUnreachable
from worker.identity import worker_identity
from worker.settings import Settings

ANSWERS_WITHIN = 3.0  # seconds until a server counts as unreachable


async def connect(settings: Settings, *, within: float = ANSWERS_WITHIN) -> Client:
    """A client that encrypts with the keys of the settings.

    ServerUnreachable after `within` seconds; `NoKeys` where a server answers, but there is no file of
    keys: what a client would encrypt with keys of its own, no worker could read.
    """
    place = endpoint(settings)
    if not settings.keys_file.exists():
        await _reach(place, within)
        raise ServerUnreachable(
            f"there are no keys at {settings.keys_file}; `kronos up` makes them, --data or KRONOS_DATA says "
            "where the data of the workers are, KRONOS_KEYS where their keys are",
            name="NoKeys",
        )
    converter = data_converter(read_keyring(settings.keys_file), place.namespace)
    return await _reach(place, within, data_converter=converter, identity=worker_identity(settings))


async def _reach(place: Endpoint, within: float, **more: Any) -> Client:
    connecting = Client.connect(place.address, namespace=place.namespace, **more, **place.options)
    try:
        return await asyncio.wait_for(connecting, within)
    except (RuntimeError, RPCError, TimeoutError, ValueError) as error:
        raise ServerUnreachable(
            f"no Temporal server answers at {place.address}; start one with `kronos up`, "
            "or give its address with --address or TEMPORAL_ADDRESS"
        ) from error
