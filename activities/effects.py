"""What the activities that change our own records have in common."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlmodel import Session

from activities.context import Context
from payloads.base import Payload
from store import effects, events
from store.events import Kind

Answer = TypeVar("Answer", bound=Payload)


def once(
    ask: Payload,
    context: Context,
    answer: type[Answer],
    act: Callable[[Session], Answer],
    key: str | None = None,
) -> Answer:
    """What `act` answers, done once for the caller's step; asked again, what it answered then.

    One transaction: the state, the facts and the answer are kept together or not at all. With a `key`
    it is done once for that, whichever steps ask.
    """
    call = context.call
    with context.services.database.transaction() as tx:
        done = effects.once(
            tx,
            call.tenant,
            key or call.key(),
            ask.model_dump(mode="python"),
            lambda: act(tx).model_dump(mode="python"),
        )
    return answer.model_validate(done)


def recorded(ask: Payload, context: Context, answer: type[Answer], key: str | None = None) -> Answer | None:
    """What the caller's step, or whoever asked under `key`, was answered before; None if it was not done yet.

    For activities that ask a provider before they write, so that the provider is not asked in vain.
    """
    call = context.call
    with context.services.database.transaction() as tx:
        done = effects.recorded(tx, call.tenant, key or call.key(), ask.model_dump(mode="python"))
    return None if done is None else answer.model_validate(done)


def append(
    tx: Session,
    context: Context,
    customer_id: str,
    name: str,
    data: Mapping[str, Any],
    *,
    personal: Mapping[str, Any] | None = None,
    kind: Kind = "fact",
) -> None:
    """Append a fact (or another kind of event) to the client's stream, in the caller's name."""
    call = context.call
    events.append(
        tx,
        call.tenant,
        events.client_stream(customer_id),
        name,
        {"customer_id": customer_id, **data},
        at=context.now(),
        kind=kind,
        personal=personal,
        actor=call.actor,
        workflow_id=call.workflow_id,
        effect_root=call.effect_root,
        key=call.key(),
    )
