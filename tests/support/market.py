"""The simulated market of the catalogue, straight into the store."""

from sqlmodel import Session

from activities.snapshots import default_snapshot, keep
from adapters.market.snapshot import Snapshot
from tests.support.contexts import pure_context
from tests.support.databases import NOON


def store_default(tx: Session, tenant: str) -> Snapshot:
    """The default snapshot, stored as the newest."""
    snapshot = default_snapshot(pure_context().catalogue)
    keep(tx, tenant, snapshot, NOON)
    return snapshot
