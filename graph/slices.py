"""The parts of an index besides the claims: the region DAG, links from both sides, leaders."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph import identity, places, structure
from graph.claims import NOWHERE
from graph.identity import Named
from graph.places import ALWAYS, EVER, LEVELS, Membership, Places
from graph.table import ByThing, Ints, Table, grouped
from ontology.model import Kind, Ontology

__all__ = ["Adjacency", "Marks", "adjacency", "canonical", "free_segments", "groups_of", "homes",
           "marks", "numbers", "only", "place_kinds", "region_dag", "span", "where_fields"]


@dataclass(frozen=True)
class Adjacency(ByThing):
    """Links from both sides, sorted by (here, there, backward, row); ends are canonical."""

    here: Ints
    there: Ints
    row: Ints
    forward: NDArray[np.bool_]


@dataclass(frozen=True)
class Marks(ByThing):
    """The rows that make a firm a leader (链主, 单项冠军, listed)."""

    row: Ints


def span(terms: Sequence[str], kind: str) -> tuple[int, int]:
    """Where the ids of one kind stand among the sorted terms."""
    return bisect_left(terms, f"{kind}:"), bisect_left(terms, f"{kind};")  # ; follows :


def groups_of(table: Table, ontology: Ontology,
              among: Collection[str] | None = None) -> identity.Groups:
    """Which ids the live records make one thing, of all classes or `among` some."""
    decided: dict[str, list[tuple[str, str]]] = {"same": [], "different": []}
    for kind in ontology.links:
        if kind.identity:
            decided[kind.identity] += [
                (table.terms[table.head[row]], table.terms[table.tail[row]])
                for row in table.rows(kind.name).tolist()]
    named: list[Named] = []
    plain: set[str] = set()
    for kind in ontology.classes:
        if among is not None and kind.name not in among:
            continue
        # Classes with key fields are known by them: unless somebody decided about sameness, they
        # matter only for their codes.
        if not kind.key or kind.role("code") or any(decided.values()):
            told, bare = _told(table, kind)
            named += told
            plain |= bare
    return identity.groups(named, decided["same"], decided["different"], plain)


def _told(table: Table, kind: Kind) -> tuple[list[Named], set[str]]:
    """What the records call the things of a class, and the things of which they tell no more than
    the name that is in the id; so it is with an open class's things without a record.

    Most of the things of a large store are of that sort, and cost only the comparison of a text.
    """
    rows, terms, values = table.rows(kind.name), table.terms, table.values
    start, name = len(kind.name) + 1, next((f.name for f in kind.role("name")), "")
    plain: set[str] = set()
    rich: list[tuple[int, str]] = []
    for row, thing in zip(rows.tolist(), table.thing[rows].tolist(), strict=True):
        id = terms[thing]
        bare = id[start:]
        if not kind.key and values[row] == f'{{"{name}":"{bare}"}}' and identity.is_normal(bare):
            plain.add(id)
        else:
            rich.append((row, id))
    called, named = identity.namer(kind), list[Named]()
    for (_, id), (_, said) in zip(rich, table.each([row for row, _ in rich]), strict=True):
        named.append(called(id, said))
    both = plain.intersection(id for _, id in rich)
    named += [Named(id, kind.name, names=(id[start:],)) for id in both]
    if kind.open and not kind.key:
        every = np.arange(*span(terms, kind.name), dtype=np.int32)
        plain.update(terms[thing] for thing in np.setdiff1d(every, table.thing[rows]).tolist())
    return named, plain - both


def canonical(table: Table, found: identity.Groups) -> Ints:
    """Term → canonical term, for every term."""
    canon = np.arange(len(table.terms), dtype=np.int32)
    for id, chief in found.canonical.items():
        canon[bisect_left(table.terms, id)] = bisect_left(table.terms, chief)
    return canon


def place_kinds(ontology: Ontology) -> set[str]:
    """The classes whose things are places."""
    return {kind.name for kind in ontology.classes if kind.place}


def numbers(terms: Sequence[str], kinds: Collection[str]) -> dict[str, int]:
    """Id → number of all things of these kinds."""
    found: dict[str, int] = {}
    for kind in kinds:
        low, high = span(terms, kind)
        found.update(zip(terms[low:high], range(low, high), strict=True))
    return found


def where_fields(kind: Kind, wheres: Collection[str]) -> list[str]:
    """Fields that say where a thing is: references to nothing but places."""
    return [f.name for f in kind.fields if f.refers and set(f.refers).issubset(wheres)]


def region_dag(table: Table, ontology: Ontology, canon: Ints, number: Mapping[str, int]) -> Places:
    """Places from the place classes, their fields, locatedIn and whole partOf."""
    levels = dict.fromkeys((int(canon[n]) for n in number.values()), "")
    rank: dict[int, tuple[Any, ...]] = {}
    memberships: list[Membership] = []
    wheres = place_kinds(ontology)
    for name in sorted(wheres):
        fields = where_fields(ontology.kinds[name], wheres)
        for row in table.rows(name).tolist():
            said, place = table.said(row), int(canon[table.thing[row]])
            order = (table.grade[row], -int(table.seen[row]), table.source[row])
            if said.get(structure.LEVEL) in LEVELS and (place not in rank or order < rank[place]):
                rank[place], levels[place] = order, said[structure.LEVEL]
            memberships += [Membership(place, int(canon[number[said[f]]])) for f in fields
                            if said.get(f) in number]
    memberships += _stated(table, canon, set(levels))
    return places.build(levels, memberships)


def _stated(table: Table, canon: Ints, known: set[int]) -> Iterator[Membership]:
    for kind in (structure.PART_OF, structure.LOCATED):
        for row in table.rows(kind).tolist():
            part, whole = int(canon[table.head[row]]), int(canon[table.tail[row]])
            if part not in known or whole not in known:
                continue
            if kind == structure.PART_OF and (
                    table.said(row).get(structure.EXTENT) == structure.PARTIAL):
                continue
            dated = table.valid_from[row] or table.valid_to[row]
            yield Membership(part, whole, int(table.start[row]) if dated else ALWAYS,
                             int(table.end[row]) if dated else EVER)


def homes(table: Table, ontology: Ontology, canon: Ints, number: Mapping[str, int], dag: Places,
          rows_of: Callable[[int], Sequence[int]]) -> Callable[[int], int]:
    """For a firm's statement without a place: the region that the same source gives the firm,
    else the province (the one with most places in it)."""
    wheres = place_kinds(ontology)
    fields = {kind.name: where_fields(kind, wheres) for kind in ontology.classes if not kind.place}
    sizes = [(sum(int(dag.stop[n]) - n for n in dag.nodes_of(p).tolist()), -p)
             for p, level in dag.level.items() if level == "province"]
    province = -max(sizes)[1] if sizes else NOWHERE

    @cache
    def given(firm: int, source: int) -> int:
        for row in rows_of(int(canon[firm])):
            if table.thing[row] == firm and table.source[row] == source:
                said = table.said(row)
                for name in fields.get(table.kinds[table.kind[row]], ()):
                    if said.get(name) in number:
                        return number[said[name]]
        return province

    return lambda row: given(int(table.head[row]), int(table.source[row]))


def free_segments(table: Table, canon: Ints, gone: NDArray[np.bool_]) -> Ints:
    """Service and design segments, sorted: a research office counts for them too."""
    said: dict[int, tuple[tuple[Any, ...], bool]] = {}

    def hear(segment: int, row: int, answer: bool, rank: int) -> None:
        order = (rank, table.grade[row], -int(table.seen[row]), table.source[row])
        if segment not in said or order < said[segment][0]:
            said[segment] = order, answer

    for row in table.rows(structure.SEGMENT).tolist():
        answer = table.said(row).get(structure.ANY_FUNCTION)
        if answer is not None:
            hear(int(canon[table.thing[row]]), row, bool(answer), 0)
    for row in table.rows(structure.MEMBER).tolist():
        if not gone[row] and table.said(row).get("stage") == structure.SERVICE:
            hear(int(canon[table.head[row]]), row, True, 1)
    return np.array(sorted(s for s, (_, free) in said.items() if free), np.int32)


def adjacency(table: Table, canon: Ints, gone: NDArray[np.bool_]) -> Adjacency:
    """All links from both their ends, without those rows that are gone."""
    row = np.flatnonzero((table.head >= 0) & ~gone)
    head, tail = canon[table.head[row]], canon[table.tail[row]]
    here, there = np.concatenate([head, tail]), np.concatenate([tail, head])
    both = np.concatenate([row, row]).astype(np.int32)
    forward = np.arange(len(both)) < len(row)
    order = np.argsort(here.astype(np.int64) << 32 | there, kind="stable")
    return Adjacency(grouped(here[order], len(canon)), here[order], there[order], both[order],
                     forward[order])


def only(links: Adjacency, table: Table, kinds: Collection[str], size: int) -> Adjacency:
    """The entries of links of these kinds."""
    wanted = np.array([name in kinds for name in table.kinds], bool)
    keep = np.flatnonzero(wanted[table.kind[links.row]]) if len(wanted) else slice(0)
    here = links.here[keep]
    return Adjacency(grouped(here, size), here, links.there[keep], links.row[keep],
                     links.forward[keep])


def marks(table: Table, ontology: Ontology, canon: Ints,
          rows_of: Callable[[int], Sequence[int]]) -> Marks:
    """Rows by which a firm is a leader: 链主, an honour with a strong word, a listing code."""
    words = [word.label.zh for word in ontology.words.get(structure.HONOUR_WORDS, ())]
    strong: dict[int, bool] = {}
    found = [(int(canon[table.head[row]]), row)
             for row in table.rows(structure.LEADS).tolist()]
    for row in table.rows(structure.HONOURED).tolist():
        honour = int(canon[table.tail[row]])
        if honour not in strong:
            said = [table.terms[honour], *(table.values[r] for r in rows_of(honour))]
            strong[honour] = any(word in text for word in words for text in said)
        if strong[honour]:
            found.append((int(canon[table.head[row]]), row))
    for kind in ontology.classes:
        if kind.field(structure.LISTED) is not None:
            wanted = f'"{structure.LISTED}":'
            found += [(int(canon[table.thing[row]]), row) for row in table.rows(kind.name).tolist()
                      if wanted in table.values[row]]
    pairs = np.array(sorted(found), np.int32).reshape(-1, 2)
    return Marks(grouped(pairs[:, 0], len(canon)), np.ascontiguousarray(pairs[:, 1]))
