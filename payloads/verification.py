"""Verification: what was executed, held against the orders that were approved."""

from typing import Literal

from pydantic import Field

from payloads.base import Amount, Etf, Payload, Units
from payloads.entry import Entry
from payloads.orders import Side, Trade


class Execution(Payload):
    """What became of one order, as `orders.await_fills` reports it."""

    etf: Etf
    action: Literal["BUY", "SELL"]
    shares: Units
    brokerage: Amount

    @property
    def line(self) -> tuple[str, Side]:
        """The ETF and side of the order."""
        return self.etf, "buy" if self.action == "BUY" else "sell"


class VerifyFills(Payload):
    """The orders that were approved, and what became of those that were sent."""

    planned: list[Trade] = Field(max_length=500)
    executed: list[Execution] = Field(max_length=500, description="executions of one order may be several")


class FillFinding(Payload):
    """One difference: in units, or for `cost_differs` in money."""

    code: Literal["not_executed", "partly_executed", "too_much", "not_planned", "cost_differs"]
    etf: Etf
    side: Side
    planned: Amount
    executed: Amount
    text: str


class VerifiedFills(Payload):
    """`verified` when nothing differs."""

    verified: bool
    findings: list[FillFinding]


ENTRIES = (
    Entry(
        "orders.verify_fills",
        "Hold what was executed against the orders that were approved",
        VerifyFills,
        VerifiedFills,
    ),
)
