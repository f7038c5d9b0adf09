"""What was published stays as it was, and a changed definition needs a new version."""

import json

import pytest

from store import releases
from store.database import Database
from store.releases import NoRelease, UnknownRelease, VersionLowered, VersionUnchanged
from store.tables import Release
from tests.support.databases import NOON


def publish(
    database: Database, tenant: str, digest: str, development: bool = False, **plans: tuple[int, str]
) -> Release:
    document = {
        "plans": {name: {"version": version, "digest": plan} for name, (version, plan) in plans.items()},
        "catalogue": {},
    }
    with database.transaction() as tx:
        return releases.save(tx, tenant, digest, json.dumps(document), NOON, development=development)


def newest(database: Database, tenant: str) -> str:
    with database.reading() as tx:
        return releases.newest(tx, tenant).digest


def test_the_newest_release_is_the_last_published(database: Database, tenant: str) -> None:
    """Publishing one of the same versions again, with its old catalogue, makes it the newest."""
    publish(database, tenant, "one", onboarding=(1, "x"))
    publish(database, tenant, "two", onboarding=(1, "x"), tax=(1, "x"))
    assert newest(database, tenant) == "two"
    publish(database, tenant, "one", onboarding=(1, "x"))
    assert newest(database, tenant) == "one"


def test_an_older_version_does_not_replace_a_newer_one(database: Database, tenant: str) -> None:
    """Neither unchanged nor with other content; all that are older are named."""
    publish(database, tenant, "one", onboarding=(1, "x"), tax=(1, "x"))
    publish(database, tenant, "two", onboarding=(2, "y"), tax=(5, "y"))
    for digest, text in (("one", "x"), ("three", "z")):
        with pytest.raises(
            VersionLowered,
            match=r"onboarding \(version 1, published 2\), tax \(version 1, published 5\); .*raise `version`",
        ):
            publish(database, tenant, digest, onboarding=(1, text), tax=(1, text))
    assert newest(database, tenant) == "two"
    publish(database, tenant, "one", development=True, onboarding=(1, "x"), tax=(1, "x"))
    assert newest(database, tenant) == "one"
    publish(database, tenant, "four", onboarding=(3, "x"), tax=(5, "y"))


def test_a_version_that_was_only_tried_out_is_not_in_the_way(database: Database, tenant: str) -> None:
    """Only what is published for good counts."""
    publish(database, tenant, "one", onboarding=(1, "x"))
    publish(database, tenant, "two", development=True, onboarding=(7, "y"))
    publish(database, tenant, "three", onboarding=(2, "z"))


def test_a_release_is_loaded_as_it_was_published(database: Database, tenant: str) -> None:
    """Letter by letter, whatever was published since."""
    document = publish(database, tenant, "one", onboarding=(1, "x")).document
    publish(database, tenant, "two", onboarding=(2, "y"))
    with database.reading() as tx:
        assert releases.load(tx, tenant, "one").document == document


def test_a_changed_definition_needs_a_new_version(database: Database, tenant: str) -> None:
    """All that lack one are named, and nothing is published."""
    publish(database, tenant, "one", investment=(3, "x"), onboarding=(1, "x"), tax=(1, "x"))
    with pytest.raises(VersionUnchanged, match=r"investment \(version 3\), onboarding \(version 1\);"):
        publish(database, tenant, "two", investment=(3, "y"), onboarding=(1, "y"), tax=(1, "x"))
    assert newest(database, tenant) == "one"


def test_a_version_stays_taken(database: Database, tenant: str) -> None:
    """Leaving a definition out for a release does not free its version."""
    publish(database, tenant, "one", onboarding=(1, "x"), tax=(1, "x"))
    publish(database, tenant, "two", tax=(1, "x"))
    with pytest.raises(VersionUnchanged):
        publish(database, tenant, "three", onboarding=(1, "z"), tax=(1, "x"))


def test_a_development_release_may_change_anything(database: Database, tenant: str) -> None:
    """And takes no version away from what is published for good."""
    publish(database, tenant, "one", onboarding=(1, "x"))
    assert publish(database, tenant, "two", development=True, onboarding=(1, "y")).development
    assert newest(database, tenant) == "two"
    publish(database, tenant, "three", onboarding=(2, "z"))
    publish(database, tenant, "four", development=True, onboarding=(3, "z"))
    publish(database, tenant, "five", onboarding=(3, "w"))


def test_a_release_published_for_good_stays_so(database: Database, tenant: str) -> None:
    """Even when a developer starts from the same files; the other way round it is promoted."""
    publish(database, tenant, "one", onboarding=(1, "x"))
    assert not publish(database, tenant, "one", development=True, onboarding=(1, "x")).development
    publish(database, tenant, "two", development=True, onboarding=(2, "y"))
    assert not publish(database, tenant, "two", onboarding=(2, "y")).development


def test_what_is_not_there_is_named(database: Database, tenant: str) -> None:
    """Nothing published says what to do; an unknown digest is shown."""
    with database.reading() as tx:
        with pytest.raises(NoRelease, match="kronos definitions publish"):
            releases.newest(tx, tenant)
        with pytest.raises(UnknownRelease, match="abc"):
            releases.load(tx, tenant, "abc")
