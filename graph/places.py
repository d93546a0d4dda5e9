"""The region DAG, numbered in pre-order: a region is a set of ranges of nodes.

A place has one node under each of its parents (a park on the border of two counties has two).
Undated whole memberships make the tree; overlays (长株潭都市圈) and dated memberships are kept
beside it and join at question time.  A partial membership brings nothing of itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["ALWAYS", "EVER", "RUNGS", "Membership", "Places", "Ranges", "Rung", "build",
           "contains", "meets"]

ALWAYS, EVER = -(2**31), 2**31 - 1  # the open ends of a half-open interval of days
LEVELS = ("county", "prefecture", "overlay", "province", "country", "outside")
RUNGS = {"park": "园区", "county": "县市区", "prefecture": "市州", "overlay": "都市圈",
         "province": "省内", "country": "全国", "outside": "省外"}
COPIES = 64  # nodes one place may have; more is a fault in the data

Ranges = tuple[tuple[int, int], ...]  # disjoint, ascending, half open
Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Membership:
    """`part` lies wholly inside `whole` from day `start` until before day `end`."""

    part: int
    whole: int
    start: int = ALWAYS
    end: int = EVER


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder park → county → prefecture → 都市圈 → province → 省外."""

    name: str
    places: tuple[int, ...]


@dataclass(frozen=True)
class Places:
    """The numbered DAG; places are integers whose order is the order of their ids.

    place[n], parent[n], stop[n]   of node n: its place, parent node (-1) and end of its subtree
    known, first, nodes            the nodes of place known[i]: nodes[first[i]:first[i + 1]]
    whole, part, start, end        memberships beside the tree, sorted by node `whole`
    problems                       ("cycle" | "orphan" | "copies", places)
    """

    place: Ints
    parent: Ints
    stop: Ints
    known: Ints
    first: Ints
    nodes: Ints
    whole: Ints
    part: Ints
    start: Ints
    end: Ints
    level: Mapping[int, str]
    problems: tuple[tuple[str, tuple[int, ...]], ...] = ()
    memory: dict[tuple[int, int], Ranges] = field(default_factory=dict, compare=False, repr=False)

    def nodes_of(self, place: int) -> Ints:
        """The nodes of one place; empty if it is unknown."""
        at = int(np.searchsorted(self.known, np.int32(place)))
        if at == len(self.known) or self.known[at] != place:
            return self.nodes[:0]
        return self.nodes[self.first[at]:self.first[at + 1]]

    def level_of(self, place: int) -> str:
        """park for every place that is no administrative region or overlay."""
        level = self.level.get(place, "park")
        return level if level in LEVELS else "park"

    def ranges(self, region: int, day: int) -> Ranges:
        """All nodes inside the region on that day."""
        if (region, day) not in self.memory:
            if len(self.memory) > 20_000:
                self.memory.clear()
            self.memory[region, day] = self._ranges(region, day)
        return self.memory[region, day]

    def _ranges(self, region: int, day: int) -> Ranges:
        found: list[tuple[int, int]] = []
        seen, queue = {region}, [region]
        while queue:
            for node in self.nodes_of(queue.pop()).tolist():
                low, high = node, int(self.stop[node])
                found.append((low, high))
                if not len(self.whole):
                    continue
                a, b = np.searchsorted(self.whole, np.array((low, high), np.int32))
                for i in range(a, b):
                    member = int(self.part[i])
                    if self.start[i] <= day < self.end[i] and member not in seen:
                        seen.add(member)
                        queue.append(member)
        return _merged(found)

    def around(self, region: int, day: int) -> set[int]:
        """The regions that it touches from inside: above any of its nodes, without itself."""
        seen, queue = {region}, [region]
        while queue:
            place = queue.pop()
            above = {int(self.place[self.parent[n]]) for n in self.nodes_of(place).tolist()
                     if self.parent[n] >= 0}
            joined = (self.part == place) & (self.start <= day) & (day < self.end)
            above |= {int(self.place[n]) for n in self.whole[joined].tolist()}
            queue += above - seen
            seen |= above
        return seen - {region}

    def rungs(self, region: int, day: int) -> tuple[Rung, ...]:
        """The ladder from the region itself up to the other provinces.

        The overlay rung is the smallest overlay that contains all of the rung below it.
        """
        around = self.around(region, day)
        own = self.level_of(region)
        steps = [Rung(own, (region,))]
        order = list(RUNGS)
        for name in order[order.index(own) + 1:]:
            places = tuple(sorted(p for p in around if self.level_of(p) == name))
            if name == "overlay":
                places = self._overlay(steps[-1].places, day)
            elif name == "province" and not places:
                places = self._province(region, day)
            elif name == "country":
                continue
            elif name == "outside" and own != "country":
                within = {region, *around, *(p for s in steps for p in s.places)}
                places = tuple(sorted(p for p, level in self.level.items() if p not in within
                                      and level in ("province", "outside")))
            if places:
                steps.append(Rung(name, places))
        return tuple(steps)

    def _overlay(self, inner: tuple[int, ...], day: int) -> tuple[int, ...]:
        own = _merged([r for place in inner for r in self.ranges(place, day)])
        around = [(_size(self.ranges(p, day)), p) for p, level in self.level.items()
                  if level == "overlay" and p not in inner
                  and contains(self.ranges(p, day), own)]
        return (min(around)[1],) if around else ()

    def _province(self, region: int, day: int) -> tuple[int, ...]:
        """The province of an overlay that nobody placed: the one that holds all its members."""
        own = set(self.nodes_of(region).tolist())
        members = tuple(r for r in self.ranges(region, day) if r[0] not in own)
        return tuple(sorted(p for p, level in self.level.items() if level == "province"
                            and members and contains(self.ranges(p, day), members)))


