"""Compliance: what a proposal must satisfy before it may trade."""

from typing import Annotated, Literal

from pydantic import Field

from payloads.base import Etf, Fraction, Identifier, Money, Payload
from payloads.entry import DeclaredError, Effect, Entry
from payloads.orders import BROKER_ERRORS, Trade
from payloads.storage import READ_ERRORS, UNKNOWN_CUSTOMER, UNKNOWN_PORTFOLIO

Severity = Literal["error", "warning"]


class Proposal(Payload):
    """What is about to be done: orders, the weights they lead to, the cash they come out of."""

    orders: list[Trade] = Field(default_factory=list, max_length=500)
    weights: dict[Etf, Fraction] | None = Field(None, description="shares of the portfolio after the orders")
    cash: Annotated[Money, Field(ge=0)] | None = Field(
        None, description="money the orders may use; without it, the portfolio's available cash"
    )
    snapshot: str | None = Field(None, description="snapshot the prices come from; without it, the latest")


class CheckCompliance(Payload):
    """Whose proposal it is, and which rules to check; without `rules`, every rule that applies by default."""

    portfolio_id: Identifier | None = None
    customer_id: Identifier | None = None
    rules: list[str] | None = None
    proposal: Proposal


class ComplianceFinding(Payload):
    """One thing that a rule has against the proposal."""

    rule: str
    severity: Severity
    text: str


class ComplianceResult(Payload):
    """`passed` when no finding is an error; warnings alone pass."""

    passed: bool
    findings: list[ComplianceFinding]
    checked: list[str] = Field(description="the rules that were checked, in order")


ENTRIES = (
    Entry(
        "compliance.check",
        "Check a proposal against the rules of the catalogue, all findings at once",
        CheckCompliance,
        ComplianceResult,
        Effect.READS,
        errors=(
            DeclaredError("UnknownRule", "no rule of compliance.yaml has that name"),
            DeclaredError(
                "MissingSubject", "a rule needs a portfolio, a customer or a part of the proposal not given"
            ),
            DeclaredError("UnknownSnapshot", "no stored snapshot has that digest"),
            DeclaredError("SnapshotDamaged", "the stored bytes are not those of the digest"),
            UNKNOWN_PORTFOLIO,
            UNKNOWN_CUSTOMER,
            *BROKER_ERRORS,
            *READ_ERRORS,
        ),
        files=("compliance", "fees", "limits", "market", "universe"),
    ),
)
