"""What lies around one thing: everything linked with it, one or two steps away."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from typing_extensions import TypedDict

from graph.analysis.answers import Envelope, Evidence, envelope, evidence
from graph.analysis.things import anything
from graph.index import Index
from graph.places import EVER
from graph.structure import PRODUCT

__all__ = ["Edge", "LeftOut", "Neighbourhood", "Node", "neighbourhood"]

Ints = NDArray[np.int64]


class Node(TypedDict):
    """A thing and how many steps away it is."""

    id: str
    name: str
    kind: str
    kind_name: str
    depth: int


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


def neighbourhood(index: Index, name: str, at: int, depth: int = 1,
                  limit: int = 100) -> Neighbourhood:
    """At most `limit` things besides the one asked for, by steps, then those that bear most
    links with what is shown, then by id; links of that day and those without a date."""
    start = anything(index, name)
    rings, seen = [np.array([start])], np.array([start])
    for _ in range(depth):
        _, there, _ = _links(index, rings[-1], at)
        rings.append(np.setdiff1d(there, seen))
        seen = np.union1d(seen, rings[-1])
    kept: list[tuple[int, int]] = [(start, 0)]
    for step, ring in enumerate(rings[1:], 1):
        kept += [(thing, step) for thing in _closest(index, ring, kept, at)[
            :limit + 1 - len(kept)]]
    shown = np.array(sorted(thing for thing, _ in kept))
    here, there, row = _links(index, seen, at)
    every = np.unique(row[np.isin(there, seen)])  # what leads out of the last ring is not asked
    drawn = np.unique(row[np.isin(here, shown) & np.isin(there, shown)])
    left: LeftOut = {"nodes": len(seen) - len(kept), "links": len(every) - len(drawn)}
    edges, proofs = _edges(index, drawn.tolist(), at)
    return {"id": index.id(start), "name": index.label(start, at), "kind": index.kind_of(start),
            **envelope(index, at), "depth": depth, "limit": limit,
            "nodes": [_node(index, thing, step, at) for thing, step in kept], "rows": edges,
            "truncated": bool(left["nodes"] or left["links"]), "left_out": left,
            "evidence": proofs}


def _links(index: Index, things: Ints, at: int) -> tuple[Ints, Ints, Ints]:
    """(here, there, row) of every link of these things on that day, or without a date."""
    links, t = index.links, index.table
    low, high = links.first[things].astype(np.int64), links.first[things + 1].astype(np.int64)
    lengths = high - low
    entries = np.repeat(low - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
    row = links.row[entries]
    keep = (((t.start[row] <= at) | (t.start[row] == EVER)) & (at < t.end[row])
            & (t.grade[row] <= index.shown))
    chosen = entries[keep]
    return (links.here[chosen].astype(np.int64), links.there[chosen].astype(np.int64),
            links.row[chosen].astype(np.int64))


def _closest(index: Index, ring: Ints, kept: Sequence[tuple[int, int]], at: int) -> list[int]:
    """The ring by number of links with what is kept already, most first, then by id."""
    inner = np.array(sorted(thing for thing, _ in kept))
    _, there, _ = _links(index, inner, at)
    found, count = np.unique(there[np.isin(there, ring)], return_counts=True)
    return [int(thing) for thing in found[np.lexsort((found, -count))]]


def _node(index: Index, thing: int, depth: int, at: int) -> Node:
    kind = index.kind_of(thing)
    return {"id": index.id(thing), "name": index.label(thing, at), "kind": kind,
            "kind_name": index.ontology.kinds[kind].label.zh, "depth": depth}


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
            "product": index.label(product, at) if product >= 0 else None,
            "inferred": bool((t.grade[some] > index.floor).all()),
            "records": [item["record"] for item in cited]})
        proofs += cited
    return edges, proofs
