"""Things and links of any kind, merged over their sources, as the ontology describes them."""

from collections.abc import Iterable, Sequence
from typing import Any

from graph.analysis.answers import Envelope, Evidence, envelope, evidence
from graph.index import Index
from graph.merge import Sources, merge, source_facts
from graph.record import Value
from graph.structure import SOURCE
from ontology.model import Kind

__all__ = ["Cited", "Listing", "Shown", "listing", "show", "sources"]

Row = dict[str, Any]


class Listing(Envelope):
    """rows: one a thing or link, its fields by their names; total: how many there are in all."""

    kind: str
    kind_name: str
    total: int
    rows: list[Row]
    evidence: list[Evidence]


class Shown(Listing):
    """links: the rows of every link that the thing is an end of."""

    links: list[Row]


class Cited(Envelope):
    """rows: cited sources with the number of records that each carries."""

    rows: list[Row]
    evidence: list[Evidence]


def listing(index: Index, kind: str, at: int, of: str | None = None,
            limit: int | None = None) -> Listing:
    """Everything of a class or link; of a link only what touches the thing named `of`."""
    what = index.ontology.kind(kind)
    bare: list[Row] = []
    if what.ends is None:
        told = {thing: index.rows_of(thing) for thing in index.things(what.name)}
        groups = [rows for rows in told.values() if rows]
        bare = [_bare(index, thing, at) for thing, rows in told.items() if not rows]
    elif of is None:
        groups = _links(index, index.table.rows(what.name).tolist())
    else:
        groups = _links(index, _touching(index, _end(index, what, of), what.name))
    rows, proofs = _rows(index, what, groups[:limit], at)
    return {"kind": what.name, "kind_name": what.label.zh, **envelope(index, at),
            "rows": [*rows, *bare][:limit], "evidence": proofs, "total": len(groups) + len(bare)}


def show(index: Index, kind: str, name: str, at: int) -> Listing | Shown:
    """One thing with everything that touches it; of a link the rows that touch the thing."""
    what = index.ontology.kind(kind)
    if what.ends is not None:
        return listing(index, kind, at, of=name)
    thing = index.number(index.resolve(name, [what.name], what.label.zh))
    links: list[Row] = []
    proofs: list[Evidence] = []
    for link in index.ontology.links:
        rows, cited = _rows(index, link, _links(index, _touching(index, thing, link.name)), at)
        links += [{"kind": link.name, "kind_name": link.label.zh, **row} for row in rows]
        proofs += cited
    rows, cited = _rows(index, what, [index.rows_of(thing)], at)
    return {"kind": what.name, "kind_name": what.label.zh, **envelope(index, at), "total": 1,
            "rows": rows or [_bare(index, thing, at)], "links": links, "evidence": cited + proofs}


def sources(index: Index, at: int, text: str = "") -> Cited:
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
    return {**envelope(index, at), "rows": rows, "evidence": []}


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
