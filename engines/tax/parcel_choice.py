"""Which parcels a disposal takes: the oldest, the newest, the dearest, or those that are named.

Disposals take in the order of their days, and only parcels bought up to that day.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from datetime import date
from heapq import heappop, heappush

from engines.tax.errors import UnknownParcel
from engines.tax.parcels import Disposal, Parcel, Taken, by_day, in_cents, in_parts, oversold

Order = Callable[[Sequence[Parcel]], list[int]]
"""The places of parcels, those to be taken first in front; of equal ones the first given."""

# Two costs a unit that differ do so by more than 2**-136, as a parcel has fewer than 2**68 parts.
COST_SHIFT = 136


def oldest_first(parcels: Sequence[Parcel]) -> list[int]:
    """First in, first out."""
    return sorted(range(len(parcels)), key=lambda place: parcels[place].acquired)


def newest_first(parcels: Sequence[Parcel]) -> list[int]:
    """Last in, first out."""
    return sorted(range(len(parcels)), key=lambda place: parcels[place].acquired, reverse=True)


def dearest_first(parcels: Sequence[Parcel]) -> list[int]:
    """The highest cost base a unit, compared exactly; of equal ones the oldest."""

    def a_part(place: int) -> int:
        parcel = parcels[place]
        return (in_cents(parcel.cost_base) << COST_SHIFT) // in_parts(parcel.units)

    return sorted(oldest_first(parcels), key=a_part, reverse=True)


ORDERS: dict[str, Order] = {"fifo": oldest_first, "lifo": newest_first, "highest_cost": dearest_first}


def taken_in_order(parcels: Sequence[Parcel], disposals: Sequence[Disposal], order: Order) -> list[Taken]:
    """What each disposal takes when it always takes the first in `order` of what is held.

    OversoldUnits where the parcels bought by then do not cover it.
    """
    left = [in_parts(parcel.units) for parcel in parcels]
    ranked = order(parcels)
    sales = Counter(disposal.etf for disposal in disposals)
    in_rank = _by_etf(parcels, ranked, sales)
    # One that is alone in its ETF goes through the parcels once; others share a heap of what is left.
    heaps = {etf: _Heap(parcels, places) for etf, places in in_rank.items() if sales[etf] > 1}
    found: list[Taken] = []
    for place in by_day(disposals):
        disposal = disposals[place]
        if disposal.etf in heaps:
            found += _off_the_heap(heaps[disposal.etf], left, disposal, place)
        else:
            found += _off_the_list(in_rank.get(disposal.etf, []), parcels, left, disposal, place)
    return found


def taken_as_named(parcels: Sequence[Parcel], disposals: Sequence[Disposal]) -> list[Taken]:
    """What each disposal takes of the parcels that it names, in the order that it names them.

    UnknownParcel where one is not there, of another ETF or bought later; OversoldUnits where they do
    not cover the disposal.
    """
    places = {parcel.id: place for place, parcel in enumerate(parcels)}
    left = [in_parts(parcel.units) for parcel in parcels]
    found: list[Taken] = []
    for place in by_day(disposals):
        disposal = disposals[place]
        missing = in_parts(disposal.units)
        for named in _named(parcels, places, disposal, place):
            parts = min(missing, left[named])
            if parts:
                found.append(Taken(place, named, parts))
            left[named] -= parts
            missing -= parts
        if missing:
            raise oversold(disposal, place, missing, held="in the parcels named")
    return found


class _Heap:
    """The parcels of one ETF that are bought by a day and not sold out, the first in rank on top."""

    def __init__(self, parcels: Sequence[Parcel], in_rank: list[int]) -> None:
        self._parcels, self._in_rank = parcels, in_rank
        days = range(len(in_rank))
        self._coming = sorted(days, key=lambda rank: parcels[in_rank[rank]].acquired, reverse=True)
        self._ranks: list[int] = []

    def add_until(self, day: date) -> None:
        """Take in what was bought by `day`."""
        coming, parcels, in_rank = self._coming, self._parcels, self._in_rank
        while coming and parcels[in_rank[coming[-1]]].acquired <= day:
            heappush(self._ranks, coming.pop())

    def top(self) -> int | None:
        """The place of the first parcel, or None."""
        return self._in_rank[self._ranks[0]] if self._ranks else None

    def drop(self) -> None:
        """The first parcel is sold out."""
        heappop(self._ranks)


def _by_etf(parcels: Sequence[Parcel], ranked: Sequence[int], wanted: Container[str]) -> dict[str, list[int]]:
    """Places in rank by ETF, of those that are sold."""
    found: dict[str, list[int]] = {}
    for place in ranked:
        etf = parcels[place].etf
        if etf in wanted:
            found.setdefault(etf, []).append(place)
    return found


def _off_the_heap(heap: _Heap, left: list[int], disposal: Disposal, place: int) -> Iterator[Taken]:
    """What a disposal takes of the parcels in a heap; those sold out leave it."""
    heap.add_until(disposal.day)
    missing = in_parts(disposal.units)
    while missing:
        first = heap.top()
        if first is None:
            raise oversold(disposal, place, missing)
        parts = min(missing, left[first])
        yield Taken(place, first, parts)
        left[first] -= parts
        missing -= parts
        if not left[first]:
            heap.drop()


def _off_the_list(
    in_rank: Sequence[int], parcels: Sequence[Parcel], left: list[int], disposal: Disposal, place: int
) -> Iterator[Taken]:
    """What a disposal takes that is alone in its ETF."""
    missing, day = in_parts(disposal.units), disposal.day
    for first in in_rank:
        if not missing:
            return
        if parcels[first].acquired <= day:
            parts = min(missing, left[first])
            yield Taken(place, first, parts)
            missing -= parts
    if missing:
        raise oversold(disposal, place, missing)


def _named(
    parcels: Sequence[Parcel], places: dict[str, int], disposal: Disposal, place: int
) -> Iterator[int]:
    for at, id in enumerate(disposal.parcel_ids or ()):
        path = f"disposals[{place}].parcel_ids[{at}]"
        if id not in places:
            raise UnknownParcel(f"there is no parcel {id}; give its id as it stands in parcels", path)
        parcel = parcels[places[id]]
        if parcel.etf != disposal.etf:
            raise UnknownParcel(f"parcel {id} is of {parcel.etf}, not of {disposal.etf}", path)
        if parcel.acquired > disposal.day:
            raise UnknownParcel(f"parcel {id} was bought on {parcel.acquired}, after the disposal", path)
        yield places[id]
