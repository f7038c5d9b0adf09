"""Watching every portfolio: columns made from the store, and sweeps that measure and judge them."""

from typing import Annotated

from pydantic import Field

from payloads.base import Moment, Payload, Whole
from payloads.bounds import ExactMoment
from payloads.entry import DeclaredError, Effect, Entry, Role
from payloads.market import DAMAGED_SNAPSHOT
from payloads.storage import READ_ERRORS
from payloads.thresholds import FiredThreshold

Count = Annotated[Whole, Field(ge=0)]
Of = Annotated[Whole, Field(ge=1, le=4096, description="how many partitions there are")]
MOST_NAMED = 20


class RefreshPartitions(Payload):
    """Into how many partitions the portfolios are divided."""

    of: Of


class RefreshedPartitions(Payload):
    """The partitions, by the numbers that they are swept by, and what they hold."""

    partitions: list[Count]
    portfolios: Count
    refreshed_at: Moment
    digests: list[str] = Field(description="of the files, in the same order")


class SweepPartition(Payload):
    """A partition; `at` is the moment that the sweep counts for, the same however often it is begun."""

    partition: Count
    of: Of
    at: ExactMoment | None = None


class SweptPartition(Payload):
    """What a sweep saw of a partition, and the thresholds that it saw crossed."""

    partition: Count
    at: Moment
    portfolios: Count
    measured: Count
    worthless: Count = Field(description="hold nothing, or no more than they owe: they are not judged")
    unpriced: Count = Field(description="hold an ETF without a price")
    unpriced_first: list[str] = Field(description=f"the first {MOST_NAMED} of them")
    not_measured: list[str] = Field(description="metrics that nobody could be measured by")
    changing: Count = Field(description="portfolios that were looked at one by one")
    fired: list[FiredThreshold]


_FILES = ("fees", "market", "metrics", "pods", "trading", "universe")

ENTRIES = (
    Entry(
        "monitoring.refresh",
        "Write the portfolios into columns that the monitoring sweeps read",
        RefreshPartitions,
        RefreshedPartitions,
        Effect.EFFECT,
        Role.COMPUTE,
        errors=READ_ERRORS,
        no_undo="the columns say what the store says",
    ),
    Entry(
        "monitoring.sweep",
        "Measure every portfolio of a partition, judge every threshold, and start what fires",
        SweepPartition,
        SweptPartition,
        Effect.EFFECT,
        Role.COMPUTE,
        errors=(
            DeclaredError("UnknownPartition", "there are not so many partitions"),
            DeclaredError("NoPartition", "the partition was never written"),
            DeclaredError("PartitionDamaged", "a file of the partition is not what was written"),
            DeclaredError("NoSnapshot", "there is no snapshot to take prices from"),
            DeclaredError("StaleSnapshot", "the newest snapshot is too old"),
            DAMAGED_SNAPSHOT,
            *READ_ERRORS,
        ),
        no_undo="what is started stands for itself",
        files=_FILES,
    ),
)
