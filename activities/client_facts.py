"""The facts that are on a client's stream, by name."""

from collections.abc import Iterator

from sqlmodel import Session

from activities.context import Context
from store import events
from store.events import Event

PAGE = 200


def facts_of(tx: Session, customer_id: str, name: str, context: Context) -> Iterator[Event]:
    """All of the client's facts of that name, oldest first."""
    after, stream = 0, events.client_stream(customer_id)
    while True:
        page = events.read(tx, context.call.tenant, after=after, stream=stream, name=name, limit=PAGE)
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].position


def newest_of(tx: Session, customer_id: str, name: str, context: Context) -> Event | None:
    """The client's newest fact of that name, None if there is none."""
    found = list(facts_of(tx, customer_id, name, context))
    return found[-1] if found else None
