"""Tax years by name."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class TaxYear:
    """A tax year and its first and last day."""

    name: str
    first: date
    last: date
