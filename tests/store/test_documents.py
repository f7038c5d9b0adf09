"""Documents are kept as they were made, in versions, under their client's key."""

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from store import customers, documents
from store.database import Database
from store.documents import Subject
from store.tables import Document
from store.vault import CustomerErased
from tests.support.databases import NOON
from tests.support.people import take_on

JUNE = Subject("P-C-1", "monthly_statement", "2026-06")


def keep(tx: Session, tenant: str, document_id: str, content: object, subject: Subject = JUNE) -> Document:
    return documents.keep(
        tx, tenant, document_id, subject, content, at=NOON, effect_root="run-1", actor="tests"
    )


def test_the_same_content_is_the_same_document(database: Database, tenant: str) -> None:
    """What says something else is the next version; what goes back to the first words is another one."""
    with database.transaction() as tx:
        take_on(tx, tenant)
        first = keep(tx, tenant, "D-1", {"value": 1})
        assert keep(tx, tenant, "D-2", {"value": 1}).document_id == first.document_id
        assert keep(tx, tenant, "D-3", {"value": 2}).version == 2
        assert keep(tx, tenant, "D-4", {"value": 1}).version == 3
        newest = documents.newest(tx, tenant, JUNE)
        assert newest is not None
        assert (newest.document_id, documents.content(tx, newest)) == ("D-4", {"value": 1})
        assert documents.newest(tx, tenant, Subject("P-C-1", "monthly_statement", "2026-07")) is None


def test_periods_and_kinds_have_versions_of_their_own(database: Database, tenant: str) -> None:
    """The first of each is version 1."""
    with database.transaction() as tx:
        take_on(tx, tenant)
        subjects = [
            JUNE,
            Subject("P-C-1", "monthly_statement", "2026-07"),
            Subject("P-C-1", "tax_report", "2025-26"),
        ]
        kept = [keep(tx, tenant, f"D-{place}", {}, subject) for place, subject in enumerate(subjects)]
        assert [each.version for each in kept] == [1, 1, 1]
        assert len(documents.of_portfolio(tx, tenant, "P-C-1")) == 3


def test_a_document_is_never_changed(database: Database, tenant: str) -> None:
    """The database itself refuses it."""
    with database.transaction() as tx:
        take_on(tx, tenant)
        keep(tx, tenant, "D-1", {"value": 1})
    with pytest.raises(DBAPIError, match="append-only"), database.transaction() as tx:
        tx.execute(update(Document).values(digest="another"))


def test_erasing_a_client_closes_their_documents(database: Database, tenant: str) -> None:
    """That there was one is still known, what it said is not."""
    with database.transaction() as tx:
        take_on(tx, tenant)
        keep(tx, tenant, "D-1", {"value": 1})
        customers.erase(tx, tenant, "C-1", at=NOON, actor="tests")
        row = documents.document(tx, tenant, "D-1")
        with pytest.raises(CustomerErased):
            documents.content(tx, row)
