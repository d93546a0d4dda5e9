"""Which template records of a chain count, and which segments are parts of wider ones."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.places import EVER
from graph.structure import (
    ALTERNATIVE,
    CHAIN,
    COMPLETE,
    FEEDS,
    IN_CHAIN,
    MEMBER,
    PART,
    PRODUCT_OF,
    SEGMENT,
)
from graph.table import Ints, Longs, Table

__all__ = ["Nesting", "Spread", "nesting", "superseded"]

# Which end of a template's link says whose template it belongs to: True is the second.
OWNERS = {MEMBER: True, FEEDS: True, PRODUCT_OF: True, ALTERNATIVE: False, PART: False}


@dataclass(frozen=True)
class Spread:
    """Statements said again for other segments: entry → the statement it repeats, its own
    segment and the time for which both the statement and the nesting hold."""

    of: Longs
    segment: Ints
    start: Ints
    end: Ints


@dataclass(frozen=True)
class Nesting:
    """Pairs of a part and a wider segment, over any number of steps, and when they hold."""

    part: Ints
    whole: Ints
    start: Ints
    end: Ints

    def up(self, segment: Ints, start: Ints, end: Ints) -> Spread:
        """What is present in a part is present in the whole."""
        return self._spread(self.part, self.whole, segment, start, end)

    def down(self, segment: Ints, start: Ints, end: Ints) -> Spread:
        """What is absent in the whole is absent in each part."""
        return self._spread(self.whole, self.part, segment, start, end)

    def _spread(self, here: Ints, there: Ints, segment: Ints, start: Ints, end: Ints) -> Spread:
        own = np.arange(len(segment))
        if not len(here):
            return Spread(own, segment, start, end)
        order = np.argsort(here, kind="stable")
        first = np.searchsorted(here[order], segment)
        times = np.searchsorted(here[order], segment, "right") - first
        each = np.repeat(own, times)
        step = np.arange(len(each)) - np.repeat(np.cumsum(times) - times, times)
        pair = order[first[each] + step]
        begun = np.maximum(start[each], self.start[pair])
        done = np.minimum(end[each], self.end[pair])
        keep = (begun < done) | (begun == EVER)  # what has no date is kept: a survey may name it
        return Spread(np.concatenate([own, each[keep]]),
                      np.concatenate([segment, there[pair[keep]]]),
                      np.concatenate([start, begun[keep]]), np.concatenate([end, done[keep]]))


def superseded(table: Table, canon: Ints) -> NDArray[np.bool_]:
    """Rows that do not count because another source states the whole template of their chain.

    A feed belongs to the template of the chain that it feeds into, every other link to that of
    its segment.  Of several whole templates the newest counts, then the one whose source's name
    sorts last: "2026 版" comes after "2025 版".  What was inferred or read by a machine replaces
    nothing.
    """
    gone = np.zeros(len(table), bool)
    chosen: dict[int, tuple[int, int]] = {}
    for row in table.rows(CHAIN).tolist():
        if table.grade[row] <= table.usual and table.said(row).get(COMPLETE):
            seen = int(table.seen[row])
            rank = (-1 if seen == EVER else seen, int(table.source[row]))
            chain = int(canon[table.thing[row]])
            chosen[chain] = max(chosen.get(chain, rank), rank)
    if not chosen:
        return gone
    home = _homes(table, canon)
    for kind, second in OWNERS.items():
        for row in table.rows(kind).tolist():
            end = int(canon[(table.tail if second else table.head)[row]])
            chain = end if kind == MEMBER else home.get(end, -1)
            gone[row] = chain in chosen and chosen[chain][1] != table.source[row]
    return gone


def _homes(table: Table, canon: Ints) -> dict[int, int]:
    """Segment → the chain that is part of its name."""
    found: dict[int, int] = {}
    for row in table.rows(SEGMENT).tolist():
        chain = str(table.said(row).get(IN_CHAIN, ""))
        at = bisect_left(table.terms, chain)
        if at < len(table.terms) and table.terms[at] == chain:
            found[int(canon[table.thing[row]])] = int(canon[at])
    return found


def nesting(table: Table, canon: Ints, gone: NDArray[np.bool_]) -> Nesting:
    """The pairs that subsegmentOf gives, without the rows that are gone."""
    steps: dict[int, set[tuple[int, int, int]]] = defaultdict(set)
    for row in table.rows(PART).tolist():
        if not gone[row]:
            steps[int(canon[table.head[row]])].add(
                (int(canon[table.tail[row]]), int(table.start[row]), int(table.end[row])))
    pairs = sorted({(part, *pair) for part in steps for pair in _above(steps, part)})
    columns = np.array(pairs, np.int32).reshape(-1, 4)
    return Nesting(*(np.ascontiguousarray(columns[:, i]) for i in range(4)))


def _above(steps: dict[int, set[tuple[int, int, int]]],
           part: int) -> Iterable[tuple[int, int, int]]:
    """Every wider segment with the time for which all steps to it hold; rings end where they
    began."""
    open_: list[tuple[int, int, int, tuple[int, ...]]] = [
        (whole, start, end, (part,)) for whole, start, end in steps[part]]
    while open_:
        whole, start, end, path = open_.pop()
        if whole not in path and start < end:
            yield whole, start, end
            open_ += [(next_, max(start, a), min(end, b), (*path, whole))
                      for next_, a, b in steps.get(whole, ())]
