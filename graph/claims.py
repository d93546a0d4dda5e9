"""What records say about segments at places: the slices that every verdict reads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.places import Places, Ranges
from graph.structure import COUNTED, FUNCTION, PLACE
from graph.table import ByThing, Ints, Longs, Table, grouped
from graph.templates import Nesting, Spread
from ontology.model import Ontology

__all__ = ["NOWHERE", "UNCOUNTED", "Claims", "Denials", "claims", "denials"]

UNCOUNTED = 127  # the grade of a claim whose function never counts (a research office)
NOWHERE = -1


@dataclass(frozen=True)
class Claims:
    """Statements that a segment is there, one entry per node of the statement's place.

    Sorted by (segment, node, firm, row); key = segment * nodes + node; firm -1: none is named.
    grade is UNCOUNTED where the function does not count.  A statement on a part of a segment
    stands also under the whole.
    """

    nodes: int
    key: Longs
    segment: Ints
    node: Ints
    firm: Ints
    row: Ints
    start: Ints
    end: Ints
    fresh: Ints
    grade: NDArray[np.int8]

    def within(self, segment: int, ranges: Ranges) -> Longs:
        """Entries of the segment in these nodes."""
        base = segment * self.nodes
        edges = np.searchsorted(self.key, [base + edge for pair in ranges for edge in pair])
        spans = edges.reshape(-1, 2).tolist()
        if len(spans) == 1:
            return np.arange(*spans[0])
        return np.concatenate([np.arange(0), *(np.arange(a, b) for a, b in spans)])

    def live(self, entries: Longs, day: int, limit: int) -> Longs:
        """Those that hold on that day and count at a grade of `limit` or better."""
        return entries[(self.start[entries] <= day) & (day < self.end[entries])
                       & (self.grade[entries] <= limit)]


@dataclass(frozen=True)
class Denials(ByThing):
    """absentFrom and surveyed statements, sorted by (segment, row); those on a whole segment
    stand also under its parts."""

    segment: Ints
    region: Ints
    row: Ints
    start: Ints
    end: Ints
    grade: NDArray[np.int8]
    survey: NDArray[np.bool_]
    source: Ints


def claims(table: Table, ontology: Ontology, canon: Ints, places: Places,
           number: Mapping[str, int], home: Callable[[int], int],
           any_function: Ints, nesting: Nesting) -> Claims:
    """Slice all positive statements.

    number        place id → its number;  home: row without a place → the place it counts for
    any_function  segments (sorted) for which a research office counts too
    """
    rows, place, counts, firm = [], [], [], []
    for kind in ontology.links:
        if kind.evidence not in ("firm", "presence"):
            continue
        mine = table.rows(kind.name)
        rows.append(mine)
        if kind.evidence == "presence":
            place.append(canon[table.tail[mine]])
            firm.append(np.full(len(mine), -1, np.int32))
            counts.append(np.ones(len(mine), bool))
            continue
        where, fits = _said(table, mine, number, home)
        place.append(np.where(where == NOWHERE, NOWHERE, canon[where]))
        firm.append(canon[table.head[mine]])
        free = np.isin(_segment(table, ontology, canon, mine), any_function)
        counts.append(fits | free)
    row = _joined(rows)
    wide = nesting.up(_segment(table, ontology, canon, row), table.start[row], table.end[row])
    return _sliced(table.grade, table.fresh, row[wide.of], wide, _joined(firm)[wide.of],
                   _joined(place)[wide.of], _joined(counts).astype(bool)[wide.of], places)


def _joined(parts: Sequence[NDArray[np.generic]]) -> Ints:
    return np.concatenate([np.zeros(0, np.int32), *parts]).astype(np.int32)


def _segment(table: Table, ontology: Ontology, canon: Ints, rows: Ints | Longs) -> Ints:
    """The segment end of evidence links: the tail of a firm's, the head of the others."""
    firm = [kind.name for kind in ontology.links if kind.evidence == "firm"]
    tail = np.array([name in firm for name in table.kinds], bool)[table.kind[rows]]
    return canon[np.where(tail, table.tail[rows], table.head[rows])]


def _said(table: Table, rows: Longs, number: Mapping[str, int],
          home: Callable[[int], int]) -> tuple[Ints, NDArray[np.bool_]]:
    """Place (raw number) and whether the function counts, of every row."""
    where, fits = [], []
    for row, said in table.each(rows.tolist()):
        place = said.get(PLACE)
        where.append(number.get(place, NOWHERE) if place else home(row))
        fits.append(said.get(FUNCTION, "") in COUNTED)
    return np.array(where, np.int32), np.array(fits, bool)


def _sliced(grade: NDArray[np.int8], fresh: Ints, row: Ints, wide: Spread, firm: Ints, place: Ints,
            counts: NDArray[np.bool_], places: Places) -> Claims:
    at = np.searchsorted(places.known, place)
    at[at == len(places.known)] = 0
    known = places.known[at] == place if len(places.known) else np.zeros(len(place), bool)
    lengths = np.where(known, places.first[at + 1] - places.first[at], 0) if len(known) else known
    each = np.repeat(np.arange(len(row)), lengths)
    step = np.arange(len(each)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    node = places.nodes[places.first[at[each]] + step] if len(each) else np.zeros(0, np.int32)
    row, segment, firm, counts = row[each], wide.segment[each], firm[each], counts[each]
    size = max(1, len(places.place))
    key = segment.astype(np.int64) * size + node
    order = np.lexsort((row, firm, key))
    row, node = row[order], node[order].astype(np.int32)
    return Claims(size, key[order], segment[order], node, firm[order], row,
                  wide.start[each][order], wide.end[each][order], fresh[row],
                  np.where(counts[order], grade[row], np.int8(UNCOUNTED)))


def denials(table: Table, ontology: Ontology, canon: Ints, nesting: Nesting) -> Denials:
    """Slice all negative statements."""
    kinds = {kind.name: kind.evidence == "survey" for kind in ontology.links
             if kind.evidence in ("absence", "survey")}
    row = _joined([table.rows(name) for name in sorted(kinds)])
    wide = nesting.down(_segment(table, ontology, canon, row), table.start[row], table.end[row])
    order = np.lexsort((row[wide.of], wide.segment))
    row, segment = row[wide.of][order], wide.segment[order]
    survey = np.array([kinds.get(name, False) for name in table.kinds], bool)[table.kind[row]]
    return Denials(grouped(segment, len(canon)), segment, canon[table.tail[row]],
                   row, wide.start[order], wide.end[order], table.grade[row], survey,
                   table.source[row])
