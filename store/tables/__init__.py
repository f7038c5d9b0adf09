"""The tables. Importing the package declares all of them, so that the schema is always whole."""

from store.tables.agents import Policy, PolicyCheckpoint
from store.tables.billing import FeeAccrual, FeeInvoice, FeeWork
from store.tables.blocks import Block, BlockExecution, BlockSlice
from store.tables.clients import Agreement, ClientKey, Customer, Goal, IdentityCheck, Notification
from store.tables.documents import Document
from store.tables.holdings import (
    Account,
    Deposit,
    Parcel,
    ParcelDisposal,
    Portfolio,
    Position,
)
from store.tables.ledger import MONEY, SAME_ENTRY, Book, LedgerEntry, LedgerPosting
from store.tables.record import (
    EffectRow,
    EventCheckpoint,
    EventRow,
    Release,
    ReleaseDefinition,
    Snapshot,
)
from store.tables.trading import (
    OPEN_STATES,
    Fill,
    Lease,
    LeaseWaiter,
    Order,
    OrderState,
    TradingHalt,
)
from store.tables.triggers import (
    Dispatch,
    DispatchCursor,
    Subscription,
    SubscriptionShape,
    ThresholdState,
)

__all__ = [
    "MONEY",
    "OPEN_STATES",
    "SAME_ENTRY",
    "Account",
    "Agreement",
    "Block",
    "BlockExecution",
    "BlockSlice",
    "Book",
    "ClientKey",
    "Customer",
    "Deposit",
    "Dispatch",
    "DispatchCursor",
    "Document",
    "EffectRow",
    "EventCheckpoint",
    "EventRow",
    "FeeAccrual",
    "FeeInvoice",
    "FeeWork",
    "Fill",
    "Goal",
    "IdentityCheck",
    "Lease",
    "LeaseWaiter",
    "LedgerEntry",
    "LedgerPosting",
    "Notification",
    "Order",
    "OrderState",
    "Parcel",
    "ParcelDisposal",
    "Policy",
    "PolicyCheckpoint",
    "Portfolio",
    "Position",
    "Release",
    "ReleaseDefinition",
    "Snapshot",
    "Subscription",
    "SubscriptionShape",
    "ThresholdState",
    "TradingHalt",
]
