"""Everything of one kind, in pages and narrowed to what is asked."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.analysis.answers import Envelope, Evidence, envelope
from graph.analysis.filters import Filter, chosen
from graph.analysis.pages import Key, cut
from graph.analysis.rows import (
    Row,
    about_rows,
    bare_row,
    end_of,
    grouped_links,
    merged_rows,
    touching,
)
from graph.index import Index
from graph.places import EVER
from graph.slices import span
from graph.table import Longs
from ontology.model import Kind

__all__ = ["Listing", "listing"]

MANY = 10_000  # links of a kind that are worth remembering


class Listing(Envelope):
    """rows: one a thing or link, its fields by their names; total: how many there are in all;
    next: the cursor of the next page, None on the last."""

    kind: str
    kind_name: str
    total: int
    rows: list[Row]
    next: str | None
    evidence: list[Evidence]


def listing(index: Index, kind: str, at: int, of: str | None = None, limit: int | None = None,
            cursor: str | None = None, wanted: Filter | None = None,
            about: bool = False, held: bool = False) -> Listing:
    """Everything of a class or link; of a link only what touches the thing named `of`.

    about: each row also has, under `about`, the things that say something of it.
    held: of a class only what some record holds of on that day, or one without any date.
    """
    what = index.ontology.kind(kind)
    found = _things(index, what, at, wanted, held) if what.ends is None else _statements(
        index, what, at, wanted, of)
    some, after = cut(range(len(found)), found.key, limit, cursor)
    rows, proofs = merged_rows(index, what, [found.rows(i) for i in some if not found.bare(i)], at)
    rows += [bare_row(index, int(found.things[i]), at) for i in some if found.bare(i)]
    for row in rows if about else ():
        row["about"], cited = about_rows(index, index.number(row["id"]), at)
        proofs += cited
    return {"kind": what.name, "kind_name": what.label.zh, **envelope(index, at), "rows": rows,
            "evidence": proofs, "total": len(found), "next": after}


@dataclass(frozen=True)
class _Found:
    """The entries of a list in order, of which a page needs only a few.

    things[i] names entry i; from `told` on they are known by name only.  Of links, rows_at tells
    where in `entries` their rows stand.
    """

    index: Index
    things: Longs
    told: int
    entries: Longs | None = None
    rows_at: Longs | None = None

    def __len__(self) -> int:
        return len(self.things)

    def bare(self, i: int) -> bool:
        return i >= self.told

    def key(self, i: int) -> Key:
        return int(self.bare(i)), self.index.id(int(self.things[i]))

    def rows(self, i: int) -> list[int]:
        if self.entries is None or self.rows_at is None:
            return self.index.rows_of(int(self.things[i]))
        rows: list[int] = self.entries[self.rows_at[i]:self.rows_at[i + 1]].tolist()
        return rows


def _things(index: Index, kind: Kind, at: int, wanted: Filter | None, held: bool) -> _Found:
    """What sources describe, by id; then what links mention."""
    things = np.array(index.things(kind.name), np.int64)
    masks, tests = chosen(index, kind, at, wanted) if wanted else ([], [])
    if held:
        start = index.table.start
        tests = [*tests, lambda rows: any(index.live(row, at) or start[row] == EVER
                                          for row in rows)]
    for mask in masks:
        things = things[mask(things)]
    size = index.about[things + 1] - index.about[things]
    told, bare = things[size > 0], things[size == 0]
    if index.shown < len(index.ontology.grades) - 1:
        told = told[_best(index)[told] <= index.shown]
    if tests:
        bare = bare[:0]
        fits = [all(test(index.rows_of(thing)) for test in tests) for thing in told.tolist()]
        told = told[np.array(fits, bool)]
    return _Found(index, np.concatenate([told, bare]), len(told))


def _best(index: Index) -> NDArray[np.int8]:
    """Of every thing the best grade of its records; the worst there is where it has none."""
    best = np.full(len(index.canon), 127, np.int8)
    some = np.flatnonzero(index.about[1:] > index.about[:-1])
    if len(some):
        best[some] = np.minimum.reduceat(index.table.grade[index.owned], index.about[some])
    return best


def _statements(index: Index, kind: Kind, at: int, wanted: Filter | None,
                of: str | None) -> _Found:
    """The links of a kind, or those that touch the thing of that name, by the id of their first
    record; several records of one link together."""
    rows = index.table.rows(kind.name) if of is None else np.array(
        touching(index, end_of(index, kind, of), kind.name), np.int64)
    first = _firsts(index, kind, rows)
    shown = index.table.grade[rows] <= index.shown
    rows, first = rows[shown], first[shown]
    masks, tests = chosen(index, kind, at, wanted) if wanted else ([], [])
    for mask in masks:
        keep = np.isin(first, first[mask(rows)])
        rows, first = rows[keep], first[keep]
    order = np.lexsort((rows, first))
    rows, first = rows[order], first[order]
    starts = np.flatnonzero(np.diff(first, prepend=-1))
    found = _Found(index, first[starts], len(starts), rows, np.append(starts, len(rows)))
    if not tests:
        return found
    fits = [i for i in range(len(found)) if all(test(found.rows(i)) for test in tests)]
    groups = [found.rows(i) for i in fits]
    return _Found(index, found.things[fits], len(fits),
                  np.array([row for group in groups for row in group], np.int64),
                  np.cumsum([0, *map(len, groups)], dtype=np.int64))


def _firsts(index: Index, kind: Kind, rows: Longs) -> Longs:
    """Of every row of links the smallest id, as a number, of those that state the same link.

    Only where things were found to be the same can two ids be one link: of the others nothing has
    to be read.  Worked out once an index for all links of a kind.
    """
    every = index.table.rows(kind.name)
    if len(every) == len(rows) and len(rows) > MANY:
        return index.remembered(("first", kind.name), lambda: _grouped(index, kind, every))
    return _grouped(index, kind, rows)


def _grouped(index: Index, kind: Kind, rows: Longs) -> Longs:
    """See `_firsts`."""
    t = index.table
    first = t.thing[rows].astype(np.int64)
    refers = {name for field in kind.key for name in field.refers}
    merged = index.canon != np.arange(len(index.canon))
    moved = merged[t.head[rows]] | merged[t.tail[rows]]
    if any(merged[slice(*span(t.terms, name))].any() for name in refers):
        moved[:] = True
    ends = index.canon[t.head[rows]].astype(np.int64) << 32 | index.canon[t.tail[rows]]
    doubtful = np.isin(ends, ends[moved])
    pairs, place, count = np.unique(ends[doubtful], return_inverse=True, return_counts=True)
    several = np.flatnonzero(doubtful)[(count > 1)[place]] if len(pairs) else np.zeros(0, np.int64)
    where = {row: at for at, row in zip(several.tolist(), rows[several].tolist(), strict=True)}
    for group in grouped_links(index, list(where)):
        some = [where[row] for row in group]
        first[some] = first[some].min()
    return first
