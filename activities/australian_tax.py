"""The Australian tax rules of the release, as the engines take them."""

from datetime import date, timedelta
from fractions import Fraction

from activities.context import Catalogue
from engines.tax import rules as engine
from engines.tax.errors import NotCovered, UnknownTaxYear
from engines.tax.gain_rules import Discounting, GainRules, Indexing, PriceIndex
from engines.tax.portfolio import GainsRule
from engines.tax.years import TaxYear
from payloads.files.tax_au import Bracket, Number, TaxAuFile
from payloads.files.written import at
from payloads.tax import Taxpayer

FIRST_MONTH = 7
INDEXATION = "indexation by consumer prices"


def tax_file(catalogue: Catalogue) -> TaxAuFile:
    """The file of Australian rules."""
    return catalogue.read("tax_au", TaxAuFile)


def year_of(day: date) -> str:
    """The Australian tax year of a day; it begins on 1 July.

    >>> year_of(date(2025, 6, 30)), year_of(date(2025, 7, 1))
    ('2024-25', '2025-26')
    """
    first = day.year if day.month >= FIRST_MONTH else day.year - 1
    return f"{first}-{(first + 1) % 100:02d}"


def year_around(year: str) -> tuple[date, date]:
    """The first and the last day of a tax year.

    >>> year_around("2024-25")
    (datetime.date(2024, 7, 1), datetime.date(2025, 6, 30))
    """
    first = date(int(year[:4]), FIRST_MONTH, 1)
    return first, date(first.year + 1, FIRST_MONTH, 1) - timedelta(days=1)


def check_year(file: TaxAuFile, year: str, path: str) -> None:
    """Refuse a year without rules, naming those there are."""
    if year not in file.years:
        raise UnknownTaxYear(
            f"there are no Australian tax rules of {year}; there are {', '.join(file.years)}", path
        )


def year_rules(file: TaxAuFile, year: str, path: str) -> engine.YearRules:
    """The rules that hold in `year`; `path` is where the year was given."""
    check_year(file, year, path)
    day = date(int(year[:4]), FIRST_MONTH, 1)
    offset = at(file.low_income_offset.values, day)
    return engine.YearRules(
        year=year,
        resident=_scale(at(file.resident_scale.values, day).brackets),
        non_resident=_scale(at(file.non_resident_scale.values, day).brackets),
        levy=engine.Levy(
            rate=at(file.medicare_levy_rate.values, day).value,
            threshold=at(file.medicare_levy_threshold.values, day).value,
            shade_in=at(file.medicare_levy_shade_in.values, day).value,
        ),
        low_income=engine.ShrinkingOffset(offset.whole, _scale(offset.reductions)),
        company_rate=at(file.company_rate.values, day).value,
        base_rate_entity_rate=at(file.base_rate_entity_rate.values, day).value,
        super_rate=at(file.super_rate.values, day).value,
        days_at_risk=int(at(file.franking_days_at_risk.values, day).value),
        small_holder_credits=at(file.small_holder_credits.values, day).value,
        notes=(*_gaps(file, day), *_carried_on(file.medicare_levy_threshold, day, year)),
    )


def gains_rule(file: TaxAuFile, as_of: date) -> GainsRule:
    """How an individual's gains are discounted at `as_of`."""
    found = at(file.capital_gains_discount.values, as_of)
    indexed = "individual" in found.indexed
    return GainsRule(
        months_held=file.capital_gains_discount.months_held,
        discount=None if indexed else found.shares["individual"],
        replaced_by=INDEXATION if indexed else "",
    )


def australian_year(file: TaxAuFile, year: str, path: str) -> TaxYear:
    """A tax year that there are rules of."""
    check_year(file, year, path)
    return TaxYear(year, *year_around(year))


def australian_gains(
    file: TaxAuFile,
    year: TaxYear,
    taxpayer: Taxpayer,
    *,
    resident: bool,
    price_index: PriceIndex | None = None,
) -> GainRules:
    """How gains of a year are discounted or indexed; NotCovered for a taxpayer whom the rules do not know.

    `price_index` has quarters beside those that the file knows, or in their place.
    """
    months = file.capital_gains_discount.months_held
    found = at(file.capital_gains_discount.values, year.first)
    if taxpayer not in found.shares:
        raise NotCovered(
            f"the rules on gains since {found.since} know {' and '.join(found.shares)}, not {taxpayer}",
            "taxpayer",
        )
    share = found.shares[taxpayer] if resident else Fraction(0)
    if taxpayer in found.indexed:
        published = {quarter.since: quarter.value for quarter in file.consumer_price_index.values}
        return Indexing(months, share, found.since, published | dict(price_index or {}))
    return Discounting(months, share)


def _scale(brackets: list[Bracket]) -> engine.Scale:
    return engine.Scale(tuple(engine.Bracket(bracket.above, bracket.rate) for bracket in brackets))


def _gaps(file: TaxAuFile, day: date) -> list[engine.Note]:
    return [engine.Note(gap.text, gap.taxpayer) for gap in file.not_covered if gap.holds(day)]


def _carried_on(number: Number, day: date, year: str) -> list[engine.Note]:
    """What to say where a figure that is set yearly has none of this year."""
    found = at(number.values, day)
    if not number.set_yearly or found.since == day:
        return []
    used = f"{found.value:,} of {year_of(found.since)} is used"
    return [engine.Note(f"{number.description}: {year} has no figure of its own yet, {used}.", "individual")]
