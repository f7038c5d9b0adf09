"""Portfolios in columns, read from the store: positions, parcels, targets, pods, cash, capital and goals.

They come page by page in the order in which the database sorts ids, and are put in the order of bytes at the
end. Nothing is kept of a portfolio but its columns.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from engines.watching import Floats, Portfolios, Whole
from store.holdings_pages import Page, Rows, pages
from store.partitions import Partition, partition_of


def divided(tx: Session, tenant: str, of: int, at: datetime) -> Iterator[Partition]:
    """Every portfolio of the tenant, in `of` partitions by a stable hash, as the store has it now.

    All is read before the first partition is given.
    """
    tickers, pods = _Names(), _Names()
    parts: list[list[_Part]] = [[] for _ in range(of)]
    for page in pages(tx, tenant):
        whole = _columns(page, tickers, pods)
        numbers = np.array([partition_of(each, of) for each in page.ids], dtype=np.int64)
        for number in np.unique(numbers).tolist():
            parts[number].append(whole.taken(np.flatnonzero(numbers == number)))
    parts.reverse()
    while parts:
        yield _partition(parts.pop(), tuple(tickers.places), tuple(pods.places), at)


class _Names:
    """Names by their places, in the order in which they came."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    def of(self, names: Sequence[str]) -> Whole:
        places = self.places
        for name in set(names) - places.keys():
            places[name] = len(places)
        return np.array([places[name] for name in names], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some portfolios and their columns; `asked` has line, pod and share, lines counted from the first."""

    ids: NDArray[np.bytes_]
    counts: Whole
    lines: dict[str, NDArray[Any]]
    asked: tuple[Whole, Whole, Floats]
    rows: dict[str, NDArray[Any]]
    goal_counts: Whole
    goal_day: Whole

    def taken(self, places: Whole) -> "_Part":
        """The portfolios at these places, in that order."""
        lines, goals = _taken(self.counts, places), _taken(self.goal_counts, places)
        at, pod, share = self.asked
        new_place = np.full(int(self.counts.sum()), -1, dtype=np.int64)
        new_place[lines] = np.arange(len(lines))
        kept = new_place[at] >= 0
        return _Part(
            self.ids[places],
            self.counts[places],
            {name: column[lines] for name, column in self.lines.items()},
            (new_place[at[kept]], pod[kept], share[kept]),
            {name: column[places] for name, column in self.rows.items()},
            self.goal_counts[places],
            self.goal_day[goals],
        )


def _taken(counts: Whole, places: Whole) -> Whole:
    """Where the members of the groups at `places` stand, whose sizes are `counts`."""
    starts, sizes = _offsets(counts)[places], counts[places]
    return np.repeat(starts - _offsets(sizes)[:-1], sizes) + np.arange(int(sizes.sum()))


def _columns(page: Page, tickers: _Names, pods: _Names) -> _Part:
    """The page in columns."""
    place = {portfolio_id: at for at, portfolio_id in enumerate(page.ids)}
    targets = [json.loads(row[2]) for row in page.rows]
    asked = [json.loads(row[3]) for row in page.rows]
    target = _keys(np.arange(len(targets)), targets, tickers)
    held = _owners(page.positions, place), tickers.of([row[1] for row in page.positions])
    paid = _owners(page.costs, place), tickers.of([row[1] for row in page.costs])
    width = max(1, len(tickers.places))
    keys = [owner * width + etf for owner, etf in (held, paid, target)]
    lines = np.unique(np.concatenate(keys))
    goal_owner = _owners(page.goals, place)
    goal_day = np.array([row[1].toordinal() for row in page.goals], dtype=np.int64)
    return _Part(
        ids=np.array([each.encode() for each in page.ids], dtype=np.bytes_),
        counts=np.bincount(lines // width, minlength=len(place)),
        lines={
            "etf": lines % width,
            "units": _placed(lines, keys[0], np.array([row[2] for row in page.positions], dtype=np.int64)),
            "cost": _placed(lines, keys[1], np.array([int(row[2]) for row in page.costs], dtype=np.int64)),
            "target": _placed(lines, keys[2], np.array(_values(targets), dtype=np.float64)),
        },
        asked=_asked(lines, width, asked, tickers, pods),
        rows=_of_rows(page, place),
        goal_counts=np.bincount(goal_owner, minlength=len(place)),
        goal_day=goal_day[np.argsort(goal_owner, kind="stable")],
    )


def _of_rows(page: Page, place: dict[str, int]) -> dict[str, NDArray[Any]]:
    """One number a portfolio; capital is what was paid in, less what was taken out."""
    owner = _owners(page.sums, place)
    money, capital = np.zeros((2, len(place)), dtype=np.int64)
    money[owner] = [int(row[1]) for row in page.sums]
    capital[owner] = [-int(row[2]) for row in page.sums]
    rates = [np.nan if row[1] is None else float(row[1]) for row in page.rows]
    return {"cash": money, "capital": capital, "marginal_rate": np.array(rates, dtype=np.float64)}


def _owners(rows: Rows, place: dict[str, int]) -> Whole:
    return np.array([place[row[0]] for row in rows], dtype=np.int64)


def _keys(owners: Whole, maps: Sequence[dict[str, Any]], names: _Names) -> tuple[Whole, Whole]:
    """The owner of each entry, and the place of its name."""
    sizes = np.array([len(each) for each in maps], dtype=np.int64)
    return np.repeat(owners, sizes), names.of(list(chain.from_iterable(maps)))


def _values(maps: Sequence[dict[str, float]]) -> list[float]:
    return list(chain.from_iterable(each.values() for each in maps))


def _placed(lines: Whole, keys: Whole, values: NDArray[Any]) -> NDArray[Any]:
    """A column of the lines with the values at their keys, 0 elsewhere."""
    column = np.zeros(len(lines), dtype=values.dtype)
    column[np.searchsorted(lines, keys)] = values
    return column


def _asked(
    lines: Whole, width: int, asked: Sequence[dict[str, dict[str, float]]], tickers: _Names, pods: _Names
) -> tuple[Whole, Whole, Floats]:
    """Line, pod and share of what pods asked for, where there is such a line."""
    owner = np.arange(len(asked))
    known = tickers.places
    there = [{etf: shares for etf, shares in each.items() if etf in known} for each in asked]
    owners, etfs = _keys(owner, there, tickers)
    shares = list(chain.from_iterable(each.values() for each in there))
    at, pod = _keys(np.arange(len(shares)), shares, pods)
    keys = (owners * width + etfs)[at]
    places = np.minimum(np.searchsorted(lines, keys), max(0, len(lines) - 1))
    kept = lines[places] == keys if len(lines) else np.zeros(0, dtype=np.bool_)
    return places[kept], pod[kept], np.array(_values(shares), dtype=np.float64)[kept]


def _partition(
    parts: Sequence[_Part], tickers: tuple[str, ...], pods: tuple[str, ...], at: datetime
) -> Partition:
    """The parts together, in the order of the bytes of their ids."""
    if not parts:
        return Partition(np.array([], dtype=np.bytes_), tickers, _nobody(len(pods)), at, pods)
    whole = _together(parts)
    whole = whole.taken(np.argsort(whole.ids, kind="stable"))
    shares = np.zeros((int(whole.counts.sum()), len(pods)), dtype=np.float32)
    line, pod, share = whole.asked
    shares[line, pod] = share
    portfolios = Portfolios(
        offsets=_offsets(whole.counts),
        pod=shares,
        goal_offsets=_offsets(whole.goal_counts),
        goal_day=whole.goal_day,
        **whole.lines,
        **whole.rows,
    )
    return Partition(whole.ids, tickers, portfolios, at, pods)


def _together(parts: Sequence[_Part]) -> _Part:
    def joined(column: Callable[[_Part], NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate([column(part) for part in parts])

    starts = _offsets(np.array([int(part.counts.sum()) for part in parts]))
    line = np.concatenate([part.asked[0] + start for part, start in zip(parts, starts, strict=False)])
    first = parts[0]
    return _Part(
        joined(lambda part: part.ids),
        joined(lambda part: part.counts),
        {name: joined(lambda part, name=name: part.lines[name]) for name in first.lines},  # type: ignore[misc]
        (line, joined(lambda part: part.asked[1]), joined(lambda part: part.asked[2])),
        {name: joined(lambda part, name=name: part.rows[name]) for name in first.rows},  # type: ignore[misc]
        joined(lambda part: part.goal_counts),
        joined(lambda part: part.goal_day),
    )


def _nobody(pods: int) -> Portfolios:
    nothing: dict[str, Any] = {
        each.name: np.zeros(0, dtype=np.float64 if each.name in ("target", "marginal_rate") else np.int64)
        for each in fields(Portfolios)
    }
    start = np.zeros(1, dtype=np.int64)
    pod = np.zeros((0, pods), dtype=np.float32)
    return Portfolios(**{**nothing, "offsets": start, "goal_offsets": start, "pod": pod})


def _offsets(counts: Whole) -> Whole:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts)])
