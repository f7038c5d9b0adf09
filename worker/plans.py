"""Plans by what people call them.

FILE.yaml            a definition's file, checked and compiled now
WORKFLOW             the definition of the folder, checked and compiled now
WORKFLOW@VERSION     a version that was published
WORKFLOW@newest      what new runs start from
DIGEST               everything in a release, by its digest or the first eight characters or more
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dsl.near import listed, nearest
from worker.errors import UnknownId
from worker.library import plan_document
from worker.settings import Settings

NEWEST = "newest"
_DIGEST = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True)
class Found:
    """What a reference leads to: plan documents by workflow; `whole` when it named a release."""

    name: str
    plans: Mapping[str, Mapping[str, Any]]
    whole: bool = False


def find_plans(settings: Settings, reference: str) -> Found:
    """The plans that `reference` names; UnknownId when there are none, with what there is."""
    workflow, at, version = reference.partition("@")
    if at:
        plan = _published(settings, workflow, version)
        return Found(f"{workflow}@{plan['version']}", {workflow: plan})
    if _DIGEST.fullmatch(reference):
        return _release(settings, reference)
    plan = plan_document(settings, reference)
    return Found(reference, {plan["workflow"]: plan})


def find_plan(settings: Settings, reference: str) -> Mapping[str, Any]:
    """The one plan that `reference` names; a release holds several, which is refused."""
    found = find_plans(settings, reference)
    if found.whole:
        raise UnknownId(
            f"the release {found.name[:12]} has {listed(found.plans)}; name one as WORKFLOW@VERSION",
            name="UnknownDefinition",
        )
    return next(iter(found.plans.values()))


def plan_of_release(settings: Settings, digest: str, workflow: str) -> Mapping[str, Any]:
    """The plan that the runs of a release follow."""
    from worker.release_check import plan_of  # the database costs a second to import

    return plan_of(_document(settings, digest), workflow)


def _published(settings: Settings, workflow: str, version: str) -> Mapping[str, Any]:
    from store import releases
    from worker.release_check import plan_of
    from worker.storage import existing_database

    if version == NEWEST:
        return plan_of(_document(settings, None), workflow)
    database = existing_database(settings)
    try:
        with database.reading() as tx:
            versions = releases.versions(tx, settings.tenant, workflow)
    finally:
        database.close()
    if version.isdigit() and int(version) in versions:
        return plan_of(_document(settings, versions[int(version)]), workflow)
    there_are = ", ".join(map(str, sorted(versions))) or "none"
    message = f"no version {version} of {workflow} was published; versions are: {there_are}"
    raise UnknownId(message, name="UnknownVersion")


def _release(settings: Settings, digest: str) -> Found:
    document = _document(settings, digest)
    plans = {workflow: plan["document"] for workflow, plan in document["plans"].items()}
    return Found(str(document["digest"]), plans, whole=True)


def _document(settings: Settings, digest: str | None) -> dict[str, Any]:
    """A release's document by its digest or the beginning of it; None is the newest."""
    from payloads import plain_json
    from store import releases
    from worker.storage import existing_database

    database = existing_database(settings)
    try:
        with database.reading() as tx:
            if digest is None:
                release = releases.newest(tx, settings.tenant)
            else:
                release = releases.load(tx, settings.tenant, _whole_digest(settings, tx, digest))
            document: dict[str, Any] = plain_json.loads(release.document)
            return {**document, "digest": release.digest}
    finally:
        database.close()


def _whole_digest(settings: Settings, tx: Any, digest: str) -> str:
    from store import releases

    known = releases.digests(tx, settings.tenant)
    found = [one for one in known if one.startswith(digest)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownId(f"several releases begin with {digest}: {listed(found)}", name="UnknownRelease")
    near = nearest(digest, known)
    hint = f"did you mean {near}?" if near else f"there are: {listed(known) or 'none'}"
    raise UnknownId(f"no release has the digest {digest}; {hint}", name="UnknownRelease")
