"""How far a planned goal has come."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from engines.goal_progress import Earned, Planned, expected, months_since, reached, target_on

PLAN = Planned(date(2026, 6, 30), Decimal(50_000), Decimal(1_500), Decimal(150_000), [Earned(0, 0.05)])
MILESTONES = [Decimal(share) for share in ("0.25", "0.5", "0.75", "1")]


def test_the_plan_grows_month_by_month() -> None:
    """Compounded one month after the other."""
    balance = 50_000.0
    for _ in range(17):
        balance = balance * 1.05 ** (1 / 12) + 1_500
    assert expected(PLAN, date(2027, 11, 30)) == pytest.approx(balance)


def test_a_plan_that_glides_earns_less_from_then_on() -> None:
    """5% for a year, 2% for the next half, then nothing; on days before, in and after the steps."""
    gliding = replace(PLAN, earned=[Earned(0, 0.05), Earned(12, 0.02), Earned(18, 0.0)])
    yearly = [0.05] * 12 + [0.02] * 6 + [0.0] * 6
    balance, ends = 50_000.0, [50_000.0]
    for rate in yearly:
        balance = balance * (1 + rate) ** (1 / 12) + 1_500
        ends.append(balance)
    for months in (0, 5, 12, 13, 18, 24):
        day = date(2026 + (5 + months) // 12, (5 + months) % 12 + 1, 30)
        assert expected(gliding, day) == pytest.approx(ends[months])


def test_without_growth_only_payments_add_up() -> None:
    """And before its first month is over a plan expects what it began with."""
    assert expected(replace(PLAN, earned=[Earned(0, 0.0)]), date(2027, 6, 30)) == 68_000
    assert expected(PLAN, date(2026, 7, 29)) == 50_000
    assert expected(PLAN, date(2020, 1, 1)) == 50_000


def test_what_is_paid_in_and_the_target_grow_with_inflation() -> None:
    """As in a growing annuity: C·((1+r)^n - (1+g)^n)/(r - g); the target by the whole years."""
    dear = replace(PLAN, initial=Decimal(0), inflation=0.03)
    r, g = 1.05 ** (1 / 12) - 1, 1.03 ** (1 / 12) - 1
    annuity = 1_500 * ((1 + r) ** 36 - (1 + g) ** 36) / (r - g)
    assert expected(dear, date(2029, 6, 30)) == pytest.approx(annuity)
    assert float(target_on(dear, date(2029, 6, 30)) or 0) == pytest.approx(150_000 * 1.03**3)


def test_what_is_drawn_is_taken_from_what_is_expected() -> None:
    """At the start of each month, growing; once nothing is left nothing is drawn."""
    drawing = replace(PLAN, monthly=Decimal(0), drawn=Decimal(1_000), earned=[Earned(0, 0.0)], inflation=0.06)
    left = 50_000 - sum(1_000 * 1.06 ** (month / 12) for month in range(24))
    assert expected(drawing, date(2028, 6, 30)) == pytest.approx(left)
    assert expected(drawing, date(2036, 6, 30)) == 0


def test_a_milestone_is_a_share_of_what_the_target_has_grown_to() -> None:
    """After ten years of 3% the goal of 150,000 takes 201,587."""
    dear, day = replace(PLAN, inflation=0.03), date(2036, 6, 30)
    assert reached(dear, Decimal(150_000), day, MILESTONES, []) == [Decimal("0.5")]
    assert reached(dear, Decimal(201_588), day, MILESTONES, [])[-1] == 1


def test_months_are_whole() -> None:
    """A month is over on the same day of the next; none before the first."""
    assert months_since(date(2026, 6, 30), date(2027, 6, 29)) == 11
    assert months_since(date(2026, 6, 30), date(2026, 5, 1)) == 0


@pytest.mark.parametrize(
    ("value", "told", "found"),
    [
        ("74999.99", (), []),
        ("75000", (), ["0.5"]),
        ("75000", ("0.5",), []),
        ("160000", ("0.5",), ["0.75", "1"]),
    ],
)
def test_a_milestone_is_found_until_it_was_told(value: str, told: tuple[str, ...], found: list[str]) -> None:
    """A quarter was there from the start; several may be reached at once."""
    known = [Decimal(share) for share in told]
    assert reached(PLAN, Decimal(value), PLAN.planned_on, MILESTONES, known) == [
        Decimal(share) for share in found
    ]


def test_a_plan_without_a_target_has_no_milestones() -> None:
    """An income that is drawn comes to no share of anything."""
    assert reached(replace(PLAN, target=None), Decimal(10**9), PLAN.planned_on, MILESTONES, []) == []
