"""Whether a person may open an account.

EngineError
├── UnderAge               the person is too young
├── ImplausibleBirthDate   the birth date lies ahead or too far back
└── UnsupportedCurrency    accounts are not kept in this currency
"""

from collections.abc import Sequence
from datetime import date

from engines.errors import EngineError


class UnderAge(EngineError):
    """The person is too young."""


class ImplausibleBirthDate(EngineError):
    """The birth date lies ahead or too far back."""


class UnsupportedCurrency(EngineError):
    """Accounts are not kept in this currency."""


def completed_years(born: date, as_of: date) -> int:
    """Whole years lived by `as_of`; born on 29 February counts from 1 March in other years.

    >>> completed_years(date(2007, 11, 16), date(2025, 11, 15))
    17
    """
    birthday_ahead = (as_of.month, as_of.day) < (born.month, born.day)
    return as_of.year - born.year - birthday_ahead


def check_age(born: date, as_of: date, youngest: int, oldest: int, path: str) -> int:
    """The person's age at `as_of`; messages leave out the birth date, which is personal."""
    age = completed_years(born, as_of)
    if age < 0 or age > oldest:
        raise ImplausibleBirthDate(f"the birth date makes the person {age} years old; check it", path)
    if age < youngest:
        raise UnderAge(f"an account needs an age of {youngest} or more", path)
    return age


def check_currency(currency: str, supported: Sequence[str]) -> None:
    """Refuse a currency in which no accounts are kept."""
    if currency not in supported:
        raise UnsupportedCurrency(
            f"accounts are kept in {', '.join(supported)}, not in {currency}", "currency"
        )
