"""Dividing a sum of money so that not a cent is lost."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import gcd, lcm

CENTS_PER_UNIT = 100


def largest_remainder(total: Decimal, weights: Sequence[Fraction]) -> list[Decimal]:
    """`total` (whole cents, from 0 up) divided by `weights`; the parts add up to it exactly.

    Each part is rounded down to the cent, then the cents that are left go one each to the parts with
    the largest remainders, ties to the first. Weights need not add up to 1, but not all may be zero.

    >>> [str(part) for part in largest_remainder(Decimal("1.00"), [Fraction(1, 3)] * 3)]
    ['0.34', '0.33', '0.33']
    """
    common = lcm(*(weight.denominator for weight in weights))
    parts = cents_by_weight(
        int(total * CENTS_PER_UNIT),
        [weight.numerator * (common // weight.denominator) for weight in weights],
    )
    return [Decimal(part).scaleb(-2) for part in parts]


def cents_by_weight(cents: int, weights: Sequence[int]) -> list[int]:
    """As `largest_remainder`, in whole cents by whole weights.

    >>> cents_by_weight(100, [1, 1, 1])
    [34, 33, 33]
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights are from 0 up and not all zero")
    # In smallest terms most products are machine numbers, which are divided faster.
    common = gcd(*weights)
    exact = [cents * (weight // common) for weight in weights]
    whole //= common
    parts = [each // whole for each in exact]
    remainders = [each % whole for each in exact]
    by_remainder = sorted(range(len(parts)), key=remainders.__getitem__, reverse=True)
    for place in by_remainder[: cents - sum(parts)]:
        parts[place] += 1
    return parts
