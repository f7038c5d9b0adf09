"""Money at the store's edge: whole cents inside, exact decimals outside."""

from decimal import Decimal


def to_cents(amount: Decimal) -> int:
    """`amount` in cents; ValueError if it has fractions of one, because rounding is not the store's to do."""
    cents = amount.scaleb(2)
    if cents != cents.to_integral_value():
        raise ValueError(f"{amount} has fractions of a cent")
    return int(cents)


def from_cents(cents: int) -> Decimal:
    """Cents as an amount with two decimals."""
    return Decimal(cents).scaleb(-2)
