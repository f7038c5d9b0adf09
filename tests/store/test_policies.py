"""Policies are kept once under their digest; checkpoints only ever move on."""

from typing import Any

from store import policies
from store.database import Database
from tests.support.databases import NOON


def save(database: Database, tenant: str, digest: str, seed: int, **changed: Any) -> bool:
    given = {
        "question": "q",
        "pod": "POD1",
        "agent": "Alpha",
        "algorithm": "q_learning",
        "snapshot": "s",
        "content": b"values",
        "report": {"agent_confidence": 0.5},
        "created_at": NOON,
        "actor": "tests",
    }
    with database.transaction() as tx:
        return policies.save(tx, tenant, digest, seed=seed, **{**given, **changed})


def test_a_policy_is_kept_once(database: Database, tenant: str) -> None:
    """What is stored under a digest stays, whatever is stored again."""
    assert save(database, tenant, "one", 0)
    assert not save(database, tenant, "one", 0, content=b"forged")
    with database.reading() as tx:
        found = policies.load(tx, tenant, "one")
        assert found is not None
        assert (found.content, found.agent) == (b"values", "Alpha")
        assert policies.load(tx, "somebody else", "one") is None


def test_the_seed_that_is_asked_for_answers_else_the_lowest(database: Database, tenant: str) -> None:
    """Of the same question only."""
    for digest, seed in (("nine", 9), ("three", 3), ("five", 5)):
        save(database, tenant, digest, seed)
    save(database, tenant, "other", 0, question="another")
    with database.reading() as tx:
        found = {seed: policies.answering(tx, tenant, "q", seed) for seed in (5, 9, 4)}
        assert found == {5: "five", 9: "nine", 4: "three"}
        assert policies.answering(tx, tenant, "nobody asked", 0) is None


def test_a_checkpoint_never_goes_back_and_ends_with_the_policy(database: Database, tenant: str) -> None:
    """A slower worker does not undo what another has learned; the stored policy needs no checkpoint."""
    for done, content in ((2, b"two"), (4, b"four"), (3, b"three")):
        with database.transaction() as tx:
            policies.save_checkpoint(tx, tenant, "one", done=done, content=content, updated_at=NOON)
    with database.reading() as tx:
        assert policies.load_checkpoint(tx, tenant, "one") == b"four"
    save(database, tenant, "one", 0)
    with database.reading() as tx:
        assert policies.load_checkpoint(tx, tenant, "one") is None