def contains(outer: Ranges, inner: Ranges) -> bool:
    """Whether every node of `inner` is in `outer`; nothing contains an empty set."""
    return bool(inner) and all(any(a <= low and high <= b for a, b in outer)
                               for low, high in inner)


def meets(one: Ranges, other: Ranges) -> bool:
    """Whether they share a node."""
    return any(a < high and low < b for a, b in one for low, high in other)


def build(levels: Mapping[int, str], memberships: Iterable[Membership]) -> Places:
    """Number the places (keys of `levels`, and whatever a membership names)."""
    known = set(levels)
    parents: dict[int, set[int]] = defaultdict(set)
    beside: set[tuple[int, int, int, int]] = set()
    for m in memberships:
        known |= {m.part, m.whole}
        if m.part == m.whole:
            continue
        if levels.get(m.whole) == "overlay" or m.start != ALWAYS or m.end != EVER:
            beside.add((m.whole, m.part, m.start, m.end))
        else:
            parents[m.part].add(m.whole)
    problems = _break_cycles(parents)
    _keep_deepest(parents)
    children: dict[int, list[int]] = defaultdict(list)
    for part in sorted(parents):
        for whole in parents[part]:
            children[whole].append(part)
    joined = {part for _, part, _, _ in beside}
    roots = sorted(place for place in known if not parents.get(place))
    problems += [("orphan", (p,)) for p in roots if p not in joined
                 and levels.get(p) not in ("province", "overlay", "country", "outside")]
    place, parent, stop, copies = _number(roots, children)
    problems += [("copies", (p,)) for p in copies]
    return _assemble(place, parent, stop, beside, levels, problems)


def _break_cycles(parents: dict[int, set[int]]) -> list[tuple[str, tuple[int, ...]]]:
    """Drop the membership that closes each cycle; which one depends on the ids alone."""
    problems: list[tuple[str, tuple[int, ...]]] = []
    done: set[int] = set()
    for start in sorted(parents):
        trail: list[int] = []
        stack = [(start, False)]
        while stack:
            place, leaving = stack.pop()
            if leaving:
                done.add(trail.pop())
                continue
            if place in done:
                continue
            trail.append(place)
            stack.append((place, True))
            for whole in sorted(parents.get(place, ()), reverse=True):
                if whole in trail:
                    parents[place].discard(whole)
                    problems.append(("cycle", (*trail[trail.index(whole):], whole)))
                elif whole not in done:
                    stack.append((whole, False))
    return problems


def _keep_deepest(parents: dict[int, set[int]]) -> None:
    """A park given with its county and its city lies in the county."""
    above: dict[int, frozenset[int]] = {}

    def ancestors(place: int) -> frozenset[int]:
        stack = [place]
        while stack:
            top = stack[-1]
            missing = [p for p in parents.get(top, ()) if p not in above]
            if missing:
                stack += missing
                continue
            higher = parents.get(top, ())
            above[top] = frozenset(higher).union(*(above[p] for p in higher))
            stack.pop()
        return above[place]

    for part in sorted(parents):
        if len(parents[part]) > 1:
            shadowed = frozenset[int]().union(*(ancestors(p) for p in parents[part]))
            parents[part] = parents[part] - shadowed


def _number(roots: list[int], children: Mapping[int, list[int]]) -> tuple[
        list[int], list[int], list[int], list[int]]:
    """Pre-order over all copies: place, parent and end of subtree of each node."""
    place: list[int] = []
    parent: list[int] = []
    stop: list[int] = []
    count: dict[int, int] = defaultdict(int)
    stack = [(root, -1) for root in reversed(roots)]
    while stack:
        key, above = stack.pop()
        if key < 0:  # leaving node `above`
            stop[above] = len(place)
            continue
        count[key] += 1
        if count[key] > COPIES:
            continue
        node = len(place)
        place.append(key)
        parent.append(above)
        stop.append(node + 1)
        below = children.get(key, ())
        if below:
            stack.append((-1, node))
            stack += [(child, node) for child in reversed(below)]
    return place, parent, stop, sorted(p for p, n in count.items() if n > COPIES)


def _assemble(place: list[int], parent: list[int], stop: list[int],
              beside: set[tuple[int, int, int, int]], levels: Mapping[int, str],
              problems: list[tuple[str, tuple[int, ...]]]) -> Places:
    keys = np.array(place, dtype=np.int32)
    nodes = np.argsort(keys, kind="stable").astype(np.int32)
    known, starts = np.unique(keys[nodes], return_index=True)
    first = np.append(starts, len(nodes)).astype(np.int32)
    where: dict[int, list[int]] = defaultdict(list)
    wholes = {whole for whole, _, _, _ in beside}
    for node, key in enumerate(place):
        if key in wholes:
            where[key].append(node)
    rows = sorted((n, part, start, end) for whole, part, start, end in beside
                  for n in where[whole])
    table = np.array(rows, dtype=np.int32).reshape(-1, 4)
    whole, part, start, end = (np.ascontiguousarray(column) for column in table.T)
    return Places(keys, np.array(parent, dtype=np.int32), np.array(stop, dtype=np.int32),
                  known, first, nodes, whole, part, start, end,
                  {p: level for p, level in levels.items() if level in LEVELS}, tuple(problems))


def _merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def _size(ranges: Ranges) -> int:
    return sum(high - low for low, high in ranges)
