"""One activity called in this process, without Temporal: JSON in and JSON out."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from activities.context import Context
from activities.runner import ActivityFault, run
from payloads.call import Call
from payloads.entry import Effect
from payloads.facts import ActivityFacts
from worker.activity_list import find
from worker.errors import BadInput, BadSettings, Refused, ServerUnreachable
from worker.folder_catalogue import FolderCatalogue
from worker.inputs import parse_json
from worker.settings import Settings

LOG = logging.getLogger("kronos.activities")


class LocalCaller:
    """Calls one activity in this process, any number of times.

    `key` identifies an effect: the same key and input is done once. Pure activities reach nothing
    but the catalogue files; the others get the services that a worker would have.
    """

    def __init__(
        self, name: str, settings: Settings, *, effect: bool = False, key: str | None = None
    ) -> None:
        self.activity = find(name)
        _refuse_reach(self.activity, effect, key)
        self.context = Context(
            call=Call(tenant=settings.tenant, effect_root=f"cli:{key}" if key else "cli", step=name),
            catalogue=FolderCatalogue(settings.definitions / "catalogue"),
            services=_services(self.activity, settings),
            now=lambda: datetime.now(UTC),
        )

    def call(self, given: Any) -> dict[str, Any]:
        """The activity's output; ActivityFault says what is wrong and where."""
        return run(self.activity.name, given, self.context, strict=True)

    def call_lines(self, lines: Iterable[bytes]) -> Iterator["Answer"]:
        """An answer for each line that is not blank, in order; an error does not stop the rest."""
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield self._answer(line, number)

    def _answer(self, line: bytes, number: int) -> "Answer":
        try:
            return Answer(output=self.call(parse_json(line, f"line {number}")))
        except BadInput as error:
            return Answer(error={"type": "InvalidInput", "message": error.message, "path": error.path})
        except ActivityFault as fault:
            return Answer(error={"type": fault.type, "message": fault.message, "path": fault.path})
        except Exception as error:
            # A defect in one line must not cost the others their answers.
            LOG.exception("%s failed on line %d", self.activity.name, number)
            message = f"unexpected {type(error).__name__}; this is a defect of Kronos"
            return Answer(error={"type": "Defect", "message": message, "path": ""})


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one line: an output, or an error `{type, message, path}`."""

    output: dict[str, Any] | None = None
    error: dict[str, str] | None = None

    def as_json(self) -> dict[str, Any]:
        """`{"ok": output}` or `{"error": {...}}`."""
        return {"error": self.error} if self.error is not None else {"ok": self.output}


def _refuse_reach(activity: ActivityFacts, effect: bool, key: str | None) -> None:
    """Trades go through runs, where approvals, locks and limits stand before them."""
    if activity.effect == Effect.TRADES:
        raise Refused(
            f"{activity.name} trades and cannot be called by hand; start a definition that calls it",
            name="TradesRefused",
        )
    if activity.effect == Effect.EFFECT and not (effect and key):
        raise BadSettings(
            f"{activity.name} changes what is stored; say so with --effect, and give --key KEY, under which "
            "it happens once however often it is called"
        )


def _services(activity: ActivityFacts, settings: Settings) -> Any:
    """The services of a worker; None where the activity can do without them.

    Pure activities can, except that one may take a snapshot in the place of what it is given.
    Without a database so can those that take market data by reference: they simulate their own.
    """
    by_reference = "snapshot" in activity.input_schema["properties"]
    if activity.effect == Effect.PURE and not by_reference:
        return None
    if by_reference and settings.database_file is not None and not settings.database_file.is_file():
        return None  # known before what opens databases is imported, which takes long
    from worker.services import build_services
    from worker.storage import existing_database

    try:
        existing_database(settings).close()
    except ServerUnreachable:
        if not by_reference:
            raise
        return None
    return build_services(settings)
