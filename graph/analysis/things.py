"""Things and links of any kind, merged over their sources, as the ontology describes them."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from graph.analysis.answers import Envelope, Evidence, envelope, evidence
from graph.analysis.filters import Filter, Test, chosen, owners, references
from graph.analysis.pages import Key, cut
from graph.index import Index
from graph.merge import Sources, merge, source_facts
from graph.record import Value
from graph.structure import SOURCE
from ontology.errors import NotFound
from ontology.model import Kind

__all__ = ["Cited", "Listing", "Shown", "Told", "anything", "entity", "linked", "listing", "show",
           "sources", "told"]

Row = dict[str, Any]


class Listing(Envelope):
    """rows: one a thing or link, its fields by their names; total: how many there are in all;
    next: the cursor of the next page, None on the last."""

    kind: str
    kind_name: str
    total: int
    rows: list[Row]
    next: str | None
    evidence: list[Evidence]


class Shown(Listing):
    """links: the rows of every link that the thing is an end of; about: of every thing that
    says something of this one (figures, traits, steps, clauses)."""

    links: list[Row]
    about: list[Row]


class Cited(Envelope):
    """rows: cited sources with the number of records that each carries."""

    rows: list[Row]
    next: str | None
    evidence: list[Evidence]


class Told(Envelope):
    """rows: every record of every source about one thing, best first; conflicts: field → what
    sources say differently, the value that wins first."""

    id: str
    kind: str
    kind_name: str
    name: str
    ids: list[str]
    rows: list[Row]
    conflicts: dict[str, list[Any]]
    evidence: list[Evidence]


def listing(index: Index, kind: str, at: int, of: str | None = None, limit: int | None = None,
            cursor: str | None = None, wanted: Filter | None = None,
            about: bool = False) -> Listing:
    """Everything of a class or link; of a link only what touches the thing named `of`.

    about: each row also has, under `about`, the things that say something of it.
    """
    what = index.ontology.kind(kind)
    fits = chosen(index, what, at, wanted) if wanted else None
    every = _things(index, what, fits) if what.ends is None else [
        (0, one) for one in _statements(index, what, of) if fits is None or fits(-1, one)]
    some, after = cut(every, lambda one: _key(index, what, *one), limit, cursor)
    described = [one for late, one in some if not late]
    rows, proofs = _rows(index, what, described, at)
    rows += [_bare(index, one[0], at) for late, one in some if late]
    for row in rows if about else ():
        row["about"], cited = _about(index, index.number(row["id"]), at)
        proofs += cited
    return {"kind": what.name, "kind_name": what.label.zh, **envelope(index, at), "rows": rows,
            "evidence": proofs, "total": len(every), "next": after}


# 0 and the rows of a thing or link; 1 and the number of a thing that no source describes.
Entry = tuple[int, Sequence[int]]


def _things(index: Index, kind: Kind, fits: Test | None) -> list[Entry]:
    """What sources describe, by id; then what links mention."""
    things = np.array(index.things(kind.name), np.int64)
    named = index.about[things + 1] == index.about[things]
    told = [(thing, index.rows_of(thing)) for thing in things[~named].tolist()]
    bare = things[named].tolist()
    if fits is not None:
        told = [(thing, rows) for thing, rows in told if fits(thing, rows)]
        bare = [thing for thing in bare if fits(thing, [])]
    return [*((0, rows) for rows in _kept(index, [rows for _, rows in told])),
            *((1, [thing]) for thing in bare)]


def _statements(index: Index, kind: Kind, of: str | None) -> list[Sequence[int]]:
    """The links of a kind, or those that touch the thing of that name."""
    rows = index.table.rows(kind.name).tolist() if of is None else _touching(
        index, _end(index, kind, of), kind.name)
    return _kept(index, _links(index, rows))


def _key(index: Index, kind: Kind, late: int, one: Sequence[int]) -> Key:
    thing = one[0] if late else int(index.table.thing[one[0]])
    return late, index.id(int(index.canon[thing]) if kind.ends is None else thing)


def show(index: Index, kind: str, name: str, at: int, limit: int | None = None) -> Listing | Shown:
    """One thing with everything that touches it; of a link the rows that touch the thing."""
    what = index.ontology.kind(kind)
    if what.ends is not None:
        return listing(index, kind, at, of=name, limit=limit)
    thing = index.number(index.resolve(name, [what.name], what.label.zh))
    links, proofs, _ = _all_links(index, thing, at, limit=limit)
    about, said = _about(index, thing, at, limit)
    rows, cited = _rows(index, what, [index.rows_of(thing)], at)
    return {"kind": what.name, "kind_name": what.label.zh, **envelope(index, at), "total": 1,
            "rows": rows or [_bare(index, thing, at)], "links": links, "about": about,
            "next": None, "evidence": [*cited, *said, *proofs]}


def entity(index: Index, name: str, at: int, limit: int | None = None) -> Listing | Shown:
    """`show` for a thing of whatever class."""
    thing = anything(index, name)
    return show(index, index.kind_of(thing), index.id(thing), at, limit)


def anything(index: Index, name: str) -> int:
    """The thing of that id, name, alias or code; a firm or place before others of that name."""
    if (thing := index.reference(name.strip())) >= 0:
        return thing
    for find in (index.firm, index.region):
        with suppress(NotFound):
            return find(name)
    kinds = [kind.name for kind in index.ontology.classes]
    return index.number(index.resolve(name, kinds, "事物"))


def linked(index: Index, name: str, at: int, kind: str | None = None, limit: int | None = None,
           cursor: str | None = None) -> Listing:
    """The links of one thing, of one kind or of all, with their pages."""
    thing = anything(index, name)
    what = index.ontology.kind(kind) if kind else None
    rows, proofs, rest = _all_links(index, thing, at, what, limit, cursor)
    return {"kind": what.name if what else "", "kind_name": what.label.zh if what else "",
            **envelope(index, at), "rows": rows, "evidence": proofs, "total": rest[0],
            "next": rest[1]}


def told(index: Index, name: str, at: int) -> Told:
    """Every source's record of one thing, as it was given, and where they disagree."""
    thing = anything(index, name)
    t, what = index.table, index.ontology.kinds[index.kind_of(thing)]
    mine = [row for row in index.best_first(index.rows_of(thing)) if t.grade[row] <= index.shown]
    proofs = {item["record"]: item for item in evidence(index, mine)}
    rows: list[Row] = []
    for row in mine:
        record, item = t.as_record(row), proofs[t.record_id(row)]
        rows.append({
            "id": record.id, "record": item["record"], "grade": item["grade"],
            "source": item["source"], "holds": index.live(row, at), "observed": record.observed,
            "valid_from": record.valid_from, "valid_to": record.valid_to,
            "inferred": record.inferred,
            "values": {field.name: _shown(index, field.datatype, record.values[field.name], at)
                       for field in what.fields if field.name in record.values}})
    merged = merge([t.as_record(row) for row in mine], what, _sources(index)) if mine else None
    conflicts = {name: [_shown(index, "", value, at) for value in values]
                 for name, values in sorted(merged.conflicts.items())} if merged else {}
    return {"id": index.id(thing), "kind": what.name, "kind_name": what.label.zh,
            "name": index.label(thing, at), **envelope(index, at),
            "ids": sorted({row["id"] for row in rows} | {index.id(thing)}), "rows": rows,
            "conflicts": conflicts, "evidence": list(proofs.values())}


