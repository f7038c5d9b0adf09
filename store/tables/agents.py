"""What agents have learned, and are learning."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from store.columns import Json, Moment
from store.tables.base import Row


class Policy(Row, table=True):
    """A trained policy, under the digest of universe, snapshot, settings and seed.

    `question` is that digest without the seed; `report` is what training answered.
    """

    __tablename__ = "policies"
    __table_args__ = (Index(None, "tenant", "question", "seed"),)

    digest: str = Field(primary_key=True)
    question: str
    pod: str
    agent: str
    algorithm: str
    snapshot: str
    seed: int = Field(sa_type=BigInteger)
    content: bytes
    report: Any = Field(sa_type=Json)
    created_at: datetime = Field(sa_type=Moment)
    actor: str


class PolicyCheckpoint(Row, table=True):
    """Training under way: all that is needed to go on after `done` rounds."""

    __tablename__ = "policy_checkpoints"

    digest: str = Field(primary_key=True)
    done: int = Field(sa_type=BigInteger)
    content: bytes
    updated_at: datetime = Field(sa_type=Moment)
