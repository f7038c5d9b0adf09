"""Two records of one order: what differs, and what only waits to be caught up with."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.trading.reconciliation import Difference, Kind, Recorded, compare

FILLED = Recorded("VAS", "buy", 100, 100, Decimal("90.00"), open=False, state="filled")
OPEN = Recorded("VAS", "buy", 100, 0, None, open=True, state="new")

records = st.builds(
    Recorded,
    etf=st.sampled_from(["VAS", "VGS"]),
    side=st.sampled_from(["buy", "sell"]),
    units=st.integers(1, 9),
    filled=st.integers(0, 9),
    average_price=st.sampled_from([None, Decimal("90"), Decimal("90.00"), Decimal("89.333333333333")]),
    open=st.booleans(),
    state=st.sampled_from(["new", "filled"]),
)


@given(record=records)
def test_a_record_agrees_with_itself(record: Recorded) -> None:
    """Whatever it says."""
    assert compare(record, record) == []


@given(one=records, other=records)
def test_what_differs_differs_seen_from_either_side(one: Recorded, other: Recorded) -> None:
    """The kinds are the same; only which side is behind depends on the side."""
    assert [each.kind for each in compare(one, other)] == [each.kind for each in compare(other, one)]


@pytest.mark.parametrize(
    ("stored", "at_broker", "expected"),
    [
        (None, None, []),
        (None, FILLED, [Difference(Kind.UNKNOWN_AT_STORE, "nothing", "buy 100 VAS, 100 filled, filled")]),
        (OPEN, None, [Difference(Kind.MISSING_AT_BROKER, "buy 100 VAS, 0 filled, new", "nothing")]),
        (replace(OPEN, acknowledged=False, state="intended"), None, []),
        (
            replace(OPEN, acknowledged=False, state="intended"),
            OPEN,
            [Difference(Kind.UNACKNOWLEDGED, "intended", "new", catching_up=True)],
        ),
        (
            FILLED,
            replace(FILLED, units=101),
            [Difference(Kind.CONTENT_DIFFERS, "buy 100 VAS", "buy 101 VAS")],
        ),
        (FILLED, replace(FILLED, filled=99), [Difference(Kind.FILLED_DIFFERS, "100", "99")]),
        (
            OPEN,
            replace(OPEN, filled=40, average_price=Decimal(90)),
            [Difference(Kind.FILLED_DIFFERS, "0", "40", catching_up=True)],
        ),
        (
            OPEN,
            FILLED,
            [
                Difference(Kind.FILLED_DIFFERS, "0", "100", catching_up=True),
                Difference(Kind.STATE_DIFFERS, "new", "filled", catching_up=True),
            ],
        ),
        (
            FILLED,
            replace(FILLED, average_price=Decimal("90.01")),
            [Difference(Kind.PRICE_DIFFERS, "90", "90.01")],
        ),
        (
            replace(OPEN, open=False, state="cancelled"),
            OPEN,
            [Difference(Kind.STATE_DIFFERS, "cancelled", "new")],
        ),
        (replace(OPEN, open=False, state="rejected", acknowledged=False), None, []),
    ],
)
def test_each_kind_of_difference(
    stored: Recorded | None, at_broker: Recorded | None, expected: list[Difference]
) -> None:
    """With both sides in words."""
    assert compare(stored, at_broker) == expected


def test_an_average_is_compared_to_the_digits_that_are_kept() -> None:
    """Thirds of a cent that our record rounds are no difference; the eighth place is one."""
    exact = replace(FILLED, average_price=Decimal(268) / 3)
    assert compare(replace(FILLED, average_price=Decimal("89.33333333")), exact) == []
    assert compare(replace(FILLED, average_price=Decimal("89.33333332")), exact) != []
