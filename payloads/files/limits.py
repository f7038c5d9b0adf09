"""The file limits.yaml: who may open an account, and what every portfolio keeps to."""

from typing import Annotated

from pydantic import Field

from payloads.applications import Currency
from payloads.files.written import Figure, Written


class LimitsFile(Written):
    """Limits of accounts and portfolios."""

    currencies: Annotated[list[Currency], Field(min_length=1)]
    youngest_age: Figure
    oldest_age: Figure
    min_weight: Figure
    max_weight: Figure
    max_etfs: Figure
    fewest_etfs: Figure
    min_first_holding: Figure
    cash_buffer: Figure
    sale_margin: Figure
    settlement_days: Figure
