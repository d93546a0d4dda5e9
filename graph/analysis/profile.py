"""One thing from all sides: what each source states of it, its links, and what names it."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from typing_extensions import TypedDict

from graph import dates, structure
from graph.analysis import facts
from graph.analysis.answers import Envelope, Evidence, envelope, evidence
from graph.analysis.facts import Fact
from graph.analysis.filters import owners, references
from graph.analysis.rows import shown_value
from graph.analysis.things import anything
from graph.index import Index
from graph.merge import merge
from graph.record import Value
from graph.wording import named
from ontology.model import Field, Kind

__all__ = ["Group", "Profile", "Side", "Stated", "Told", "profile"]

MOST = 60  # rows of a group
MANY = 600  # of a kind that are read to choose them from; of more the first, the rest only counted


class Told(TypedDict):
    """A value and the records that tell it; id: the thing that it refers to."""

    value: Any
    id: str | None
    records: list[str]


class Stated(TypedDict):
    """A field of the thing.  values: one, or each of a multiple field; others: what else is said
    of a single one; parts: unit, bound and wording that belong to a number."""

    field: str
    values: list[Told]
    others: list[Told]
    parts: dict[str, Any]


class Side(TypedDict):
    """Something beside the thing: the other end of a link, or a thing that names it.

    fields: what is said, and the ends of a link, by name; refers: the ids of those that are things;
    holds: on that day, or without a date; steps: what is said of this in turn (a project's steps).
    """

    id: str
    other_id: str
    other: str
    other_kind: str
    fields: dict[str, Any]
    refers: dict[str, str]
    holds: bool
    since: str | None
    until: str | None
    inferred: bool
    records: list[str]
    steps: "list[Side]"


class Group(TypedDict):
    """kind: of the links, or of what names the thing; end: the field or end that the others are
    (for what names it: the field in which it does); total: how many there are."""

    kind: str
    end: str
    forward: bool
    total: int
    rows: list[Side]


class Profile(Envelope):
    """facts: in the ontology's order; links and about: groups in that order; others: further ids
    under which sources know it."""

    id: str
    kind: str
    name: str
    full_name: str
    others: list[str]
    facts: list[Stated]
    links: list[Group]
    about: list[Group]
    evidence: list[Evidence]


def profile(index: Index, name: str, at: int) -> Profile:
    """Everything that is said of the thing of that id, name or code; groups of at most 60."""
    thing = anything(index, name)
    kind, own = index.ontology.kinds[index.kind_of(thing)], facts.own(index, thing)
    cited = set(own.rows)
    links = _groups(index, thing, at, cited, *_linked(index, thing))
    about = _groups(index, thing, at, cited, *_named(index, thing))
    if kind.name == structure.SOURCE:
        about += _told_by(index, thing, at, cited)
    ids = {index.id(int(index.table.thing[row])) for row in own.rows} - {index.id(thing)}
    return {"id": index.id(thing), "kind": kind.name, "name": named(index, thing, at),
            "full_name": index.full_name(thing, at), "others": sorted(ids),
            **envelope(index, at), "facts": _stated(index, kind, own, at), "links": links,
            "about": about, "evidence": evidence(index, sorted(cited))}


def _stated(index: Index, kind: Kind, own: Fact, at: int) -> list[Stated]:
    """Merged as everywhere; with each value the records that tell it."""
    if not own.rows:
        return []
    live = [row for row in own.rows if index.live(row, at)] or list(own.rows)
    records = [index.table.as_record(row) for row in live]
    merged = merge(records, kind, index.table.sources)
    names = {row: index.table.record_id(row) for row in live}

    def told(field: Field, value: Value) -> Told:
        rows = [row for row, record in zip(live, records, strict=True)
                if _tells(record.values.get(field.name), value)]
        number = index.reference(value) if field.datatype == "reference" else -1
        return {"value": shown_value(index, field.datatype, value, at),
                "id": index.id(number) if number >= 0 else None,
                "records": [names[row] for row in rows]}

    found: list[Stated] = []
    parts = {name for field in kind.fields for name in field.parts}
    for field in kind.fields:
        value = merged.values.get(field.name)
        if value is None or field.name in parts:
            continue
        values = value if isinstance(value, tuple) else (value,)
        others = merged.conflicts.get(field.name, ())[1:]
        found.append({
            "field": field.name, "values": [told(field, one) for one in values],
            "others": [told(field, one) for one in others],
            "parts": {name: merged.values[name] for name in field.parts
                      if name in merged.values}})
    return found


def _tells(said: object, value: Value) -> bool:
    return value in said if isinstance(said, tuple) else said == value


Found = list[tuple[Fact, str, bool]]  # with the end or field, and whether a link leads there
More = dict[tuple[str, bool], int]  # how many of a kind and direction were not read


def _linked(index: Index, thing: int) -> tuple[Found, More]:
    """The links of the thing; of a kind and direction with very many, some."""
    t, mine = index.table, index.links.of(thing)
    row, leaves, there = (column[mine] for column in (
        index.links.row, index.links.forward, index.links.there))
    kept, more = list[int](), More()
    for number, forward in sorted(set(zip(t.kind[row].tolist(), leaves.tolist(), strict=True))):
        some = np.flatnonzero((t.kind[row] == number) & (leaves == forward))
        kept += row[some[:MANY]].tolist()
        if len(some) > MANY:
            more[t.kinds[number], forward] = len(
                np.setdiff1d(there[some[MANY:]], there[some[:MANY]]))
    return [(fact, *_end(index, fact, thing)) for fact in facts.of_rows(index, kept)], more


def _named(index: Index, thing: int) -> tuple[Found, More]:
    """Links and things that name it in a field; of a kind with very many, some."""
    own, found, more = index.kind_of(thing), list[Fact](), More()
    for kind in index.ontology.kinds.values():
        fields = [f.name for f in kind.fields
                  if f.datatype == "reference" and (not f.refers or own in f.refers)]
        rows = references(index, kind.name, fields).get(thing, ()) if fields else ()
        if kind.ends is not None:
            found += facts.of_rows(index, rows[:MANY])
            left = max(len(rows) - MANY, 0)
        else:
            things = sorted(owners(index, rows) - {thing})
            found += [fact for one in things[:MANY] if (fact := facts.own(index, one)).rows]
            left = max(len(things) - MANY, 0)
        if left:
            more[kind.name, False] = left
    return [(fact, _naming(index, fact, thing), False) for fact in found], more


def _groups(index: Index, thing: int, at: int, cited: set[int], found: Found,
            more: More) -> list[Group]:
    """Facts of one kind and direction together, those of now and the best told first."""
    together: dict[tuple[str, str, bool], list[Fact]] = {}
    for fact, end, forward in found:
        together.setdefault((fact.kind, end, forward), []).append(fact)
    order = list(index.ontology.kinds)
    groups: list[Group] = []
    for key in sorted(together, key=lambda key: (order.index(key[0]), not key[2], key[1])):
        every = sorted(together[key], key=lambda fact: _first(index, fact, thing, at))
        unread = more.pop((key[0], key[2]), 0)  # they stand with the first group of their kind
        groups.append({
            "kind": key[0], "end": key[1], "forward": key[2], "total": len(every) + unread,
            "rows": [_side(index, fact, thing, at, cited) for fact in every[:MOST]]})
    return groups


def _told_by(index: Index, source: int, at: int, cited: set[int]) -> list[Group]:
    """What a source itself tells, by kind; what it tells of itself apart."""
    t, groups = index.table, list[Group]()
    rows = np.flatnonzero((index.canon[t.source] == source) & (index.canon[t.thing] != source))
    for kind in index.ontology.kinds.values():
        mine = [row for row in rows[np.isin(rows, t.rows(kind.name))].tolist()
                if t.grade[row] <= index.shown]
        things = list(dict.fromkeys(int(index.canon[t.thing[row]]) for row in mine))
        some = set(things[:MOST])
        found = (facts.of_rows(index, [row for row in mine if index.canon[t.thing[row]] in some])
                 if kind.ends else [facts.own(index, thing, set(mine)) for thing in sorted(some)])
        if found:
            groups.append({
                "kind": kind.name, "end": "", "forward": False, "total": len(things),
                "rows": [_side(index, fact, fact.things[0], at, cited, deeper=False)
                         for fact in found]})
    return groups


def _first(index: Index, fact: Fact, thing: int, at: int) -> tuple[Any, ...]:
    best = fact.rows[0]
    return (not facts.holds(index, fact, at), int(index.table.grade[best]),
            index.label(fact.other(thing), at), index.id(fact.things[0]), best)


def _end(index: Index, fact: Fact, thing: int) -> tuple[str, bool]:
    """The name of the end at which the other stands, and whether the link leads there."""
    ends, forward = index.ontology.kinds[fact.kind].ends, fact.things[0] == thing
    assert ends is not None, fact.kind
    return ends[1 if forward else 0].name, forward


def _naming(index: Index, fact: Fact, thing: int) -> str:
    """The first field of a record that names this one."""
    said = [index.table.said(row) for row in fact.rows]
    for field in index.ontology.kinds[fact.kind].fields:
        if field.datatype == "reference":
            told = [one.get(field.name) for one in said]
            parts = [part for one in told for part in (one if isinstance(one, list) else (one,))]
            if any(index.reference(part) == thing for part in parts):
                return field.name
    return ""


def _side(index: Index, fact: Fact, thing: int, at: int, cited: set[int],
          deeper: bool = True) -> Side:
    kind, t = index.ontology.kinds[fact.kind], index.table
    cited.update(fact.rows)
    other = fact.other(thing)
    ends = [(end.name, number) for end, number in zip(kind.ends or (), fact.things, strict=False)]
    until = [dates.unpack(int(t.valid_to[row])) for row in fact.rows if t.valid_to[row]]
    return {
        "id": index.id(int(index.canon[t.thing[fact.rows[0]]])), "other_id": index.id(other),
        "other": named(index, other, at), "other_kind": index.kind_of(other),
        "fields": {name: named(index, number, at) for name, number in ends}
        | _shown(index, kind, fact.said, at),
        "refers": {name: index.id(number) for name, number in ends}
        | {field.name: index.id(number) for field in kind.fields
                   if field.datatype == "reference"
                   and (number := index.reference(fact.said.get(field.name))) >= 0},
        "holds": facts.holds(index, fact, at), "since": facts.since(index, fact),
        "until": max(filter(None, until), default=None, key=dates.day_after),
        "inferred": all(t.grade[row] > index.floor for row in fact.rows),
        "records": [t.record_id(row) for row in fact.rows],
        "steps": _steps(index, fact, at, cited) if deeper and kind.ends is None else []}


def _shown(index: Index, kind: Kind, said: Mapping[str, Any], at: int) -> dict[str, Any]:
    return {field.name: shown_value(index, field.datatype, _tuple(said[field.name]), at)
            for field in kind.fields if said.get(field.name) is not None}


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _steps(index: Index, fact: Fact, at: int, cited: set[int]) -> list[Side]:
    """What has this very class as its key: the steps of a project, the clauses of a policy."""
    kinds = _parts_of(index, fact.kind)
    found = facts.about(index, fact.things[0], kinds) if kinds else []
    return [_side(index, one, fact.things[0], at, cited, deeper=False) for one in sorted(
        found, key=lambda one: (facts.since(index, one) or "9", index.id(one.things[0])))]


def _parts_of(index: Index, kind: str) -> Collection[str]:
    return [one.name for one in index.ontology.classes
            if any(field.datatype == "reference" and field.refers == (kind,)
                   for field in one.key)]
