"""Releases: what was published, each under the digest of its document.

StoreError
├── NoRelease          nothing was published yet
├── UnknownRelease     no release has that digest
├── VersionLowered     a definition is older than the one that is published
└── VersionUnchanged   a definition changed, its version did not
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from payloads import plain_json
from store.errors import StoreError
from store.tables import Release, ReleaseDefinition


class NoRelease(StoreError):
    """Nothing was published yet."""


class UnknownRelease(StoreError):
    """No release has that digest."""


class VersionLowered(StoreError):
    """A definition is older than the one that is published."""


class VersionUnchanged(StoreError):
    """A definition changed since it was published, its version did not."""


def save(
    tx: Session,
    tenant: str,
    digest: str,
    document_json: str,
    created_at: datetime,
    *,
    development: bool = False,
    actor: str = "system",
) -> Release:
    """Publish a release; the same digest again makes it the newest again.

    The document is `{"plans": {workflow: {"version", "digest", …}}, "catalogue": …}`. Unless it is
    a development release, VersionLowered refuses a definition of which a higher version was published
    before, and VersionUnchanged one whose version was published with another digest; all are named.
    """
    plans = plain_json.loads(document_json)["plans"]
    if not development:
        _refuse_lowered(tx, tenant, plans)
        _refuse_changed(tx, tenant, plans)
    release = tx.get(Release, (tenant, digest))
    if release is None:
        release = Release(
            tenant=tenant,
            digest=digest,
            sequence=0,
            document=document_json,
            development=development,
            created_at=created_at,
            actor=actor,
        )
        tx.add_all(_definitions(tenant, digest, plans))
    release.sequence = _next_sequence(tx, tenant)
    # What was published for good stays so, even if it is tried out again.
    release.development = release.development and development
    tx.add(release)
    tx.flush()
    return release


def newest(tx: Session, tenant: str) -> Release:
    """The release that new runs start from; NoRelease if nothing was published."""
    query = select(Release).where(col(Release.tenant) == tenant).order_by(col(Release.sequence).desc())
    found = tx.scalars(query.limit(1)).first()
    if found is None:
        raise NoRelease("nothing has been published yet; run `kronos definitions publish`")
    return found


def newest_digest(tx: Session, tenant: str) -> str | None:
    """The digest of the newest release, without its document; None if nothing was published."""
    query = select(col(Release.digest)).where(col(Release.tenant) == tenant)
    return tx.scalars(query.order_by(col(Release.sequence).desc()).limit(1)).first()


def digests(tx: Session, tenant: str) -> list[str]:
    """The digests of all releases, newest first."""
    query = select(col(Release.digest)).where(col(Release.tenant) == tenant)
    return list(tx.scalars(query.order_by(col(Release.sequence).desc())))


def versions(tx: Session, tenant: str, workflow: str) -> dict[int, str]:
    """By version of a workflow, the digest of the newest release that has it."""
    query = (
        select(col(ReleaseDefinition.version), col(Release.digest))
        .join(Release, _of_release())
        .where(col(ReleaseDefinition.tenant) == tenant, col(ReleaseDefinition.workflow) == workflow)
        .order_by(col(Release.sequence))
    )
    return {row.version: row.digest for row in tx.execute(query)}


def load(tx: Session, tenant: str, digest: str) -> Release:
    """The release of that digest; UnknownRelease if there is none."""
    found = tx.get(Release, (tenant, digest))
    if found is None:
        raise UnknownRelease(f"no release has the digest {digest}")
    return found


def _definitions(tenant: str, release: str, plans: dict[str, Any]) -> list[ReleaseDefinition]:
    return [
        ReleaseDefinition(
            tenant=tenant,
            release_digest=release,
            workflow=workflow,
            version=plan["version"],
            digest=plan["digest"],
        )
        for workflow, plan in plans.items()
    ]


def _refuse_lowered(tx: Session, tenant: str, plans: dict[str, Any]) -> None:
    published = _highest_versions(tx, tenant)
    lowered = [
        f"{workflow} (version {plan['version']}, published {published[workflow]})"
        for workflow, plan in sorted(plans.items())
        if plan["version"] < published.get(workflow, 0)
    ]
    if lowered:
        raise VersionLowered(
            f"older than what is published: {', '.join(lowered)}; new runs would start from the older text. "
            "If that is meant, raise `version` in each file above the published one"
        )


def _highest_versions(tx: Session, tenant: str) -> dict[str, int]:
    """By workflow, what was published for good; trying a version out does not use it up."""
    query = (
        select(col(ReleaseDefinition.workflow), func.max(col(ReleaseDefinition.version)).label("highest"))
        .join(Release, _of_release())
        .where(col(ReleaseDefinition.tenant) == tenant, col(Release.development).is_(False))
        .group_by(col(ReleaseDefinition.workflow))
    )
    return {row.workflow: row.highest for row in tx.execute(query)}


def _of_release() -> ColumnElement[bool]:
    return (col(Release.tenant) == col(ReleaseDefinition.tenant)) & (
        col(Release.digest) == col(ReleaseDefinition.release_digest)
    )


def _refuse_changed(tx: Session, tenant: str, plans: dict[str, Any]) -> None:
    changed = [
        f"{workflow} (version {plan['version']})"
        for workflow, plan in sorted(plans.items())
        if _published_otherwise(tx, tenant, workflow, plan["version"], plan["digest"])
    ]
    if changed:
        raise VersionUnchanged(
            f"changed since they were published, under the same version: {', '.join(changed)}; "
            "raise `version` in each file"
        )


def _published_otherwise(tx: Session, tenant: str, workflow: str, version: int, digest: str) -> bool:
    query = (
        select(ReleaseDefinition)
        .join(Release, _of_release())
        .where(
            col(ReleaseDefinition.tenant) == tenant,
            col(ReleaseDefinition.workflow) == workflow,
            col(ReleaseDefinition.version) == version,
            col(ReleaseDefinition.digest) != digest,
            col(Release.development).is_(False),
        )
    )
    return tx.scalars(query.limit(1)).first() is not None


def _next_sequence(tx: Session, tenant: str) -> int:
    last = select(func.max(col(Release.sequence))).where(col(Release.tenant) == tenant)
    return (tx.scalar(last) or 0) + 1
