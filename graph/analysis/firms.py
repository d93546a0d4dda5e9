"""Firms as one list: narrowed by where, what, who leads and how old the evidence is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from typing_extensions import TypedDict

from graph import dates, structure
from graph.analysis.answers import Envelope, Evidence, envelope
from graph.analysis.filters import Filter, chosen
from graph.analysis.reasons import honours, only_inferred, places_of, works_in
from graph.analysis.rows import Row, merged_rows
from graph.index import Index
from graph.table import NEVER, Longs
from graph.wording import named
from ontology.errors import NotFound

__all__ = ["AGES", "ORDERS", "Does", "FirmRow", "Firms", "Named", "Narrow", "firms"]

AGES = ("year", "three", "fresh", "stale", "unknown")  # how old the newest evidence is
ORDERS = ("told", "name", "evidence")  # most records first, by id, newest evidence first
EDGES = (1, 3)  # years that part the fresh ones


@dataclass(frozen=True, slots=True)
class Narrow:
    """What the list is narrowed to, beside a `Filter`; None or blank: no matter.

    park: a second place; leader: 链主 of a chain on that day; age: one of AGES.
    """

    park: str = ""
    leader: bool | None = None
    listed: bool | None = None
    age: str = ""


class Named(TypedDict):
    id: str
    name: str


class Does(Named):
    """inferred: no source says it itself."""

    inferred: bool


class FirmRow(TypedDict):
    """fields: of the firm itself, by name; newest: the day of the newest evidence, None where no
    source bears a date; age: one of AGES; records: how many name the firm."""

    id: str
    name: str
    full_name: str
    fields: Row
    places: list[Named]
    segments: list[Does]
    chains: list[Named]
    leads: list[Named]
    honours: list[Named]
    newest: str | None
    age: str
    records: int


class Firms(Envelope):
    """total: of all pages; first: the number of the first row, from 0; shelf: years after which
    evidence is stale."""

    total: int
    first: int
    rows: list[FirmRow]
    shelf: int
    evidence: list[Evidence]


def firms(index: Index, at: int, wanted: Filter, narrow: Narrow, order: str = "told",
          first: int = 0, limit: int = 50) -> Firms:
    """One page of the firms; raises NotFound or Ambiguous for what is no name."""
    kind = index.ontology.kinds[structure.COMPANY]
    for name, choices in ((narrow.age, AGES), (order, ORDERS)):
        if name and name not in choices:
            raise NotFound("选项", name, list(choices))
    things = np.array(index.things(kind.name), np.int64)
    for filter in (wanted, *([Filter(region=narrow.park)] if narrow.park else ())):
        for mask in chosen(index, kind, at, filter)[0]:
            things = things[mask(things)]
    known = _known(index)
    for answer, some in ((narrow.leader, _leaders(index, at)), (narrow.listed, _listed(index))):
        if answer is not None:
            things = things[np.isin(things, some) == answer]
    days, edges = known.newest[things], _edges(index, at)
    if narrow.age:
        keep = _ages(days, edges) == AGES.index(narrow.age)
        things, days = things[keep], days[keep]
    keys: dict[str, list[Longs]] = {
        "told": [-known.records[things]], "name": [], "evidence": [_newest_first(days)]}
    ranked = things[np.lexsort([things, *reversed(keys[order])])]
    some = ranked[first:first + limit].tolist()
    return {**envelope(index, at), "total": len(things), "first": first, "shelf": _shelf(index),
            "rows": [_row(index, firm, at, known, edges) for firm in some], "evidence": []}


@dataclass(frozen=True)
class _Known:
    """Of every thing the newest day of evidence (NEVER: none bears one) and how many records."""

    newest: Longs
    records: Longs


def _known(index: Index) -> _Known:
    """From its own records and its links; made once an index."""
    return index.remembered(("newest", index.shown), lambda: _counted(index))


def _counted(index: Index) -> _Known:
    t, size = index.table, len(index.canon)
    newest, count = np.full(size, NEVER, np.int64), np.zeros(size, np.int64)
    for thing, row in ((index.canon[t.thing[index.owned]], index.owned),
                       (index.links.here, index.links.row)):
        shown = t.grade[row] <= index.shown
        np.add.at(count, thing[shown], 1)
        dated = shown & (t.seen[row] != NEVER)
        day = np.full(size, np.iinfo(np.int64).min)
        np.maximum.at(day, thing[dated], t.seen[row][dated].astype(np.int64))
        later = day != np.iinfo(np.int64).min
        newest[later] = np.where(newest[later] == NEVER, day[later],
                                 np.maximum(newest[later], day[later]))
    return _Known(newest, count)


def _newest_first(days: Longs) -> Longs:
    """To sort by: those without a date at the end."""
    keys: Longs = np.where(days == NEVER, NEVER, -days)
    return keys


def _edges(index: Index, at: int) -> list[int]:
    return [dates.add_years(at, -years) for years in (*EDGES, _shelf(index))]


def _shelf(index: Index) -> int:
    return max((kind.shelf_life for kind in index.ontology.links if kind.evidence == "firm"),
               default=0)


def _ages(days: Longs, edges: Sequence[int]) -> Longs:
    """Positions in AGES."""
    found: Longs = np.asarray(np.select(
        [days == NEVER, *(days >= edge for edge in edges)],
        [len(AGES) - 1, *range(len(edges))], len(edges)), np.int64)
    return found


def _leaders(index: Index, at: int) -> list[int]:
    t = index.table
    return [int(index.canon[t.head[row]]) for row in t.rows(structure.LEADS).tolist()
            if index.live(row, at) and t.grade[row] <= index.shown]


def _listed(index: Index) -> list[int]:
    """Firms with a stock code; made once an index."""
    t = index.table
    return index.remembered(("listed", index.shown), lambda: [
        int(index.canon[t.thing[row]])
        for row, said in t.each(t.rows(structure.COMPANY).tolist())
        if said.get(structure.LISTED) and t.grade[row] <= index.shown])


def _row(index: Index, firm: int, at: int, known: _Known, edges: Sequence[int]) -> FirmRow:
    kind = index.ontology.kinds[structure.COMPANY]
    rows, _ = merged_rows(index, kind, [index.rows_of(firm)], at)
    fields: dict[str, Any] = rows[0] if rows else {}
    day = int(known.newest[firm])
    age = AGES[int(_ages(np.array([day]), edges)[0])]
    segments = works_in(index, firm, at)
    return {
        "id": index.id(firm), "name": index.label(firm, at),
        "full_name": index.full_name(firm, at),
        "fields": {field.name: fields[field.name] for field in kind.fields
                   if field.name in fields},
        "places": _named(index, places_of(index, firm, at), at),
        "segments": [{**one, "inferred": only_inferred(index, segments[thing])} for thing, one
                     in zip(sorted(segments), _named(index, segments, at), strict=True)],
        "chains": _named(index, {chain for segment in segments
                                 for chain in index.chains_of(segment, at)}, at),
        "leads": _named(index, {chain for chain, row in index.joined(
            structure.LEADS, firm, at, forward=True)
            if index.table.grade[row] <= index.shown}, at),
        "honours": _named(index, honours(index, firm, at), at),
        "newest": _seen(index, firm, day), "age": age, "records": int(known.records[firm])}


def _seen(index: Index, firm: int, day: int) -> str | None:
    """That day as exactly as the evidence tells it: 2014, 2014-06, 2014-06-30."""
    t = index.table
    rows = [*index.rows_of(firm), *index.links.row[index.links.of(firm)].tolist()]
    told = [dates.unpack(int(t.observed[row])) or t.sources[index.id(int(t.source[row]))].date
            or dates.unpack(int(t.valid_from[row])) for row in rows if t.seen[row] == day != NEVER]
    return max(filter(None, told), key=len, default=None)


def _named(index: Index, things: Collection[int], at: int) -> list[Named]:
    return [{"id": index.id(thing), "name": named(index, thing, at)} for thing in sorted(things)]
