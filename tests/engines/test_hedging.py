"""The least that has to move into a sleeve."""

from collections.abc import Callable
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engines.hedging import Weights, mix, propose, without

HALF = Decimal("0.5")
SHARES = {"A": HALF, "B": Decimal("0.3"), "C": Decimal("0.2")}
CASH, MIXED = {"S": Decimal(1)}, {"S": HALF, "T": HALF}
STEPS = [Decimal(step) / 10 for step in range(7)]


def below(most: str) -> Callable[[Weights], bool]:
    return lambda weights: weights.get("A", Decimal(0)) <= Decimal(most)


def test_the_least_that_holds_is_moved() -> None:
    """A weighs a half; a fifth of everything has to go for it to weigh two fifths."""
    found = propose(SHARES, {"cash": CASH}, STEPS, 12, below("0.4"))
    assert (found.name, found.moved, found.within) == ("cash", Decimal("0.2"), True)
    assert found.weights == {
        "A": Decimal("0.40"), "B": Decimal("0.24"), "C": Decimal("0.16"), "S": Decimal("0.20"),
    }  # fmt: skip


def test_what_is_above_its_limit_is_sold_before_all_else() -> None:
    """A tenth of A is too much: a tenth is moved, and the others stay as they are."""
    found = propose(SHARES, {"cash": CASH}, STEPS, 12, below("0.4"), {"A": Decimal("0.1")})
    assert found.moved == Decimal("0.1")
    assert found.weights == {
        "A": Decimal("0.4"),
        "B": Decimal("0.3"),
        "C": Decimal("0.2"),
        "S": Decimal("0.1"),
    }


def test_what_is_moved_beyond_that_is_taken_from_all_alike() -> None:
    """A fifth, of which a tenth is A's alone: eight ninths of what is left then stay."""
    mixed = mix(SHARES, CASH, Decimal("0.2"), 12, {"A": Decimal("0.1")})
    kept = Decimal("0.8") / Decimal("0.9")
    for asset, weight in {"A": "0.4", "B": "0.3", "C": "0.2"}.items():
        assert abs(mixed[asset] - Decimal(weight) * kept) < Decimal("1e-20")


def test_of_two_that_move_as_much_the_first_is_taken() -> None:
    """Whichever sleeve stands first; one that needs less goes before it."""

    def no_more_than_a_tenth_in_s(weights: Weights) -> bool:
        return below("0.4")(weights) and weights.get("S", Decimal(0)) <= Decimal("0.1")

    assert propose(SHARES, {"x": MIXED, "y": CASH}, STEPS, 12, below("0.4")).name == "x"
    assert propose(SHARES, {"y": CASH, "x": MIXED}, STEPS, 12, no_more_than_a_tenth_in_s).name == "x"


def test_nothing_is_moved_where_all_holds() -> None:
    """The weights stay as they are, without a sleeve of no weight."""
    found = propose(SHARES, {"cash": CASH}, STEPS, 3, below("0.5"))
    assert (found.moved, found.weights, found.within) == (0, SHARES, True)


def test_where_nothing_helps_the_most_is_moved_and_said_not_to_hold() -> None:
    """The first sleeve's largest step."""
    found = propose(SHARES, {"cash": CASH, "x": MIXED}, STEPS, 12, lambda weights: False)
    assert (found.name, found.moved, found.within) == ("cash", Decimal("0.6"), False)


def test_the_lightest_make_room() -> None:
    """Three at most: C leaves, and what it weighed is shared by what stays."""
    mixed = mix(SHARES, CASH, HALF, 3)
    assert mixed == {"A": Decimal("0.3125"), "B": Decimal("0.1875"), "S": HALF}


def test_what_leaves_is_shared_by_what_stays() -> None:
    """Everything leaving leaves nothing."""
    assert without(SHARES, frozenset("A")) == {"B": Decimal("0.6"), "C": Decimal("0.4")}
    assert without(SHARES, frozenset("ABC")) == {}


@given(
    st.dictionaries(st.sampled_from("ABCDEFGHST"), st.integers(1, 1000), min_size=1),
    st.integers(1, 10),
    st.integers(2, 12),
)
def test_a_mix_is_whole_and_small_enough(parts: dict[str, int], tenths: int, most: int) -> None:
    """Weights add up to 1, and there are no more of them than allowed."""
    total = sum(parts.values())
    weights = {name: Decimal(part) / total for name, part in parts.items()}
    mixed = mix(weights, MIXED, Decimal(tenths) / 10, most)
    assert abs(sum(mixed.values()) - 1) < Decimal("1e-20")
    assert len(mixed) <= most
