"""Which step of one plan is which step of another.

Steps are matched by id wherever they stand. Those without an id are matched with what is most like them
among the steps of the same list: the same content, else the same kind and what most agrees with it. Lists
inside steps are matched by what they are for (a branch's condition, the errors of a catch), else by place.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dsl.graph.outline import blocks, what

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class List:
    """A list of steps inside a step, or the plan's own."""

    name: str
    label: str
    places: "tuple[Place, ...]"


@dataclass(frozen=True, slots=True)
class Place:
    """One step of a plan: where it stands, its document, and the lists inside it."""

    path: str
    block: str
    step: Document
    lists: tuple[List, ...]

    @property
    def id(self) -> str | None:
        """Its id, None if it has none."""
        return self.step.get("id")

    def as_json(self) -> dict[str, Any]:
        """How the step is named: id or null, path, kind, and what it does."""
        does = what(self.step)
        return {"id": self.id, "path": self.path, "kind": self.step["kind"], "does": does}


@dataclass(slots=True)
class Matching:
    """The old place of each step of the new plan that was there before, by its new path.

    `stayed` are the new paths of those that stand in the list in which they stood.
    """

    before: dict[str, Place] = field(default_factory=dict)
    stayed: set[str] = field(default_factory=set)

    @property
    def taken(self) -> set[str]:
        """The paths in the old plan of the steps that are still there."""
        return {place.path for place in self.before.values()}


def places(plan: Document) -> tuple[Place, ...]:
    """The top-level steps of a plan, each with those inside it."""
    return _places(plan["steps"], "", "steps", "")


def walk(top: Iterable[Place]) -> Iterator[Place]:
    """Every step, outer before inner."""
    for place in top:
        yield place
        for each in place.lists:
            yield from walk(each.places)


def match(old: tuple[Place, ...], new: tuple[Place, ...]) -> Matching:
    """What became of the steps of the old plan."""
    found = Matching()
    named = {place.id: place for place in walk(old) if place.id}
    found.before.update({place.path: named[place.id] for place in walk(new) if place.id in named})
    _match_list(found, old, new)
    for place in walk(new):  # outer before inner: a step's own place is found before its lists are
        if (was := found.before.get(place.path)) is not None:
            for before, now in _paired_lists(was.lists, place.lists):
                _match_list(found, before.places, now.places)
    return found


def _places(steps: Sequence[Document], inside: str, block: str, owner: str) -> tuple[Place, ...]:
    return tuple(
        _place(step, f"{inside}{block}[{index}]", f"{owner}/{block}") for index, step in enumerate(steps)
    )


def _place(step: Document, path: str, block: str) -> Place:
    lists = []
    for name, label, inner, _ in blocks(step):
        before, _, last = name.rpartition(".")
        around = f"{path}.{before}." if before else f"{path}."
        lists.append(List(name, label, _places(inner, around, last, step.get("id") or path)))
    return Place(path, block, step, tuple(lists))


def _paired_lists(old: Sequence[List], new: Sequence[List]) -> Iterator[tuple[List, List]]:
    left = list(old)
    unlike = []
    for now in new:
        alike = next((was for was in left if was.label == now.label), None)
        if alike is None:
            unlike.append(now)
        else:
            left.remove(alike)
            yield alike, now
    for now in unlike:
        here = next((was for was in left if was.name == now.name), None)
        if here is not None:
            yield here, now


def _match_list(found: Matching, old: Sequence[Place], new: Sequence[Place]) -> None:
    """Match the steps without ids of two lists that are the same one."""
    gone = found.taken
    left = [place for place in old if place.path not in gone and not place.id]
    fresh = [place for place in new if place.path not in found.before and not place.id]
    for now in list(fresh):
        was = next((was for was in left if was.step == now.step), None)
        if was is not None:
            found.before[now.path] = was
            left.remove(was)
            fresh.remove(now)
    for was, now in _by_likeness(found, old, new, left, fresh):
        found.before[now.path] = was
    stood = {place.path for place in old}
    found.stayed.update(p.path for p in new if p.path in found.before and found.before[p.path].path in stood)


def _by_likeness(
    found: Matching, old: Sequence[Place], new: Sequence[Place], left: list[Place], fresh: list[Place]
) -> Iterator[tuple[Place, Place]]:
    """Pairs of one kind, those first that agree most; of equals those that stand between the same steps."""
    gone, kept = found.taken, found.before
    ranks = {place.path: sum(p.path in gone for p in old[:at]) for at, place in enumerate(old)}
    new_ranks = {place.path: sum(p.path in kept for p in new[:at]) for at, place in enumerate(new)}
    values = {place.path: Counter(_leaves(place.step)) for place in left}
    new_values = {place.path: Counter(_leaves(place.step)) for place in fresh}
    pairs = [
        (
            *_unlike(was.step, now.step, values[was.path], new_values[now.path]),
            abs(ranks[was.path] - new_ranks[now.path]),
            a,
            b,
        )
        for a, was in enumerate(left)
        for b, now in enumerate(fresh)
        if was.step["kind"] == now.step["kind"]
    ]
    olds, news = set[int](), set[int]()
    for *_, a, b in sorted(pairs):
        if a not in olds and b not in news:
            olds.add(a)
            news.add(b)
            yield left[a], fresh[b]


def _unlike(
    was: Document, now: Document, old: Counter[tuple[str, str]], new: Counter[tuple[str, str]]
) -> tuple[bool, float]:
    """Have they no title in common, and which share of their values, 0 to 1, have they not."""
    common = (old & new).total() / max((old | new).total(), 1)
    return was.get("title") is None or was.get("title") != now.get("title"), 1 - common


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every value that holds no others, with the name it stands under."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _leaves(item, str(name))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item, key)
    else:
        yield key, repr(value)
