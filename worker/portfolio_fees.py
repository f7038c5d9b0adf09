"""The fees of a portfolio, for people to look at."""

from datetime import date
from typing import Any

from sqlmodel import Session

from engines.fees import Accrued, accrued_fee
from store import billing
from store.cents import from_cents
from store.tables import FeeInvoice, Portfolio


def fees_of(tx: Session, row: Portfolio) -> dict[str, Any]:
    """What has accrued since the last invoice, without GST; that invoice; and what is owed of all of them."""
    asked = billing.unbilled(tx, row.tenant, row.portfolio_id, date.max)
    last = billing.newest_invoice(tx, row.tenant, row.portfolio_id)
    hours = from_cents(sum(each.fee_cents for each in asked.work))
    return {
        "accrued": accrued_fee([Accrued(each.yearly, each.days) for each in asked.accruals]) + hours,
        "accrued_through": billing.last_accrued(tx, row.tenant, row.portfolio_id),
        "owed": from_cents(billing.owed(tx, row.tenant, row.account_id)),
        "last_invoice": None if last is None else _invoice(last),
    }


def _invoice(row: FeeInvoice) -> dict[str, Any]:
    return {
        "invoice_id": row.invoice_id,
        "since": row.since,
        "until": row.until,
        "gst": from_cents(row.gst_cents),
        "total": from_cents(row.total_cents),
        "open": from_cents(row.open_cents),
    }
