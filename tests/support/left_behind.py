"""What is left of a house when its story is over, without what differs each time: ids, keys and moments."""

from collections import Counter

from sqlmodel import select

from store.tables import (
    Account,
    Agreement,
    BlockSlice,
    Customer,
    Deposit,
    Document,
    EventRow,
    FeeAccrual,
    FeeInvoice,
    FeeWork,
    Fill,
    Goal,
    IdentityCheck,
    Lease,
    LedgerEntry,
    LedgerPosting,
    Notification,
    Order,
    Parcel,
    ParcelDisposal,
    Portfolio,
    Position,
    ThresholdState,
    TradingHalt,
)
from tests.support.world import World

KEPT = {
    Customer: "customer_id identity_status",
    Account: "account_id currency",
    Agreement: "customer_id portfolio_id mandate",
    Goal: "customer_id goal_id place target_cents target_date priority flexibility",
    IdentityCheck: "customer_id documents status reason",
    Deposit: "account_id amount_cents currency",
    Portfolio: "portfolio_id state mandate reinvest risk_score marginal_rate pods target pods_by_etf target_snapshot",
    Position: "portfolio_id etf units",
    Parcel: "portfolio_id etf acquired units_bought units cost_base_cents",
    ParcelDisposal: "portfolio_id etf acquired disposed units cost_base_cents proceeds_cents",
    Order: "portfolio_id etf side units limit_price broker state reason cum_units average_price reserved_cents",
    Fill: "broker units price fees_cents parcels_by",
    BlockSlice: "block_id units broker state cum_units average_price",
    LedgerEntry: "account_id kind effective currency reason",
    LedgerPosting: "account_id book amount_cents settles_on portfolio_id etf acquired units",
    FeeAccrual: "portfolio_id since through balance_cents schedule yearly",
    FeeInvoice: "portfolio_id since until accrued_cents hours_cents gst_cents total_cents paid_cents waived_cents",
    FeeWork: "portfolio_id reference role day minutes fee_cents",
    Document: "portfolio_id kind period version",
    Notification: "customer_id template",
    TradingHalt: "scope subject reason",
    ThresholdState: "workflow trigger portfolio_id state firings",
    Lease: "resource owner",
}


def left_behind(place: World) -> Counter[str]:
    """How often each row is there, and each name in a client's part of the log."""
    tenant = place.settings.tenant
    found: Counter[str] = Counter()
    with place.services.database.reading() as tx:
        for table, columns in KEPT.items():
            for row in tx.scalars(select(table).where(table.tenant == tenant)):
                found[f"{table.__name__} {[getattr(row, name) for name in columns.split()]}"] += 1
        for event in tx.scalars(select(EventRow).where(EventRow.tenant == tenant)):
            found[f"{event.kind} {event.name} {_part(event.stream)}"] += 1
    return found


def _part(stream: str) -> str:
    """A client's stream, or the kind of one that is a run's or an event's own."""
    return stream if stream.startswith("client:") else stream.partition(":")[0]
