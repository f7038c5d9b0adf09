"""A snapshot is what its digest says."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from adapters.market.snapshot import Snapshot, SnapshotDamaged

DAYS = (date(2026, 6, 29), date(2026, 6, 30))


def small(last: int = 500_000_000, *, simulated: bool = False) -> Snapshot:
    """Two ETFs on two days; `last` is the last price of the second, in units of 1e-8."""
    units = np.array([[10_420_000_000, 499_000_000], [10_432_123_456, last]], dtype=np.int64)
    return Snapshot("vendor", simulated, DAYS, ("VAS", "BILL"), units)


def test_a_snapshot_survives_being_stored() -> None:
    """Bytes written are the snapshot read, price for price."""
    read = Snapshot.from_bytes(small().to_bytes(), small().digest)
    assert read.digest == small().digest
    assert (read.units == small().units).all()
    assert (read.source, read.simulated, read.sessions, read.tickers) == (
        "vendor",
        False,
        DAYS,
        ("VAS", "BILL"),
    )


@pytest.mark.parametrize("other", [small(500_000_001), small(simulated=True)])
def test_any_difference_is_another_digest(other: Snapshot) -> None:
    """A price that differs in the eighth place, or the label, makes another snapshot."""
    assert other.digest != small().digest


def test_closing_prices_are_exact() -> None:
    """Eight places are kept, cents are shown, and nothing passes through binary fractions."""
    assert small().closing("VAS") == Decimal("104.32123456")
    assert str(small().closing("BILL")) == "5.00"


def test_an_unknown_ticker_is_a_key_error() -> None:
    """Prices of what is not in the snapshot are not made up."""
    with pytest.raises(KeyError, match="XXX"):
        small().prices(["VAS", "XXX"])


@pytest.mark.parametrize("content", [b"", b"{}\n", small(1).to_bytes(), small().to_bytes()[:-3]])
def test_damaged_bytes_are_refused(content: bytes) -> None:
    """Bytes of another snapshot, cut bytes and nonsense are named as damage."""
    with pytest.raises(SnapshotDamaged, match=small().digest):
        Snapshot.from_bytes(content, small().digest)


def test_a_price_of_zero_is_refused() -> None:
    """A snapshot cannot hold a price of zero."""
    with pytest.raises(ValueError, match="zero"):
        small(0)


def test_prices_cannot_be_changed() -> None:
    """A snapshot is immutable."""
    with pytest.raises(ValueError, match="read-only"):
        small().units[0, 0] = 1


def test_distributions_and_notes_survive_and_are_part_of_the_digest() -> None:
    """What was paid and repaired is content like the prices; without either the format is the first one."""
    plain = small()
    paid = np.array([[0, 0], [25_000_000, 0]], dtype=np.int64)
    told = Snapshot(plain.source, False, DAYS, plain.tickers, plain.units.copy(), paid, ("VAS split 2:1",))
    read = Snapshot.from_bytes(told.to_bytes(), told.digest)
    found = read.distributions(["BILL", "VAS"])
    assert found is not None
    assert found.tolist() == [[0, 0], [0, 0.25]]
    assert read.notes == ("VAS split 2:1",)
    assert plain.distributions(["VAS"]) is None
    assert b'"kronos-snapshot-1"' in plain.to_bytes()
    others = [
        Snapshot(plain.source, False, DAYS, plain.tickers, plain.units.copy(), paid),
        Snapshot(plain.source, False, DAYS, plain.tickers, plain.units.copy(), notes=told.notes),
    ]
    assert len({snapshot.digest for snapshot in (plain, told, *others)}) == 4


@pytest.mark.parametrize("paid", [np.zeros((1, 2), dtype=np.int64), np.full((2, 2), -1, dtype=np.int64)])
def test_distributions_that_cannot_be_are_refused(paid: np.ndarray) -> None:
    """A table of another shape, and negative payments."""
    with pytest.raises(ValueError, match="distributions"):
        Snapshot("vendor", False, DAYS, ("VAS", "BILL"), small().units.copy(), paid)
