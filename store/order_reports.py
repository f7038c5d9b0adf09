"""Which orders somebody has told of, so that each fill is told once."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from store.order_life import touch
from store.orders import of_its_own
from store.tables import OPEN_STATES, Order

# Before the key in `reported_by`: the fact is out, and no call has reported on the order.
BY_CANCEL = "cancel:"
# Before either, or alone: a fill came after the order had ended, and there is no fact of it yet.
LATE = "late:"


def mark_told(tx: Session, orders: Iterable[Order], key: str, at: datetime) -> None:
    """Note that a cancel told what these orders traded; they are still to be reported on."""
    for order in orders:
        order.reported_by = f"{BY_CANCEL}{key}"
        touch(tx, order, at)


def mark_reported(tx: Session, orders: Iterable[Order], key: str, at: datetime) -> None:
    """Note which call reported on these orders; the first one stays."""
    for order in orders:
        if not _is_reported(order):
            order.reported_by = key
            touch(tx, order, at)


def mark_late(tx: Session, order: Order, at: datetime, *, had_ended: bool) -> None:
    """Note that an order filled after it had ended, or had been told of; else nothing."""
    told = order.reported_by
    if (told is not None or had_ended) and not (told or "").startswith(LATE):
        order.reported_by = f"{LATE}{told or ''}"
        touch(tx, order, at)


def mark_late_told(tx: Session, orders: Iterable[Order], key: str, at: datetime) -> None:
    """Note that the late fills of these orders were told."""
    for order in orders:
        before = (order.reported_by or "").removeprefix(LATE)
        order.reported_by = before or f"{BY_CANCEL}{key}"
        touch(tx, order, at)


def is_late(order: Order) -> bool:
    """Did the order fill after its end, or after it was told of, and nobody has told of that since."""
    return (order.reported_by or "").startswith(LATE)


def is_untold(order: Order) -> bool:
    """Is there no fact yet of what became of the order."""
    return order.reported_by in (None, LATE)


def unreported(tx: Session, tenant: str, portfolio_id: str, effect_root: str) -> list[Order]:
    """Orders of one run that no call has reported on yet, and any other that is still open."""
    return [
        order
        for order in of_its_own(tx, tenant, portfolio_id)
        if (order.effect_root == effect_root and not _is_reported(order)) or order.state in OPEN_STATES
    ]


def filled_late(tx: Session, tenant: str, portfolio_id: str) -> list[Order]:
    """Orders with fills that came after their end, and that nobody has told of since."""
    return [order for order in of_its_own(tx, tenant, portfolio_id) if is_late(order)]


def _is_reported(order: Order) -> bool:
    told = (order.reported_by or "").removeprefix(LATE)
    return bool(told) and not told.startswith(BY_CANCEL)
