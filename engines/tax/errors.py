"""Errors of the tax engines.

EngineError
└── TaxError
    ├── UnknownTaxYear           there are no rules of that year
    ├── JurisdictionNotCovered   income of that jurisdiction is not assessed
    ├── NotCovered               the rules hold no answer for this taxpayer, income or date
    ├── MissingExDate            trades decide the 45-day rule, but a distribution has no ex date
    ├── NothingHeld              no unit was held that the question is about
    ├── OversoldUnits            more units are sold than were bought by then
    ├── UnknownParcel            a disposal names a parcel that it cannot have sold
    ├── OutsideYear              a disposal is not of the year asked for
    ├── MissingMarketValue       units bought before a change of rules lack their value of that day
    ├── MissingPriceIndex        a quarter's price index is needed and not given
    ├── MissingPrice             a parcel's ETF has no price
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
    """More units are sold than were bought by then."""


class UnknownParcel(TaxError):
    """A disposal names a parcel that it cannot have sold."""


class OutsideYear(TaxError):
    """A disposal is not of the year asked for."""


class MissingMarketValue(TaxError):
    """Units bought before a change of rules lack their value of that day."""


class MissingPriceIndex(TaxError):
    """A quarter's price index is needed and not given."""


class MissingPrice(TaxError):
    """A parcel's ETF has no price."""


class MissingAsset(TaxError):
    """A holding has no tax facts."""
