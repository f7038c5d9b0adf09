"""What a simulated provider remembers, so that one request is one effect however often it is sent.

AdapterError
└── KeyReused   the same key with another request
"""

import sqlite3
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from adapters.errors import AdapterError
from payloads import plain_json

DATABASE_FILE = "providers.db"
PATIENCE_SECONDS = 30
SCHEMA = """
CREATE TABLE IF NOT EXISTS requests (
    provider TEXT NOT NULL,
    key TEXT NOT NULL,
    content TEXT NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (provider, key)
)
"""


class KeyReused(AdapterError):
    """One key was used for two different requests."""


class ProviderRecords:
    """Answers by provider and key, in `folder`/providers.db, or in memory without a folder.

    What was asked is kept as a digest only: a request may name a person.
    """

    def __init__(self, folder: Path | None = None) -> None:
        if folder is not None:
            Path(folder).mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            ":memory:" if folder is None else Path(folder) / DATABASE_FILE,
            timeout=PATIENCE_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute(SCHEMA)

    def once(
        self, provider: str, key: str, content: Mapping[str, Any], answer: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        """The recorded answer to `key`, or `answer()` recorded now; KeyReused if the content differs."""
        asked = plain_json.digest(content)
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                recorded = self._recorded(provider, key, asked)
                if recorded is None:
                    recorded = answer()
                    row = (provider, key, asked, plain_json.dumps(recorded))
                    self._connection.execute("INSERT INTO requests VALUES (?, ?, ?, ?)", row)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        return recorded

    def count(self, provider: str) -> int:
        """How many different requests the provider has answered."""
        with self._lock:
            query = "SELECT count(*) FROM requests WHERE provider = ?"
            return int(self._connection.execute(query, (provider,)).fetchone()[0])

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    def _recorded(self, provider: str, key: str, asked: str) -> dict[str, Any] | None:
        query = "SELECT content, answer FROM requests WHERE provider = ? AND key = ?"
        row = self._connection.execute(query, (provider, key)).fetchone()
        if row is None:
            return None
        if row[0] != asked:
            raise KeyReused(f"{provider} was asked something else under key {key} before")
        answer: dict[str, Any] = plain_json.loads(row[1])
        return answer
