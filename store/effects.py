"""Effects that happen once: the same key is answered with what it did the first time.

StoreError
└── IntentChanged   the same key asks for something else than it did before
"""

from collections.abc import Callable, Iterator
from typing import Any

from sqlmodel import Session

from payloads import plain_json
from store.errors import StoreError
from store.sql import insert_missing
from store.tables import EffectRow
from store.vault import fingerprints

WHOLE = ""
SHOWN_PATHS = 5


class IntentChanged(StoreError):
    """The same key asks for something else than it did before.

    `recorded` and `asked` are the digests of both contents, `paths` where they differ.
    """

    def __init__(self, key: str, recorded: str, asked: str, paths: list[str]) -> None:
        shown = ", ".join(paths[:SHOWN_PATHS]) + (", …" if len(paths) > SHOWN_PATHS else "")
        super().__init__(
            f"the effect {key} was done before with other content: {shown} differ "
            f"(recorded {recorded[:12]}, asked {asked[:12]}); start a new run to do something else",
            paths[0] if paths else "",
        )
        self.key, self.recorded, self.asked, self.paths = key, recorded, asked, paths


def once(tx: Session, tenant: str, key: str, content: Any, act: Callable[[], Any]) -> Any:
    """What `act` answers, done at most once for `key` over all transactions that commit.

    `content` is what is asked, as plain JSON; only fingerprints of it are kept, so it may be
    personal. The answer of `act` is kept as it is, so it may not be. State, events and the effect
    commit together or not at all. IntentChanged when the key was used for other content.
    """
    row = _asked(tx, tenant, key, content)
    # A second transaction with the same key waits here until the first has ended.
    if not insert_missing(tx, row):
        return _recorded(tx, row)
    answer = plain_json.dumps(act())
    done = tx.get_one(EffectRow, (tenant, key))
    done.result = answer
    tx.add(done)
    tx.flush()
    return plain_json.loads(answer)


def recorded(tx: Session, tenant: str, key: str, content: Any) -> Any | None:
    """What the effect of `key` answered, None if it was not done yet; IntentChanged as in `once`.

    For effects that call a provider before they write: ask first, then call, then `once`.
    """
    if tx.get(EffectRow, (tenant, key)) is None:
        return None
    return _recorded(tx, _asked(tx, tenant, key, content))


def is_begun(tx: Session, tenant: str, key: str) -> bool:
    """Whether the effect of `key` was done, whatever for."""
    return tx.get(EffectRow, (tenant, key)) is not None


def _asked(tx: Session, tenant: str, key: str, content: Any) -> EffectRow:
    marks = _marks(tx, tenant, content)
    return EffectRow(tenant=tenant, key=key, content_digest=marks.pop(WHOLE), content_fields=marks)


def _recorded(tx: Session, asked: EffectRow) -> Any:
    row = tx.get_one(EffectRow, (asked.tenant, asked.key), populate_existing=True)
    if row.content_digest != asked.content_digest:
        before, now = row.content_fields, asked.content_fields
        differing = sorted(path for path in before.keys() | now.keys() if before.get(path) != now.get(path))
        raise IntentChanged(asked.key, row.content_digest, asked.content_digest, differing)
    return plain_json.loads(row.result or "null")


def _marks(tx: Session, tenant: str, content: Any) -> dict[str, str]:
    texts = {path: plain_json.digest(leaf) for path, leaf in _leaves(content)}
    return fingerprints(tx, tenant, {**texts, WHOLE: plain_json.digest(content)})


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that holds no others, with its path: `trades[0].units`."""
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _leaves(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]")
    else:
        yield path or "content", value
