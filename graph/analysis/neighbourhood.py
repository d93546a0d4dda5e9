"""What lies around one thing, or between two: everything linked with it, some steps away."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from typing_extensions import TypedDict

from graph.analysis.answers import Envelope, Evidence, envelope, evidence
from graph.analysis.paths import paths
from graph.analysis.things import anything
from graph.index import Index
from graph.slices import span
from graph.structure import PRODUCT
from graph.table import Longs
from graph.wording import named

__all__ = ["Between", "Edge", "LeftOut", "Neighbourhood", "Node", "between", "neighbourhood"]


class Node(TypedDict):
    """A thing, how many steps away it is, and how many of its neighbours are not shown."""

    id: str
    name: str
    kind: str
    kind_name: str
    depth: int
    more: int


class Edge(TypedDict):
    """One link between two of the nodes, in its own direction."""

    kind: str
    kind_name: str
    from_id: str
    to_id: str
    product: str | None
    inferred: bool
    records: list[str]


class LeftOut(TypedDict):
    """How many were found and are not shown."""

    nodes: int
    links: int


class Neighbourhood(Envelope):
    """nodes: the nearest first, the thing itself at the head; rows: all links between them."""

    id: str
    name: str
    kind: str
    depth: int
    limit: int
    nodes: list[Node]
    rows: list[Edge]
    truncated: bool
    left_out: LeftOut
    evidence: list[Evidence]


class Between(Neighbourhood):
    """Around the shortest ways from one thing to another; steps: how long they are (0: none)."""

    to_id: str
    to: str
    steps: int


def neighbourhood(index: Index, name: str, at: int, depth: int = 1, limit: int = 100,
                  opened: Sequence[str] = (), without: Collection[str] = ()) -> Neighbourhood:
    """At most `limit` things besides the one asked for, by steps, then those that bear most
    links with what is shown, then by id; links of that day and those without a date.

    opened: things that are shown, of which the neighbours are wanted too; without: classes and
    links that are left aside.
    """
    start, links = anything(index, name), _Links(index, at, frozenset(without))
    rings, seen = [np.array([start])], np.array([start])
    for _ in range(depth):
        _, there, _ = links.of(rings[-1])
        rings.append(np.setdiff1d(there, seen))
        seen = np.union1d(seen, rings[-1])
    kept = {start: 0}
    for step, ring in enumerate(rings[1:], 1):
        kept |= dict.fromkeys(links.closest(ring, kept)[:limit + 1 - len(kept)], step)
    return _answer(links, start, kept, seen, depth, limit, opened)


def between(index: Index, one: str, other: str, at: int, limit: int = 100,
            opened: Sequence[str] = (), without: Collection[str] = (),
            max_steps: int = 4) -> Between:
    """All things on the shortest ways between two parties over business ties, and every link
    among them; the two alone where no source tells of a way."""
    start, goal, links = index.party(one), index.party(other), _Links(index, at, frozenset(without))
    kept = {start: 0}
    ways = paths(index, index.id(start), index.id(goal), at, max_steps)["rows"]
    for way in ways:
        for depth, step in enumerate(way["steps"], 1):
            kept.setdefault(index.number(step["to_id"]), depth)
    kept.setdefault(goal, 1)
    steps = ways[0]["length"] if ways else 0
    answer = _answer(links, start, kept, np.array(sorted(kept)), steps, limit, opened)
    return {**answer, "to_id": index.id(goal), "to": named(index, goal, at), "steps": steps}


def _answer(links: "_Links", start: int, kept: dict[int, int], seen: Longs, depth: int, limit: int,
            opened: Sequence[str]) -> Neighbourhood:
    """What is kept and, as far as there is room, what lies around those opened."""
    index, at = links.index, links.at
    for name in opened:
        thing = index.reference(name)
        if thing in kept:
            _, there, _ = links.of(np.array([thing]))
            fresh = np.setdiff1d(there, np.array(sorted(kept)))
            seen = np.union1d(seen, fresh)
            kept |= dict.fromkeys(links.closest(fresh, kept)[:limit + 1 - len(kept)],
                                  kept[thing] + 1)
    shown = np.array(sorted(kept))
    here, there, row = links.of(seen)
    every = np.unique(row[np.isin(there, seen)])  # what leads out of the last ring is not asked
    drawn = np.unique(row[np.isin(here, shown) & np.isin(there, shown)])
    left: LeftOut = {"nodes": len(seen) - len(kept), "links": len(every) - len(drawn)}
    edges, proofs = _edges(index, drawn.tolist(), at)
    more = links.beyond(shown)
    return {"id": index.id(start), "name": named(index, start, at), "kind": index.kind_of(start),
            **envelope(index, at), "depth": depth, "limit": limit,
            "nodes": [_node(index, thing, step, more.get(thing, 0), at)
                      for thing, step in kept.items()],
            "rows": edges, "truncated": bool(left["nodes"] or left["links"]), "left_out": left,
            "evidence": proofs}


@dataclass(frozen=True)
class _Links:
    """The links of one day, or without a date, but for some kinds."""

    index: Index
    at: int
    without: frozenset[str]

    def of(self, things: Longs) -> tuple[Longs, Longs, Longs]:
        """(here, there, row) of every link of these things."""
        links, t = self.index.links, self.index.table
        entries = links.of_all(things)
        row = links.row[entries]
        keep = t.holds(row, self.at) & (t.grade[row] <= self.index.shown)
        for kind in self.without:
            if kind in t.kinds:
                keep &= t.kind[row] != t.kinds.index(kind)
            first, end = span(t.terms, kind)
            keep &= (links.there[entries] < first) | (links.there[entries] >= end)
        chosen = entries[keep]
        return (links.here[chosen].astype(np.int64), links.there[chosen].astype(np.int64),
                links.row[chosen].astype(np.int64))

    def beyond(self, shown: Longs) -> dict[int, int]:
        """Of those shown how many neighbours each has that are not."""
        here, there, _ = self.of(shown)
        out = ~np.isin(there, shown)
        pairs = np.unique(np.stack([here[out], there[out]]), axis=1)
        things, count = np.unique(pairs[0], return_counts=True)
        return dict(zip(things.tolist(), count.tolist(), strict=True))

    def closest(self, ring: Longs, kept: Collection[int]) -> list[int]:
        """The ring by number of links with what is kept already, most first, then by id."""
        _, there, _ = self.of(np.array(sorted(kept)))
        found, count = np.unique(there[np.isin(there, ring)], return_counts=True)
        return [int(thing) for thing in found[np.lexsort((found, -count))]]


def _node(index: Index, thing: int, depth: int, more: int, at: int) -> Node:
    kind = index.kind_of(thing)
    return {"id": index.id(thing), "name": named(index, thing, at), "kind": kind,
            "kind_name": index.ontology.kinds[kind].label.zh, "depth": depth, "more": more}


def _edges(index: Index, rows: Sequence[int], at: int) -> tuple[list[Edge], list[Evidence]]:
    """Links, several sources' records of one as one."""
    t = index.table
    groups: dict[tuple[int, int, int, int], list[int]] = {}
    for row in rows:
        product = index.reference(t.said(row).get(PRODUCT))
        ends = int(index.canon[t.head[row]]), int(index.canon[t.tail[row]])
        groups.setdefault((int(t.kind[row]), *ends, product), []).append(row)
    edges, proofs = list[Edge](), list[Evidence]()
    for (kind, head, tail, product), some in sorted(groups.items()):
        what, cited = index.ontology.kinds[t.kinds[kind]], evidence(index, some)
        edges.append({
            "kind": what.name, "kind_name": what.label.zh, "from_id": index.id(head),
            "to_id": index.id(tail),
            "product": named(index, product, at) if product >= 0 else None,
            "inferred": bool((t.grade[some] > index.floor).all()),
            "records": [item["record"] for item in cited]})
        proofs += cited
    return edges, proofs