def _all_links(index: Index, thing: int, at: int, kind: Kind | None = None,
               limit: int | None = None, cursor: str | None = None) -> tuple[
                   list[Row], list[Evidence], tuple[int, str | None]]:
    """Rows and evidence of a thing's links, how many there are, and the next cursor."""
    every = [(number, link, group) for number, link in enumerate(index.ontology.links)
             if kind in (None, link)
             for group in _kept(index, _links(index, _touching(index, thing, link.name)))]
    some, after = cut(every, lambda one: (one[0], index.id(int(index.table.thing[one[2][0]]))),
                      limit, cursor)
    links, proofs = list[Row](), list[Evidence]()
    for _, link, group in some:
        rows, cited = _rows(index, link, [group], at)
        links += [{"kind": link.name, "kind_name": link.label.zh, **row} for row in rows]
        proofs += cited
    return links, proofs, (len(every), after)


def _about(index: Index, thing: int, at: int,
           limit: int | None = None) -> tuple[list[Row], list[Evidence]]:
    """Things that a key field of theirs makes a statement about this one."""
    found, proofs = list[Row](), list[Evidence]()
    for kind in index.ontology.classes:
        keys = [f.name for f in kind.key if f.datatype == "reference"
                and (not f.refers or index.kind_of(thing) in f.refers)]
        mine = owners(index, references(index, kind.name, keys).get(thing, ())) if keys else ()
        groups = _kept(index, [index.rows_of(one) for one in sorted(mine)])
        rows, cited = _rows(index, kind, groups[:limit], at)
        found += [{"kind": kind.name, "kind_name": kind.label.zh, **row} for row in rows]
        proofs += cited
    return found, proofs


def _kept(index: Index, groups: Sequence[Sequence[int]]) -> list[Sequence[int]]:
    """Without the rows, and then the groups, of a worse grade than is shown."""
    if index.shown >= len(index.ontology.grades) - 1:
        return list(groups)
    kept = ([row for row in group if index.table.grade[row] <= index.shown] for group in groups)
    return [group for group in kept if group]


