"""The United States rules of the release, as the engines take them."""

from datetime import date

from activities.context import Catalogue
from engines.tax.errors import NotCovered, UnknownTaxYear
from engines.tax.gain_rules import Terms
from engines.tax.years import TaxYear
from payloads.files.tax_us import TaxUsFile
from payloads.files.written import at
from payloads.tax import Taxpayer


def american_file(catalogue: Catalogue) -> TaxUsFile:
    """The file of United States rules."""
    return catalogue.read("tax_us", TaxUsFile)


def american_year(file: TaxUsFile, year: str, path: str) -> TaxYear:
    """A calendar year that there are rules of."""
    if year not in file.years:
        raise UnknownTaxYear(
            f"there are no United States tax rules of {year}; there are {', '.join(file.years)}", path
        )
    return TaxYear(year, date(int(year), 1, 1), date(int(year), 12, 31))


def american_gains(file: TaxUsFile, year: TaxYear, taxpayer: Taxpayer) -> Terms:
    """How gains of a year are netted; NotCovered for a taxpayer whom the rules do not know."""
    deduction = at(file.loss_deduction.values, year.first).amounts
    if taxpayer not in deduction:
        raise NotCovered(f"United States rules know {' and '.join(deduction)}, not {taxpayer}", "taxpayer")
    return Terms(
        months_held=int(at(file.long_term_months.values, year.first).value),
        short_rate=float(at(file.short_term_rate.values, year.first).amounts[taxpayer]),
        long_rate=float(at(file.long_term_rate.values, year.first).amounts[taxpayer]),
        deducted_at_most=deduction[taxpayer],
    )


def american_gaps(file: TaxUsFile, year: TaxYear) -> list[str]:
    """What the rules of a year leave out or take for granted."""
    return [gap.text for gap in file.not_covered if gap.holds(year.first)]
