"""Which parcels a disposal takes: the oldest, the newest, the dearest, or those that are named.

Disposals take in the order of their days, and only parcels bought up to that day.
"""

from collections.abc import Callable, Iterator, Sequence
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
    ranks = [0] * len(parcels)
    for rank, place in enumerate(ranked):
        ranks[place] = rank
    arriving = _by_purchase(parcels)
    held: dict[str, list[int]] = {}
    found: list[Taken] = []
    for place in by_day(disposals):
        disposal = disposals[place]
        queue, coming = held.setdefault(disposal.etf, []), arriving.get(disposal.etf, [])
        while coming and parcels[coming[-1]].acquired <= disposal.day:
            heappush(queue, ranks[coming.pop()])
        found += _off_the_queue(queue, ranked, left, disposal, place)
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


def _by_purchase(parcels: Sequence[Parcel]) -> dict[str, list[int]]:
    """Places of each ETF's parcels, the last bought first."""
    grouped: dict[str, list[int]] = {}
    for place in newest_first(parcels):
        grouped.setdefault(parcels[place].etf, []).append(place)
    return grouped


def _off_the_queue(
    queue: list[int], ranked: list[int], left: list[int], disposal: Disposal, place: int
) -> Iterator[Taken]:
    """What a disposal takes of the parcels in a heap of ranks; parcels sold out leave it."""
    missing = in_parts(disposal.units)
    while missing:
        if not queue:
            raise oversold(disposal, place, missing)
        first = ranked[queue[0]]
        parts = min(missing, left[first])
        yield Taken(place, first, parts)
        left[first] -= parts
        missing -= parts
        if not left[first]:
            heappop(queue)


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
