"""The file compliance.yaml: which rules a proposal is checked against, and how much each weighs."""

from typing import Annotated, Literal

from pydantic import Field

from payloads.base import Fraction, Identifier
from payloads.files.written import Figure, Words, Written

Category = Literal["conservative", "moderate", "growth", "aggressive"]


class ComplianceRule(Written):
    """One rule: what it asks for, who says so, whether breaking it forbids the trade."""

    summary: Words
    source: Words
    severity: Literal["error", "warning"]
    by_default: bool = Field(True, description="checked when a call names no rules")


class Suitability(Written):
    """How much of a portfolio may be outside the defensive asset classes, by the client's category."""

    source: Words
    defensive_classes: Annotated[list[Identifier], Field(min_length=1)]
    largest_growth_share: dict[Category, Fraction]


class ComplianceFile(Written):
    """compliance.yaml as a whole; rules are checked in the file's order."""

    rules: Annotated[dict[Identifier, ComplianceRule], Field(min_length=1)]
    weight_allowance: Figure
    suitability: Suitability
