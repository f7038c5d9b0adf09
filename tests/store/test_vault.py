"""Personal data can be read with the keys, in its place, and not otherwise."""

import pytest
from sqlalchemy import text

from store.database import Database
from store.errors import StoreError
from store.tables import ClientKey
from store.vault import CustomerErased, NoMasterKey, WrongMasterKey, destroy_key, fingerprints, seal, unseal
from tests.support.databases import NOON
from tests.support.threads import at_once

CANARY = "Zebedee Quillfeather"


def test_what_is_sealed_can_be_unsealed(database: Database, tenant: str) -> None:
    """Any plain JSON comes back."""
    with database.transaction() as tx:
        sealed = seal(tx, tenant, "C-1", "here", {"name": CANARY, "children": 2})
        assert unseal(tx, tenant, "C-1", "here", sealed) == {"name": CANARY, "children": 2}
        assert CANARY.encode() not in sealed


def test_a_sealed_value_opens_only_where_it_belongs(database: Database, tenant: str) -> None:
    """Copied into another row, or to another client, it does not open."""
    with database.transaction() as tx:
        sealed = seal(tx, tenant, "C-1", "here", CANARY)
        with pytest.raises(StoreError, match="tampered"):
            unseal(tx, tenant, "C-1", "elsewhere", sealed)
        with pytest.raises(StoreError, match="tampered"):
            unseal(tx, tenant, "C-2", "here", sealed)


def test_the_same_value_never_looks_the_same(database: Database, tenant: str) -> None:
    """Nobody can tell from the table that two clients share a name."""
    with database.transaction() as tx:
        assert seal(tx, tenant, "C-1", "here", CANARY) != seal(tx, tenant, "C-1", "here", CANARY)


def test_destroying_the_key_erases(database: Database, tenant: str) -> None:
    """What was sealed cannot be read, nothing can be added, and it happens once."""
    with database.transaction() as tx:
        sealed = seal(tx, tenant, "C-1", "here", CANARY)
        assert destroy_key(tx, tenant, "C-1", NOON)
        assert not destroy_key(tx, tenant, "C-1", NOON)
    with database.transaction() as tx:
        with pytest.raises(CustomerErased, match="C-1"):
            unseal(tx, tenant, "C-1", "here", sealed)
        with pytest.raises(CustomerErased):
            seal(tx, tenant, "C-1", "here", CANARY)


def test_two_transactions_agree_on_a_new_key(database: Database, tenant: str) -> None:
    """Of two keys made at once one is kept, and both values open under it."""

    def sealed() -> bytes:
        with database.transaction() as tx:
            return seal(tx, tenant, "C-1", "here", CANARY)

    values = at_once([sealed] * 4)
    with database.reading() as tx:
        assert {unseal(tx, tenant, "C-1", "here", value) for value in values} == {CANARY}


def test_another_master_key_is_named(database: Database, tenant: str) -> None:
    """The message names both keys by fingerprint and says what to do."""
    with database.transaction() as tx:
        sealed = seal(tx, tenant, "C-1", "here", CANARY)
    stranger = Database(database.url.render_as_string(hide_password=False), master_key=b"x" * 32)
    with pytest.raises(WrongMasterKey, match="give it the file of keys"), stranger.reading() as tx:
        unseal(tx, tenant, "C-1", "here", sealed)
    stranger.close()


def test_without_a_master_key_personal_data_stays_closed(database: Database, tenant: str) -> None:
    """Everything else works, and no key is made."""
    keyless = Database(database.url.render_as_string(hide_password=False))
    with pytest.raises(NoMasterKey), keyless.transaction() as tx:
        seal(tx, tenant, "C-1", "here", CANARY)
    with keyless.reading() as tx:
        assert tx.get(ClientKey, (tenant, "C-1")) is None
    keyless.close()


def test_a_master_key_of_the_wrong_length_is_refused() -> None:
    """Before anything is encrypted under it."""
    with pytest.raises(StoreError, match="5 bytes, expected 32"):
        Database("sqlite:///anywhere.db", master_key=b"short")


def test_keys_never_show(database: Database) -> None:
    """Printing the vault shows the key's fingerprint only."""
    assert str(database.vault.master_key) not in repr(database.vault)


def test_fingerprints_are_equal_for_equal_texts_of_a_tenant(database: Database, tenant: str) -> None:
    """And differ between tenants, so that nobody can compare clients across them."""
    with database.transaction() as tx:
        marks = fingerprints(tx, tenant, {"a": "1980-05-17", "b": "1980-05-17", "c": "1980-05-18"})
        others = fingerprints(tx, f"{tenant}-other", {"a": "1980-05-17"})
    assert marks["a"] == marks["b"] != marks["c"]
    assert marks["a"] != others["a"]


def test_keys_are_stored_wrapped(database: Database, tenant: str) -> None:
    """Not even the database sees a client's key."""
    with database.transaction() as tx:
        seal(tx, tenant, "C-1", "here", CANARY)
        row = tx.execute(
            text("SELECT wrapped, wrapped_by FROM client_keys WHERE tenant = :tenant"), {"tenant": tenant}
        ).one()
    assert len(row.wrapped) == 12 + 32 + 16  # nonce, ciphertext of the key, tag
    assert row.wrapped_by == database.vault.key_id
