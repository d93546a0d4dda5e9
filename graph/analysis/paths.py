"""How two parties hang together: the shortest paths over business ties."""

from collections.abc import Iterator
from itertools import islice, pairwise

import numpy as np
from typing_extensions import TypedDict

from graph.analysis.answers import Envelope, Evidence, envelope, evidence
from graph.index import Index
from graph.structure import PRODUCT
from graph.table import Ints

__all__ = ["Path", "PathStep", "Paths", "paths"]

# Depth of each thing reached, the things one step nearer to the start, and the frontier.
Side = tuple[dict[int, int], dict[int, list[int]], list[int]]


class PathStep(TypedDict):
    """One tie; forward: it leads from `name` to `to`, otherwise the other way round."""

    id: str
    name: str
    to_id: str
    to: str
    link: str
    link_name: str
    forward: bool
    product: str | None
    inferred: bool
    evidence: list[Evidence]


class Path(TypedDict):
    length: int
    names: list[str]
    steps: list[PathStep]


class Paths(Envelope):
    """rows: up to `limit` of the shortest paths; more: there are others as short."""

    one: str
    other: str
    rows: list[Path]
    more: bool
    evidence: list[Evidence]


def paths(index: Index, one: str, other: str, at: int, max_steps: int = 4,
          limit: int = 10) -> Paths:
    """All shortest paths of at most `max_steps` ties that hold on that day, in either direction."""
    start, goal = index.party(one), index.party(other)
    found = [] if start == goal else _shortest(index, start, goal, at, max_steps, limit + 1)
    return {"one": index.label(start, at), "other": index.label(goal, at), **envelope(index, at),
            "rows": [_path(index, things, at) for things in found[:limit]],
            "more": len(found) > limit, "evidence": []}


def _live(index: Index, things: Ints, at: int) -> tuple[Ints, Ints]:
    """(from, to) of every tie of these things that holds on that day (or bears no date)."""
    ties, t = index.ties, index.table
    entries = ties.of_all(things)
    row = ties.row[entries]
    keep = t.holds(row, at) & (t.grade[row] <= index.shown)
    return ties.here[entries[keep]], ties.there[entries[keep]]


def _shortest(index: Index, start: int, goal: int, at: int, max_steps: int,
              limit: int) -> list[tuple[int, ...]]:
    """Bidirectional breadth-first search; things of each path from start to goal."""
    sides: list[Side] = [({start: 0}, {}, [start]), ({goal: 0}, {}, [goal])]
    for _ in range(max_steps):
        depth, before, edge = min(sides, key=lambda side: len(side[2]))
        here, there = _live(index, np.array(sorted(edge), np.int32), at)
        step = max(depth.values()) + 1
        fresh: dict[int, None] = {}
        for a, b in sorted(set(zip(here.tolist(), there.tolist(), strict=True))):
            if depth.setdefault(b, step) == step:
                before.setdefault(b, []).append(a)
                fresh[b] = None
        edge[:] = list(fresh)
        meeting = sorted(set(sides[0][0]) & set(sides[1][0]))
        if meeting:
            return _joined(sides, meeting, limit)
        if not edge:
            break
    return []


def _joined(sides: list[Side], meeting: list[int], limit: int) -> list[tuple[int, ...]]:
    """Paths through the things in the middle, in the order of their ids.

    All are as short: a shorter one would have met when one side had gone a step less.
    """
    every = ((*reversed(left), *right[1:]) for middle in meeting
             for left in _walk(sides[0][1], middle) for right in _walk(sides[1][1], middle))
    return sorted(islice(every, 20 * limit))[:limit]


def _walk(before: dict[int, list[int]], thing: int) -> Iterator[tuple[int, ...]]:
    """Ways back from a thing to where the search began."""
    if thing not in before:
        yield (thing,)
        return
    for previous in before[thing]:
        for rest in _walk(before, previous):
            yield (thing, *rest)


def _path(index: Index, things: tuple[int, ...], at: int) -> Path:
    steps = [_step(index, a, b, at) for a, b in pairwise(things)]
    return {"length": len(steps), "names": [index.label(thing, at) for thing in things],
            "steps": steps}


def _step(index: Index, a: int, b: int, at: int) -> PathStep:
    """The best tie between two things; the evidence of all of them."""
    t, mine = index.table, index.ties.of(a)
    row, forward = index.ties.row[mine], index.ties.forward[mine]
    keep = (index.ties.there[mine] == b) & t.holds(row, at) & (t.grade[row] <= index.shown)
    rows = dict(zip(row[keep].tolist(), forward[keep].tolist(), strict=True))
    best = index.best_first(rows)[0]
    product = index.reference(t.said(best).get(PRODUCT))
    kind = t.kinds[t.kind[best]]
    return {
        "id": index.id(a), "name": index.label(a, at), "to_id": index.id(b),
        "to": index.label(b, at), "link": kind,
        "link_name": index.ontology.kinds[kind].label.zh, "forward": rows[best],
        "product": index.label(product) if product >= 0 else None,
        "inferred": bool(all(t.grade[row] > index.floor for row in rows)),
        "evidence": evidence(index, rows),
    }
