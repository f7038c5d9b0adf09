"""Documents of clients: kept once for each content, in versions, encrypted under the client's key.

StoreError
└── UnknownDocument   no document has that id
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from payloads import plain_json
from store.errors import StoreError
from store.portfolios import portfolio
from store.tables import Document
from store.vault import seal, unseal


class UnknownDocument(StoreError):
    """No document has that id."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose document of which kind (`tax_report`, …), of which period (`2025-26`, `2026-06`)."""

    portfolio_id: str
    kind: str
    period: str


def keep(
    tx: Session,
    tenant: str,
    document_id: str,
    subject: Subject,
    content: Any,
    *,
    at: datetime,
    effect_root: str,
    actor: str,
) -> Document:
    """The document with that content (plain JSON): the newest of its subject if it says the same, else new.

    A new one has the id given and the next version.
    """
    owner = portfolio(tx, tenant, subject.portfolio_id, lock=True)
    digest = plain_json.digest(content)
    before = newest(tx, tenant, subject)
    if before is not None and before.digest == digest:
        return before
    made = Document(
        tenant=tenant,
        document_id=document_id,
        customer_id=owner.customer_id,
        portfolio_id=subject.portfolio_id,
        kind=subject.kind,
        period=subject.period,
        version=1 if before is None else before.version + 1,
        digest=digest,
        content=seal(tx, tenant, owner.customer_id, _place(document_id), content),
        made_at=at,
        effect_root=effect_root,
        actor=actor,
    )
    tx.add(made)
    tx.flush()
    return made


def newest(tx: Session, tenant: str, subject: Subject) -> Document | None:
    """The last version of a document, None if there is none."""
    query = select(Document).where(
        col(Document.tenant) == tenant,
        col(Document.portfolio_id) == subject.portfolio_id,
        col(Document.kind) == subject.kind,
        col(Document.period) == subject.period,
    )
    return tx.exec(query.order_by(col(Document.version).desc()).limit(1)).first()


def of_portfolio(tx: Session, tenant: str, portfolio_id: str) -> list[Document]:
    """A portfolio's documents, the newest first."""
    query = select(Document).where(col(Document.tenant) == tenant, col(Document.portfolio_id) == portfolio_id)
    return list(tx.exec(query.order_by(col(Document.made_at).desc(), col(Document.document_id))))


def document(tx: Session, tenant: str, document_id: str) -> Document:
    """The document; UnknownDocument if there is none."""
    found = tx.get(Document, (tenant, document_id))
    if found is None:
        raise UnknownDocument(f"no document is called {document_id}", "document_id")
    return found


def content(tx: Session, row: Document) -> Any:
    """What the document says; CustomerErased once the client's key is destroyed."""
    return unseal(tx, row.tenant, row.customer_id, _place(row.document_id), row.content)


def _place(document_id: str) -> str:
    return f"documents/{document_id}"
