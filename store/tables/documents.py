"""Documents for clients, kept as they were made."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from store.columns import Moment
from store.tables.base import Row
from store.tables.clients import of_customer
from store.tables.holdings import of_portfolio


class Document(Row, table=True):
    """A report or statement, never changed; a corrected one is another version. Its content is encrypted."""

    __tablename__ = "documents"
    __table_args__ = (
        of_customer(),
        of_portfolio(),
        UniqueConstraint("tenant", "portfolio_id", "kind", "period", "version"),
    )

    document_id: str = Field(primary_key=True)
    customer_id: str
    portfolio_id: str
    kind: str  # tax_report, monthly_statement, annual_statement
    period: str  # 2025-26, 2026-06
    version: int
    digest: str  # of the content
    content: bytes
    made_at: datetime = Field(sa_type=Moment)
    effect_root: str
    actor: str
