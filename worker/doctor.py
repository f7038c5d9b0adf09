"""Checks of settings, keys, database, server, workers and runs: what is wrong, and what to do about it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client

from adapters.errors import AdapterError
from store import dispatches, events
from store.errors import StoreError
from store.keyring import read_keyring
from worker import schedules
from worker.client import LIGHT_QUEUE
from worker.connection import connect
from worker.dev_server import SEARCH_ATTRIBUTES
from worker.differences import CURRENT, fates
from worker.dispatcher import dispatcher_id
from worker.endpoint import endpoint
from worker.errors import ServerUnreachable, UnknownId, WorkerError
from worker.pollers import pollers
from worker.release_check import newest_document
from worker.rpc import named_errors
from worker.settings import Settings
from worker.states import ended_state
from worker.storage import existing_database

UNREACHABLE = "unreachable"
OF_SERVER = ("search attributes", "workers", "dispatcher", "schedules", "runs")
# An event is routed within a second or two; one that still waits after this long is stuck.
ROUTED_WITHIN = timedelta(minutes=1)
MOST_NAMED = 20
MOST_COUNTED = 1000


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
        return rows + [_finding(name, "skipped", "no server") for name in OF_SERVER]
    place = endpoint(settings)
    rows.append(_finding("server", "ok", f"{place.address}, namespace {place.namespace}"))
    rows.append(await _row("search attributes", lambda _: _attributes(client), settings))
    rows.append(await _row("workers", lambda _: _workers(client, settings), settings))
    rows.append(await _row("dispatcher", lambda _: _dispatcher(client, settings), settings))
    rows.append(await _row("schedules", lambda _: _schedules(client, settings), settings))
    rows.append(await _row("runs", _runs, settings))
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


async def _dispatcher(client: Client, settings: Settings) -> str:
    """Does the run that routes events live, and is it at the end of the log."""
    run = dispatcher_id(settings)
    try:
        with named_errors(run):
            described = await client.get_workflow_handle(run).describe()
    except UnknownId:
        described = None
    if described is None or ended_state(described.status) is not None:
        raise WorkerError(f"the run {run} is not there: a worker of role workflows or all starts it")
    behind, oldest = await asyncio.to_thread(_unrouted, settings)
    if oldest is not None and datetime.now(UTC) - oldest > ROUTED_WITHIN:
        raise WorkerError(f"{run} is {behind} events behind, the oldest of {oldest:%Y-%m-%d %H:%M} UTC")
    return f"{run} routes events, {behind} to go"


def _unrouted(settings: Settings) -> tuple[int, datetime | None]:
    """How many business events the dispatcher has not looked at, and when the first of them came."""
    database = existing_database(settings)
    try:
        with database.reading() as tx:
            routed = dispatches.cursor(tx, settings.tenant)
            # Facts set nothing off: the dispatcher passes them by many at a time.
            waiting = events.read(tx, settings.tenant, after=routed, kind="business", limit=MOST_COUNTED)
    finally:
        database.close()
    return len(waiting), waiting[0].at if waiting else None


async def _schedules(client: Client, settings: Settings) -> str:
    changes = await schedules.plan(client, settings)
    due = [f"{row['change']} {row['id']}" for row in changes if row["change"] != "unchanged"]
    if due:
        raise WorkerError(f"not as the newest release wants them: {', '.join(due)}; `kronos schedules apply`")
    return f"{len(changes)} as the newest release wants them"


async def _runs(settings: Settings) -> str:
    """Open runs of older definitions: which stay there, and why, and which upgrade at their next turn."""
    plans = {name: plan["document"] for name, plan in newest_document(settings)["plans"].items()}
    _, rows, more = await fates(settings, plans)
    older = [row for row in rows if row["reason"] != CURRENT]
    told = "; ".join(f"{row['workflow_id']} {_fate(row)}" for row in older[:MOST_NAMED])
    rest = f"; and {len(older) - MOST_NAMED} more" if len(older) > MOST_NAMED else ""
    number = f"{len(rows)}{' and more' if more else ''} open"
    return f"{number}, {len(older)} of older definitions: {told}{rest}" if older else f"{number}, all current"


def _fate(row: Mapping[str, Any]) -> str:
    version = f"(version {row['version']})"
    if row["will"] == "upgrade":
        return f"{version} upgrades at its next turn"
    return f"{version} stays: {row['reason']}" if row["will"] == "stay" else f"{version}: {row['reason']}"
