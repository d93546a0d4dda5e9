"""One thing: merged over its sources, as each of them told it, with its links; and the sources."""

from contextlib import suppress
from typing import Any

from graph.analysis.answers import Envelope, Evidence, envelope, evidence
from graph.analysis.listing import Listing, listing
from graph.analysis.pages import cut
from graph.analysis.rows import (
    Row,
    about_rows,
    bare_row,
    grouped_links,
    kept_groups,
    merged_rows,
    shown_value,
    touching,
)
from graph.index import Index
from graph.merge import merge
from ontology.errors import NotFound
from ontology.model import Kind

__all__ = ["Cited", "Listing", "Shown", "Told", "anything", "entity", "linked", "listing", "show",
           "sources", "told"]


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


def show(index: Index, kind: str, name: str, at: int, limit: int | None = None) -> Listing | Shown:
    """One thing with everything that touches it; of a link the rows that touch the thing."""
    what = index.ontology.kind(kind)
    if what.ends is not None:
        return listing(index, kind, at, of=name, limit=limit)
    thing = index.number(index.resolve(name, [what.name], what.label.zh))
    links, proofs, _ = _all_links(index, thing, at, limit=limit)
    about, said = about_rows(index, thing, at, limit)
    rows, cited = merged_rows(index, what, [index.rows_of(thing)], at)
    return {"kind": what.name, "kind_name": what.label.zh, **envelope(index, at), "total": 1,
            "rows": rows or [bare_row(index, thing, at)], "links": links, "about": about,
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
            "values": {field.name: shown_value(index, field.datatype, record.values[field.name], at)
                       for field in what.fields if field.name in record.values}})
    merged = merge([t.as_record(row) for row in mine], what, t.sources) if mine else None
    conflicts = {name: [shown_value(index, "", value, at) for value in values]
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
             for group in kept_groups(index, grouped_links(
                 index, touching(index, thing, link.name)))]
    some, after = cut(every, lambda one: (one[0], index.id(int(index.table.thing[one[2][0]]))),
                      limit, cursor)
    links, proofs = list[Row](), list[Evidence]()
    for _, link, group in some:
        rows, cited = merged_rows(index, link, [group], at)
        links += [{"kind": link.name, "kind_name": link.label.zh, **row} for row in rows]
        proofs += cited
    return links, proofs, (len(every), after)


def sources(index: Index, at: int, text: str = "", limit: int | None = None,
            cursor: str | None = None) -> Cited:
    """Sources whose title or publisher contains the text, with their numbers of records."""
    counts: dict[int, int] = {}
    for source in index.canon[index.table.source].tolist():
        counts[source] = counts.get(source, 0) + 1
    wanted = text.strip().casefold()
    rows: list[Row] = []
    for id, facts in sorted(index.table.sources.items()):
        if wanted in f"{facts.title} {facts.publisher}".casefold():
            rows.append({"id": id, "title": facts.title, "publisher": facts.publisher,
                         "date": facts.date, "grade": facts.grade, "address": facts.address,
                         "records": counts.get(index.number(id), 0)})
    some, after = cut(rows, lambda row: (row["id"],), limit, cursor)
    return {**envelope(index, at), "rows": [*some], "next": after, "evidence": []}
