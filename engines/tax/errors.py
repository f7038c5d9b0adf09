"""Errors of the tax engines.

EngineError
└── TaxError
    ├── UnknownTaxYear           there are no rules of that year
    ├── JurisdictionNotCovered   income of that jurisdiction is not assessed
    ├── NotCovered               the rules hold no answer for this taxpayer, income or date
    ├── MissingExDate            trades decide the 45-day rule, but a distribution has no ex date
    ├── NothingHeld              no unit was held that the question is about
    ├── OversoldUnits            trades sell more units than they bought
    └── MissingAsset             a holding has no tax facts
"""

from engines.errors import EngineError


class TaxError(EngineError):
    """A tax question that cannot be answered."""


class UnknownTaxYear(TaxError):
    """There are no rules of that year."""


class JurisdictionNotCovered(TaxError):
    """Income of that jurisdiction is not assessed."""


class NotCovered(TaxError):
    """The rules hold no answer for this taxpayer, income or date."""


class MissingExDate(TaxError):
    """Trades decide the 45-day rule, but a distribution has no ex date."""


class NothingHeld(TaxError):
    """No unit was held that the question is about."""


class OversoldUnits(TaxError):
    """Trades sell more units than they bought."""


class MissingAsset(TaxError):
    """A holding has no tax facts."""
