"""Releases as activities and runs read them: by digest, each loaded and decoded once a process."""

import threading
from collections import OrderedDict
from typing import Any

from activities.context import CatalogueFiles
from payloads import plain_json
from payloads.call import Call
from store import releases
from store.database import Database

KEPT = 8


class ReleaseCatalogues:
    """The catalogue of the release that a call names."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._documents: OrderedDict[tuple[str, str], CatalogueFiles] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, call: Call) -> "LazyCatalogue":
        """The catalogue for one call; nothing is loaded before something is read."""
        return LazyCatalogue(self, call)

    def files(self, tenant: str, release: str) -> CatalogueFiles:
        """The catalogue files of one release."""
        key = (tenant, release)
        with self._lock:
            if key in self._documents:
                self._documents.move_to_end(key)
                return self._documents[key]
        with self._database.reading() as tx:
            document: dict[str, Any] = plain_json.loads(releases.load(tx, tenant, release).document)
        files = CatalogueFiles(document["catalogue"])
        with self._lock:
            self._documents[key] = files
            while len(self._documents) > KEPT:
                self._documents.popitem(last=False)
        return files


class LazyCatalogue:
    """A catalogue that is loaded when first read: activities without one never touch the store for it."""

    def __init__(self, catalogues: ReleaseCatalogues, call: Call) -> None:
        self._catalogues = catalogues
        self._call = call

    def read(self, name: str, model: type[Any]) -> Any:
        """The file `catalogue/<name>.yaml` of the call's release as a validated model."""
        return self._catalogues.files(self._call.tenant, self._call.release).read(name, model)
