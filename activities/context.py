"""What an activity may reach: its caller, the release's catalogue files, and the services."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from payloads.base import Payload
from payloads.call import Call

Model = TypeVar("Model", bound=Payload)


class Catalogue(Protocol):
    """The catalogue files of one release, never files on disk as they are now."""

    def read(self, name: str, model: type[Model]) -> Model:
        """The file `catalogue/<name>.yaml` as a validated model."""


class CatalogueFiles:
    """Catalogue files held in memory, each validated once."""

    def __init__(self, files: Mapping[str, Any]) -> None:
        self._files = files
        self._read: dict[str, Payload] = {}

    def read(self, name: str, model: type[Model]) -> Model:
        """The file `catalogue/<name>.yaml` as a validated model; LookupError names a missing file."""
        if name not in self._files:
            raise LookupError(f"the release has no catalogue file {name}.yaml")
        found = self._read.get(name)
        if not isinstance(found, model):
            found = self._read[name] = model.model_validate(self._files[name])
        return found


@dataclass(frozen=True, slots=True)
class Context:
    """One call of an activity, as its function sees it.

    `services` is what the process was started with (see activities.services); pure activities
    have no use for it. `now` answers an aware UTC moment. `heartbeat` may be called with details.
    `pause` sleeps for some seconds in a wait that may be long: it ends the activity when the run no
    longer wants its answer, and when the worker is told to stop, so that another takes up the wait.
    """

    call: Call
    catalogue: Catalogue
    services: Any
    now: Callable[[], datetime]
    heartbeat: Callable[..., None] = field(default=lambda *details: None)
    pause: Callable[[float], None] = field(default=time.sleep)
