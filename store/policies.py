"""Trained policies by digest, and checkpoints of training that is under way."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import defer
from sqlmodel import Session, col

from store.sql import insert_missing
from store.tables import Policy, PolicyCheckpoint


def save(
    tx: Session,
    tenant: str,
    digest: str,
    *,
    question: str,
    pod: str,
    agent: str,
    algorithm: str,
    snapshot: str,
    seed: int,
    content: bytes,
    report: Any,
    created_at: datetime,
    actor: str,
) -> bool:
    """Keep a policy and forget its checkpoint; False if it is kept already."""
    tx.execute(
        delete(PolicyCheckpoint).where(
            col(PolicyCheckpoint.tenant) == tenant, col(PolicyCheckpoint.digest) == digest
        )
    )
    return insert_missing(
        tx,
        Policy(
            tenant=tenant,
            digest=digest,
            question=question,
            pod=pod,
            agent=agent,
            algorithm=algorithm,
            snapshot=snapshot,
            seed=seed,
            content=content,
            report=report,
            created_at=created_at,
            actor=actor,
        ),
    )


def load(tx: Session, tenant: str, digest: str) -> Policy | None:
    """The policy of that digest, None if there is none."""
    return tx.get(Policy, (tenant, digest))


def answering(tx: Session, tenant: str, question: str, seed: int) -> str | None:
    """The digest of the policy trained for a question: of this seed, else of the lowest there is."""
    query = (
        select(col(Policy.digest))
        .where(col(Policy.tenant) == tenant, col(Policy.question) == question)
        .order_by(col(Policy.seed) != seed, col(Policy.seed))
        .limit(1)
    )
    found: str | None = tx.execute(query).scalar()
    return found


def every(tx: Session, tenant: str) -> list[Policy]:
    """All policies, the newest first; their content is loaded when read."""
    query = (
        select(Policy)
        .where(col(Policy.tenant) == tenant)
        .order_by(col(Policy.created_at).desc(), col(Policy.pod), col(Policy.seed))
        # A column to SQLAlchemy, and plain bytes to mypy, as SQLModel declares it.
        .options(defer(Policy.content))  # type: ignore[arg-type]
    )
    return list(tx.execute(query).scalars())


def save_checkpoint(
    tx: Session, tenant: str, digest: str, *, done: int, content: bytes, updated_at: datetime
) -> None:
    """Keep how far training has come, unless somebody has come farther."""
    row = PolicyCheckpoint(tenant=tenant, digest=digest, done=done, content=content, updated_at=updated_at)
    if insert_missing(tx, row):
        return
    kept = tx.get_one(PolicyCheckpoint, (tenant, digest), with_for_update=True)
    if kept.done < done:
        kept.done, kept.content, kept.updated_at = done, content, updated_at
        tx.add(kept)


def load_checkpoint(tx: Session, tenant: str, digest: str) -> bytes | None:
    """How far the training of a policy has come, None where there is nothing to go on from."""
    found = tx.get(PolicyCheckpoint, (tenant, digest))
    return None if found is None else found.content
