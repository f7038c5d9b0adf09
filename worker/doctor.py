"""Checks of settings, keys, database, server and workers: what is wrong, and what to do about it."""

from collections.abc import Awaitable, Callable
from typing import Any

from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client

from adapters.errors import AdapterError
from store.errors import StoreError
from store.keyring import read_keyring
from worker.client import LIGHT_QUEUE
from worker.connection import connect
from worker.dev_server import SEARCH_ATTRIBUTES
from worker.endpoint import endpoint
from worker.errors import ServerUnreachable, WorkerError
from worker.pollers import pollers
from worker.release_check import newest_document
from worker.rpc import named_errors
from worker.settings import Settings
from worker.storage import existing_database

UNREACHABLE = "unreachable"


async def examine(settings: Settings) -> list[dict[str, Any]]:
    """One row a check: `{check, state: ok|failed|unreachable|skipped, finding}`."""
    rows = [
        await _row("keys", _keys, settings),
        await _row("database", _database, settings),
        await _row("release", _release, settings),
        await _row("market data", _market_data, settings),
    ]
    try:
        client = await connect(settings)
    except ServerUnreachable as error:
        rows.append(_finding("server", UNREACHABLE, error.message))
        return rows + [_finding(name, "skipped", "no server") for name in ("search attributes", "workers")]
    place = endpoint(settings)
    rows.append(_finding("server", "ok", f"{place.address}, namespace {place.namespace}"))
    rows.append(await _row("search attributes", lambda _: _attributes(client), settings))
    rows.append(await _row("workers", lambda _: _workers(client, settings), settings))
    return rows


async def _row(name: str, check: Callable[[Settings], Awaitable[str]], settings: Settings) -> dict[str, Any]:
    try:
        return _finding(name, "ok", await check(settings))
    except ServerUnreachable as error:
        return _finding(name, UNREACHABLE, error.message)
    except (WorkerError, StoreError, AdapterError) as error:
        state = UNREACHABLE if type(error).__name__ == "DatabaseUnavailable" else "failed"
        return _finding(name, state, error.message)


def _finding(name: str, state: str, finding: str) -> dict[str, Any]:
    return {"check": name, "state": state, "finding": finding}


async def _keys(settings: Settings) -> str:
    keyring = read_keyring(settings.keys_file)
    mode = settings.keys_file.stat().st_mode & 0o777
    if mode & 0o077:
        raise WorkerError(f"{settings.keys_file} can be read by others (mode {mode:o}); chmod 600 it")
    return f"{settings.keys_file}: active payload key {keyring.active}, {len(keyring.payload)} known"


async def _database(settings: Settings) -> str:
    database = existing_database(settings)
    database.close()
    return f"{database.url.render_as_string(hide_password=True)} has this version's schema"


async def _release(settings: Settings) -> str:
    document = newest_document(settings)
    names = ", ".join(f"{name} {plan['version']}" for name, plan in document["plans"].items())
    return f"{document['digest'][:12]}: {names}"


async def _market_data(settings: Settings) -> str:
    from worker.data import check_snapshot  # numerics: only this check needs them

    found = check_snapshot(settings, None)
    about = f"{found['snapshot'][:12]} of {found['source']}, as of {found['as_of']}, {found['etfs']} ETFs"
    for finding in found["findings"]:
        if finding["severity"] == "error":
            raise WorkerError(f"{about}: {finding['text']}; `kronos data check` says more")
    return about


async def _attributes(client: Client) -> str:
    with named_errors():
        answer = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
    missing = [name for name in SEARCH_ATTRIBUTES if name not in answer.custom_attributes]
    if missing:
        commands = " ".join(f"--name {name} --type Keyword" for name in missing)
        raise WorkerError(
            f"not registered: {', '.join(missing)}; "
            f"`temporal operator search-attribute create {commands}` registers them"
        )
    return f"all {len(SEARCH_ATTRIBUTES)} registered"


async def _workers(client: Client, settings: Settings) -> str:
    found = await pollers(client, LIGHT_QUEUE)
    if not found:
        raise WorkerError(f"nothing polls the queue {LIGHT_QUEUE}; start `kronos worker` or `kronos up`")
    ours = read_keyring(settings.keys_file).active
    foreign = sorted({poller.key or "none" for poller in found if poller.key != ours})
    if foreign:
        raise WorkerError(f"workers hold payload key {', '.join(foreign)}, this command {ours}")
    return f"{len(found)} on queue {LIGHT_QUEUE}, with our payload key"
