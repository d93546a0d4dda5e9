"""Firms of a region that sources tie to a chain while none says which of its segments is theirs."""

from collections.abc import Collection, Iterable, Iterator

import numpy as np

from graph import structure
from graph.analysis.answers import Evidence, Firm, evidence, firms
from graph.analysis.filters import inside, references
from graph.analysis.reasons import Rows, places_of, shown
from graph.index import Index
from graph.wording import both

__all__ = ["Unplaced", "unplaced"]


class Unplaced(Firm):
    """A firm; ties: what ties it to the chain, in words; evidence: the records that say so."""

    ties: list[str]
    evidence: list[Evidence]


def unplaced(index: Index, chain: int, region: int, at: int) -> list[Unplaced]:
    """Firms without any stated segment that lie in the region and are tied to the chain.

    Tied is who leads it, is a member or the firm of what belongs to it (cluster, alliance,
    project), or has a business tie with a firm that works in it or with another of these firms.
    """
    silent = _silent(index)
    places = inside(index, region, at)
    around = {firm: rows for firm, rows in _around(index, chain, at).items() if firm in silent}
    found = _here(index, around, places, at)
    for known in (_inner, lambda *_: [*found]):  # those of the chain, then those just found
        tied = _tied(index, known(index, chain, at), at)
        for firm, rows in _here(index, tied, places, at).items():
            found.setdefault(firm, []).extend(rows)
    return [{**firm, "ties": _ties(index, index.number(firm["id"]), rows, at),
             "evidence": evidence(index, rows)}
            for firm in firms(index, found, at)
            for rows in [list(dict.fromkeys(found[index.number(firm["id"])]))]]


def _silent(index: Index) -> set[int]:
    """Firms of which no record says any segment, whatever its grade and date."""
    def silent() -> set[int]:
        t = index.table
        rows = [t.rows(link.name) for link in index.ontology.links if link.evidence == "firm"]
        told = np.unique(index.canon[t.head[np.concatenate([np.zeros(0, np.int64), *rows])]])
        every = np.array(index.things(structure.COMPANY), np.int64)
        return set(np.setdiff1d(every, told).tolist())

    return index.remembered("silent firms", silent)


def _inner(index: Index, chain: int, at: int) -> list[int]:
    """Who is said to work in a segment of the chain, anywhere and at any time, or to lead it."""
    c = index.claims
    leaders = [firm for firm, _ in index.joined(structure.LEADS, chain, at, forward=False)]
    told = [c.firm[c.within(segment, ((0, c.nodes),))] for segment in index.segments_of(chain, at)]
    firms = np.unique(np.concatenate([np.array(leaders, np.int32), *told]))
    return [firm for firm in firms.tolist() if firm >= 0]


def _around(index: Index, chain: int, at: int) -> Rows:
    """Firms joined with the chain itself or with something that names it in a field."""
    wheres: dict[int, list[int]] = {chain: []}
    for kind in index.ontology.classes:
        fields = [f.name for f in kind.fields if f.refers == (structure.CHAIN,)]
        if fields and kind.name != structure.SEGMENT:
            for row in references(index, kind.name, fields).get(chain, ()):
                wheres.setdefault(int(index.canon[index.table.thing[row]]), []).append(row)
    found: Rows = {}
    for thing, rows in wheres.items():
        for firm, row in (*_neighbours(index, thing, at), *_named(index, rows)):
            found.setdefault(firm, []).extend(shown(index, [row]))
    return {firm: rows for firm, rows in found.items() if rows}


def _neighbours(index: Index, thing: int, at: int) -> Iterator[tuple[int, int]]:
    """Firms at the other end of a link that is not over by that day."""
    mine, t = index.links.of(thing), index.table
    for there, row in zip(index.links.there[mine].tolist(), index.links.row[mine].tolist(),
                          strict=True):
        if index.kind_of(there) == structure.COMPANY and at < t.end[row]:
            yield there, row


def _named(index: Index, rows: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Firms that the records of a thing name in a field."""
    for row in rows:
        for value in index.table.said(row).values():
            target = index.reference(value)
            if target >= 0 and index.kind_of(target) == structure.COMPANY:
                yield target, row


def _tied(index: Index, known: Collection[int], at: int) -> Rows:
    """Silent firms with a business tie to one of these."""
    mine = index.remembered("silent ties", lambda: np.flatnonzero(
        np.isin(index.ties.here, np.array(sorted(_silent(index)), np.int64))))
    mine = mine[np.isin(index.ties.there[mine], np.array([*known], np.int64))]
    found: Rows = {}
    for firm, row in zip(index.ties.here[mine].tolist(), index.ties.row[mine].tolist(),
                         strict=True):
        if at < index.table.end[row] and shown(index, [row]):
            found.setdefault(firm, []).append(row)
    return found


def _here(index: Index, found: Rows, places: set[int], at: int) -> Rows:
    return {firm: rows for firm, rows in found.items() if places & set(places_of(index, firm, at))}


def _ties(index: Index, firm: int, rows: Iterable[int], at: int) -> list[str]:
    """“配套 三一重工益阳公司”, “推断：控股 三一重工”, “项目 …”, each once, in their order."""
    t, said = index.table, dict[str, None]()
    for row in rows:
        kind = index.ontology.kinds[t.kinds[t.kind[row]]]
        ends = [int(index.canon[end]) for end in (t.head[row], t.tail[row])] if kind.ends else [
            int(index.canon[t.thing[row]])]
        other = next((end for end in ends if end != firm), firm)
        doubt = both("推断：", "inferred: ") if t.inferred[row] else ""
        said[both("{}{} {}", "{}{} {}", doubt, both(kind.label.zh, kind.label.en),
                  index.label(other, at))] = None
    return list(said)
