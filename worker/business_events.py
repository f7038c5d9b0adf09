"""Business events that people append: checked against the newest release, once by their id."""

import getpass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from activities.releases import Releases
from activities.routing import misfits_of
from dsl.near import listed, nearest
from payloads.files.events import BusinessEvent, EventsFile
from store import events, releases
from store.events import Event
from worker.errors import BadInput, Refused, UnknownId
from worker.settings import Settings
from worker.storage import existing_database


def emit(settings: Settings, name: str, data: Any, event_id: str | None = None) -> dict[str, Any]:
    """Append the event: `{event_id, event, position, duplicate}`.

    The same `event_id` again is the same event; `EventConflict` when it carries something else then.
    UnknownEvent for a name that the newest release does not have, BadInput for data that do not fit.
    """
    database = existing_database(settings)
    try:
        with database.reading() as tx:
            digest = releases.newest(tx, settings.tenant).digest
        decoded = Releases(database).decoded(settings.tenant, digest)
        about = _known(decoded.catalogue.read("events", EventsFile).business, name)
        _refuse_misfits(about, data)
        with database.transaction() as tx:
            # Nobody else appends until this ends, so that two of one id are one event.
            events.hold_end(tx, settings.tenant)
            before = events.find(tx, settings.tenant, event_id) if event_id else None
            if before is not None:
                _refuse_conflict(before, name, data, events.whole_data(tx, settings.tenant, before))
                return _answer(before, duplicate=True)
            return _answer(_append(tx, settings, name, about, data, event_id), duplicate=False)
    finally:
        database.close()


def _append(
    tx: Session, settings: Settings, name: str, about: BusinessEvent, data: dict[str, Any], id: str | None
) -> Event:
    personal = {field: data[field] for field in about.personal if field in data}
    return events.append(
        tx,
        settings.tenant,
        _stream(data),
        name,
        {field: value for field, value in data.items() if field not in personal},
        at=datetime.now(UTC),
        kind="business",
        personal=personal or None,
        actor=getpass.getuser(),
        event_id=id,
    )


def _stream(data: dict[str, Any]) -> str:
    """Whose history the event belongs to: the client's that it names, else the portfolio's."""
    for field in ("customer_id", "portfolio_id"):
        if isinstance(data.get(field), str) and data[field]:
            return f"{'client' if field == 'customer_id' else 'portfolio'}:{data[field]}"
    return "events"


def _known(known: dict[str, BusinessEvent], name: str) -> BusinessEvent:
    if name not in known:
        near = nearest(name, known)
        hint = f"did you mean {near}?" if near else f"there are: {listed(known, 24)}"
        raise UnknownId(f"there is no business event {name}; {hint}", name="UnknownEvent")
    return known[name]


def _refuse_misfits(about: BusinessEvent, data: Any) -> None:
    if misfits := misfits_of(about, data):
        raise BadInput("; ".join(map(str, misfits)), misfits[0].path, name="InvalidInput")


def _refuse_conflict(before: Event, name: str, data: dict[str, Any], carried: dict[str, Any]) -> None:
    if (before.name, carried) != (name, data):
        raise Refused(
            f"the id {before.event_id} is that of another event, {before.name} at position "
            f"{before.position}; give what is new an id of its own",
            name="EventConflict",
        )


def _answer(event: Event, *, duplicate: bool) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "event": event.name,
        "position": event.position,
        "duplicate": duplicate,
    }
