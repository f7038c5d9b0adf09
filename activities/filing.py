"""Keeping a report as a client's document: once for what it says, with a fact the first time."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from activities.context import Context
from activities.effects import append
from payloads.base import Payload
from payloads.documents import Filed
from store import documents
from store.documents import Subject


def file(
    tx: Session, context: Context, subject: Subject, report: Payload, fact: str, about: Mapping[str, Any]
) -> Filed:
    """The document that says what `report` says; a new one is told of by `fact`, with what `about` adds."""
    call = context.call
    document_id = f"D-{call.key()}"
    kept = documents.keep(
        tx,
        call.tenant,
        document_id,
        subject,
        report.model_dump(mode="python"),
        at=context.now(),
        effect_root=call.effect_root,
        actor=call.actor,
    )
    filed = Filed(
        document_id=kept.document_id,
        portfolio_id=kept.portfolio_id,
        customer_id=kept.customer_id,
        version=kept.version,
        digest=kept.digest,
        new=kept.document_id == document_id,
    )
    if filed.new:
        told = filed.model_dump(mode="python", include={"document_id", "portfolio_id", "version", "digest"})
        append(tx, context, kept.customer_id, fact, {**told, **about})
    return filed
