"""What a start is held against before anything is started: the newest release."""

from functools import lru_cache
from typing import Any

from dsl.near import listed, nearest
from dsl.values import fill_and_check
from payloads import plain_json
from store import releases
from worker.errors import BadInput, Refused
from worker.settings import Settings
from worker.storage import existing_database


def check_start(settings: Settings, workflow: str, given: Any) -> dict[str, Any]:
    """The plan that a start of `workflow` would run.

    Refused `UnknownDefinition` with near names; BadInput says what breaks the input's schema.
    """
    plan = plan_of(newest_document(settings), workflow)
    _, misfits = fill_and_check(plan["input"], given)
    if misfits:
        text = "; ".join(str(misfit) for misfit in misfits)
        raise BadInput(text, misfits[0].path, name="InvalidInput")
    return plan


def newest_document(settings: Settings) -> dict[str, Any]:
    """The newest release; `NoRelease` when nothing was published."""
    database = existing_database(settings)
    try:
        with database.reading() as tx:
            return _parsed(releases.newest(tx, settings.tenant).document)
    finally:
        database.close()


def plan_of(document: dict[str, Any], workflow: str) -> dict[str, Any]:
    """The plan of one workflow in a release."""
    plans: dict[str, Any] = document["plans"]
    if workflow not in plans:
        near = nearest(workflow, plans)
        hint = f"did you mean {near}?" if near else f"published are: {listed(plans) or 'none'}"
        raise Refused(f"the newest release has no definition {workflow}; {hint}", name="UnknownDefinition")
    found: dict[str, Any] = plans[workflow]["document"]
    return found


@lru_cache(maxsize=2)
def _parsed(document: str) -> dict[str, Any]:
    parsed: dict[str, Any] = plain_json.loads(document)
    return parsed
