"""Everything that is said of one thing: its own fields, its links, and what refers to it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graph import dates
from graph.analysis.filters import owners, references
from graph.index import Index
from graph.table import NEVER
from ontology.model import Field, Kind

__all__ = ["Fact", "about", "between", "holds", "links", "of_rows", "own", "referring",
           "since"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing or link as its records tell it together.

    things  the thing, or the two ends of the link; canonical
    rows    the records, best first; said: single values of the best that tell one, lists joined
    """

    kind: str
    things: tuple[int, ...]
    rows: tuple[int, ...]
    said: dict[str, Any]

    def other(self, thing: int) -> int:
        """The end of a link that is not this thing."""
        return self.things[0] if self.things[-1] == thing else self.things[-1]


def own(index: Index, thing: int, among: Collection[int] | None = None) -> Fact:
    """What sources say of the thing itself, or some of their records."""
    rows = _shown(index, index.rows_of(thing))
    return _fact(index, index.kind_of(thing), (thing,),
                 rows if among is None else [row for row in rows if row in among])


def links(index: Index, thing: int, kinds: Collection[str] | None = None, *,
          forward: bool | None = None) -> list[Fact]:
    """The links of the thing, one fact for the same ends and key; all times, dated or not."""
    t, mine = index.table, index.links.of(thing)
    row, leaves = index.links.row[mine], index.links.forward[mine]
    keep = np.ones(len(row), bool) if forward is None else leaves == forward
    if kinds is not None:
        keep &= np.isin(t.kind[row], [n for n, kind in enumerate(t.kinds) if kind in kinds])
    return of_rows(index, row[keep].tolist())


def of_rows(index: Index, rows: Iterable[int]) -> list[Fact]:
    """Rows of links as facts, those that state one link together, in the order of the rows."""
    t = index.table
    groups: dict[tuple[object, ...], list[int]] = {}
    for row in sorted(set(rows)):
        kind = index.ontology.kinds[t.kinds[t.kind[row]]]
        groups.setdefault(_same(index, kind, row), []).append(row)
    return [_fact(index, t.kinds[t.kind[some[0]]],
                  (int(index.canon[t.head[some[0]]]), int(index.canon[t.tail[some[0]]])), kept)
            for some in groups.values() if (kept := _shown(index, some))]


def about(index: Index, thing: int, kinds: Collection[str] | None = None) -> list[Fact]:
    """Things of other classes that name this one in a field: figures, projects, clauses …"""
    return [own(index, one) for kind in index.ontology.classes
            if kinds is None or kind.name in kinds for one in referring(index, thing, kind.name)]


def referring(index: Index, thing: int, kind: str) -> list[int]:
    """Things of a class that name this one in a field, as far as their records are shown."""
    own_kind, table = index.kind_of(thing), index.table
    fields = [f.name for f in index.ontology.kinds[kind].fields if f.datatype == "reference"
              and (not f.refers or own_kind in f.refers)]
    mine = owners(index, references(index, kind, fields).get(thing, ())) if fields else set[int]()
    return [one for one in sorted(mine) if one != thing and any(
        table.grade[row] <= index.shown for row in index.rows_of(one))]


def between(index: Index, one: int, other: int) -> list[Fact]:
    """The links that join two things."""
    return [fact for fact in links(index, one) if fact.other(one) == other]


def holds(index: Index, fact: Fact, at: int) -> bool:
    """Whether a record of it holds on that day, or bears no date at all."""
    return any(index.live(row, at) or index.table.start[row] == NEVER for row in fact.rows)


def since(index: Index, fact: Fact) -> str | None:
    """The first stated start of the fact as a partial date."""
    t = index.table
    starts = sorted(int(t.valid_from[row]) for row in fact.rows if t.valid_from[row])
    return dates.unpack(starts[0]) if starts else None


def _shown(index: Index, rows: Iterable[int]) -> list[int]:
    return [row for row in rows if index.table.grade[row] <= index.shown]


def _same(index: Index, kind: Kind, row: int) -> tuple[object, ...]:
    """What makes two rows one link: ends and key values, however a source spells them."""
    t = index.table
    said = t.said(row) if kind.key else {}
    return (kind.name, int(index.canon[t.head[row]]), int(index.canon[t.tail[row]]),
            *(_key(index, field, said.get(field.name)) for field in kind.key))


def _key(index: Index, field: Field, value: object) -> object:
    number = index.reference(value) if field.datatype == "reference" else -1
    return number if number >= 0 else str(value)


def _fact(index: Index, kind: str, things: tuple[int, ...], rows: Sequence[int]) -> Fact:
    best = index.best_first(rows)
    parts = _parts(index.ontology.kinds[kind])
    merged: dict[str, Any] = {}
    for row in best:
        told = index.table.said(row)
        fresh = {name for name in told if name not in merged}
        for name, value in told.items():
            if isinstance(value, list):
                known = merged.setdefault(name, [])
                known += [part for part in value if part not in known]
            elif name in fresh and (name not in parts or parts[name] in fresh):
                merged[name] = value
    return Fact(kind, things, tuple(best), merged)


def _parts(kind: Kind) -> dict[str, str]:
    """Unit, bound and wording → the number whose record must tell them."""
    return {part: field.name for field in kind.fields
            for part in field.parts}
