"""Proves that the event log is whole: every row as it was written, none missing, none added."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from store.events import GENESIS, chained, digest_of
from store.tables import EventCheckpoint, EventRow

BATCH = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """A row that is not what was written, and how that shows."""

    row: str
    problem: str


@dataclass(slots=True)
class Head:
    """The end of a stream as far as the proof has come; `digests` are the stored and the true one."""

    sequence: int
    digests: tuple[str, ...]


def verify(tx: Session, tenant: str) -> list[Finding]:
    """Everything that is wrong with the tenant's log; empty when it is whole. Needs no keys."""
    proof = Proof(tenant)
    query = select(EventRow).where(col(EventRow.tenant) == tenant).order_by(col(EventRow.position))
    for row in tx.scalars(query.execution_options(yield_per=BATCH)):
        proof.take(row)
    proof.close(tx.get(EventCheckpoint, tenant))
    return proof.findings


class Proof:
    """Walks the log in the order of appending."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.findings: list[Finding] = []
        self._position = 0
        self._digest = GENESIS
        self._heads: dict[str, Head] = {}

    def take(self, row: EventRow) -> None:
        """Hold the next row against itself, its stream, and the order of appending."""
        name = f"event {row.position} (stream {row.stream}, sequence {row.sequence})"
        true_digest = self._digest_of(row)
        if true_digest != row.digest:
            self._find(name, "its columns do not have its digest: it was changed after it was written")
        self._hold_against_order(row, name)
        self._hold_against_stream(row, name)
        self._heads[row.stream] = Head(row.sequence, (row.digest, true_digest))
        self._digest = chained(self._digest, row.digest)

    def close(self, end: EventCheckpoint | None) -> None:
        """Hold what was seen against the checkpoint: a cut tail and a lost stream show here."""
        name = f"checkpoint of tenant {self.tenant}"
        if end is None:
            if self._position:
                self._find(name, f"it is missing, though there are {self._position} events")
            return
        if end.position > self._position:
            self._find(name, f"it counts {end.position} events, the log ends at {self._position}: a cut tail")
        if end.position < self._position:
            self._find(name, f"it counts {end.position} events, the log goes on to {self._position}")
        if end.digest != self._digest:
            self._find(name, "its digest is not that of the events in the log")

    def _hold_against_order(self, row: EventRow, name: str) -> None:
        expected = self._position + 1
        if row.position != expected:
            self._find(name, f"it stands where position {expected} was expected: rows are missing")
        self._position = row.position

    def _hold_against_stream(self, row: EventRow, name: str) -> None:
        head = self._heads.get(row.stream, Head(0, (GENESIS,)))
        if row.sequence != head.sequence + 1:
            self._find(name, f"it follows sequence {head.sequence} of its stream: rows are missing")
        elif row.previous not in head.digests:
            self._find(name, "it does not follow the event before it in its stream")

    def _digest_of(self, row: EventRow) -> str:
        try:
            return digest_of(row)
        except (TypeError, ValueError):  # a value of a type that no event has
            return ""

    def _find(self, row: str, problem: str) -> None:
        self.findings.append(Finding(row, problem))