def sources(index: Index, at: int, text: str = "", limit: int | None = None,
            cursor: str | None = None) -> Cited:
    """Sources whose title or publisher contains the text, with their numbers of records."""
    counts: dict[int, int] = {}
    for source in index.canon[index.table.source].tolist():
        counts[source] = counts.get(source, 0) + 1
    wanted = text.strip().casefold()
    rows: list[Row] = []
    for id, facts in sorted(_sources(index).items()):
        if wanted in f"{facts.title} {facts.publisher}".casefold():
            rows.append({"id": id, "title": facts.title, "publisher": facts.publisher,
                         "date": facts.date, "grade": facts.grade, "address": facts.address,
                         "records": counts.get(index.number(id), 0)})
    some, after = cut(rows, lambda row: (row["id"],), limit, cursor)
    return {**envelope(index, at), "rows": [*some], "next": after, "evidence": []}


def _end(index: Index, link: Kind, name: str) -> int:
    """The thing of that name that may be an end of the link."""
    refers = {refer for end in link.ends or () for refer in end.refers}
    kinds = sorted(refers) or [kind.name for kind in index.ontology.classes]
    return index.number(index.resolve(name, kinds, link.label.zh))


def _touching(index: Index, thing: int, kind: str) -> list[int]:
    """Rows of the links of that kind that have the thing as an end."""
    mine = index.links.of(thing)
    rows = index.links.row[mine]
    if kind not in index.table.kinds:
        return []
    wanted = index.table.kinds.index(kind)
    return sorted({row for row in rows.tolist() if index.table.kind[row] == wanted})


def _links(index: Index, rows: Iterable[int]) -> list[list[int]]:
    """Rows that state one link: same ends and key, however a source spells them."""
    t, groups = index.table, dict[tuple[object, ...], list[int]]()
    for row in rows:
        kind, said = index.ontology.kinds[t.kinds[t.kind[row]]], t.said(row)
        keys = [said.get(field.name) for field in kind.key]
        same = [index.reference(key) if index.reference(key) >= 0 else str(key) for key in keys]
        ends = int(index.canon[t.head[row]]), int(index.canon[t.tail[row]])
        groups.setdefault((*ends, *same), []).append(row)
    return list(groups.values())


def _rows(index: Index, kind: Kind, groups: Sequence[Sequence[int]],
          at: int) -> tuple[list[Row], list[Evidence]]:
    rows, proofs = list[Row](), list[Evidence]()
    for group in groups:
        kept = [row for row in group if index.table.grade[row] <= index.shown]
        if kept:
            items = evidence(index, kept)
            rows.append(_row(index, kind, kept, at) | {"records": [i["record"] for i in items]})
            proofs += items
    return rows, proofs


def _row(index: Index, kind: Kind, group: Sequence[int], at: int) -> Row:
    """Merged over the records that hold at `at` (over all, if none does)."""
    t = index.table
    live = [row for row in group if index.live(row, at)] or list(group)
    records = [t.as_record(row) for row in live]
    merged = merge(records, kind, _sources(index))
    thing = int(index.canon[t.thing[live[0]]])
    row: Row = {"id": index.id(thing)}
    if kind.ends is None:
        row["name"] = index.label(thing, at)
    else:
        for end, number in zip(kind.ends, (t.head[live[0]], t.tail[live[0]]), strict=True):
            row[end.name] = index.label(int(index.canon[number]), at)
    for field in kind.fields:
        if field.name in merged.values and field.name not in row:
            row[field.name] = _shown(index, field.datatype, merged.values[field.name], at)
    return row | {
        "valid_from": min((r.valid_from for r in records if r.valid_from), default=None),
        "valid_to": max((r.valid_to for r in records if r.valid_to), default=None),
        "inferred": all(record.inferred for record in records),
        "conflicts": {name: [_shown(index, "", value, at) for value in values]
                      for name, values in sorted(merged.conflicts.items())
                      if name not in {field.name for field in kind.role("name")}},
    }


def _bare(index: Index, thing: int, at: int) -> Row:
    """A thing that links mention and no source describes."""
    return {"id": index.id(thing), "name": index.label(thing, at), "valid_from": None,
            "valid_to": None, "inferred": False, "conflicts": {}, "records": []}


def _shown(index: Index, datatype: str, value: Value, at: int) -> Any:
    if isinstance(value, tuple):
        return [_shown(index, datatype, part, at) for part in value]
    number = index.reference(value) if datatype in ("reference", "") else -1
    if number < 0 and datatype == "reference":
        return str(value).partition(":")[2]
    return index.label(number, at) if number >= 0 else value


def _sources(index: Index) -> Sources:
    """Facts of all sources, worked out once an index."""
    if "sources" not in index.memory:
        t = index.table
        index.memory["sources"] = source_facts(
            (t.as_record(row) for row in t.rows(SOURCE).tolist()), index.ontology)
    found: Sources = index.memory["sources"]
    return found
