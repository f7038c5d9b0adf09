"""Releases as activities and runs read them: by digest, each loaded and decoded once a process."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from activities.context import CatalogueFiles, Model
from payloads import plain_json
from payloads.call import Call
from store import releases
from store.database import Database

KEPT = 8


class Releases:
    """Decoded releases, the last few kept."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._decoded: OrderedDict[tuple[str, str], Decoded] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, call: Call) -> "ReleaseCatalogue":
        """The catalogue for one call; nothing is loaded before something is read."""
        return ReleaseCatalogue(self, call)

    def decoded(self, tenant: str, digest: str, document: str | None = None) -> "Decoded":
        """One release, from `document` if the caller has it already."""
        key = (tenant, digest)
        with self._lock:
            if key in self._decoded:
                self._decoded.move_to_end(key)
                return self._decoded[key]
        if document is None:
            with self._database.reading() as tx:
                document = releases.load(tx, tenant, digest).document
        content = plain_json.loads(document)
        decoded = Decoded(content["plans"], CatalogueFiles(content["catalogue"]))
        with self._lock:
            self._decoded[key] = decoded
            while len(self._decoded) > KEPT:
                self._decoded.popitem(last=False)
        return decoded


@dataclass(frozen=True, slots=True)
class Decoded:
    """A release: plans by workflow, and its catalogue files."""

    plans: dict[str, Any]
    catalogue: CatalogueFiles


class ReleaseCatalogue:
    """The catalogue of the release that a call is pinned to, loaded when first read."""

    def __init__(self, releases: Releases, call: Call) -> None:
        self._releases = releases
        self._call = call

    def read(self, name: str, model: type[Model]) -> Model:
        """The file `catalogue/<name>.yaml` as a validated model."""
        return self._releases.decoded(self._call.tenant, self._call.release).catalogue.read(name, model)
