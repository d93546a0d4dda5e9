"""The nearest place that has a segment: park, county, prefecture, 都市圈, province, 省外."""

from typing_extensions import TypedDict

from graph.analysis.answers import Evidence, Firm, evidence, firms
from graph.analysis.verdicts import STATES, states
from graph.index import Index
from graph.places import RUNGS, Rung
from graph.wording import Said, both, listed, named

__all__ = ["Nearest", "Step", "nearest"]

MOST = 20  # firms of the nearest place that are named, and records that say so

# On which level a find is named: what lies in the province is named by its prefecture.
NAMED = {"overlay": "prefecture", "province": "prefecture", "country": "province",
         "outside": "province"}


ENGLISH = {"park": "park", "county": "county", "prefecture": "prefecture", "overlay": "metro area",
           "province": "in the province", "country": "nationwide",
           "outside": "outside the province"}


class Step(TypedDict):
    """A rung of the ladder where nobody has said whether the segment is there."""

    scope: str
    region: str


class Nearest(TypedDict):
    """scope and region are None if it is nowhere; others: more regions of the same rung; more: how
    many firms of the region are not named, evidence is theirs who are.

    scope_name: the rung in Chinese; of an overlay its own name, as there are several kinds.
    """

    scope: str | None
    scope_name: str | None
    region: str | None
    region_id: str | None
    firms: list[Firm]
    more: int
    evidence: list[Evidence]
    others: list[str]
    unknown: list[Step]


def nearest(index: Index, segment: int, region: int, at: int) -> Nearest:
    """The first rung of the region's ladder where the segment is present."""
    unknown: list[Step] = []
    for rung in index.places.rungs(region, at):
        codes, _ = states(index, [segment], rung.places, at)
        verdicts = {STATES[code] for code in codes[0].tolist()}
        if "present" in verdicts:
            return _found(index, segment, rung, at, unknown)
        if "unknown" in verdicts:
            unknown.append({"scope": rung.name, "region": _title(index, rung, at)})
    return {"scope": None, "scope_name": None, "region": None, "region_id": None, "firms": [],
            "more": 0, "evidence": [], "others": [], "unknown": unknown}


def _title(index: Index, rung: Rung, at: int) -> Said:
    if rung.name == "outside":
        return _level(rung)
    return listed(named(index, place, at) for place in rung.places)


def _level(rung: Rung) -> Said:
    return both(RUNGS[rung.name], ENGLISH[rung.name])


def _found(index: Index, segment: int, rung: Rung, at: int, unknown: list[Step]) -> Nearest:
    c = index.claims
    ranges = sorted({r for place in rung.places for r in index.places.ranges(place, at)})
    entries = c.live(c.within(segment, tuple(ranges)), at, index.floor)
    where: dict[int, list[int]] = {}
    for entry in entries.tolist():
        where.setdefault(_named(index, rung, int(c.node[entry])), []).append(entry)
    order = sorted(where, key=lambda p: (-len({int(c.firm[e]) for e in where[p]}), p))
    best = where[order[0]]
    there = {firm for e in best if (firm := int(c.firm[e])) >= 0}
    shown = set(sorted(there, key=lambda firm: (not index.is_leader(firm, at),
                                                index.id(firm)))[:MOST])
    return {
        "scope": rung.name,
        "scope_name": _title(index, rung, at) if rung.name == "overlay" else _level(rung),
        "region": named(index, order[0], at), "region_id": index.id(order[0]),
        "firms": firms(index, shown, at), "more": len(there) - len(shown),
        "evidence": evidence(index, (int(c.row[e]) for e in best
                                     if int(c.firm[e]) in shown or c.firm[e] < 0))[:MOST],
        "others": [named(index, place, at) for place in order[1:]], "unknown": unknown,
    }


def _named(index: Index, rung: Rung, node: int) -> int:
    """The region by which a find at this node is called."""
    dag = index.places
    level = NAMED.get(rung.name, rung.name)
    levels = (level, "outside") if level == "province" else (level,)
    above = node
    while above >= 0:
        place = int(dag.place[above])
        if place in rung.places and rung.name not in NAMED:
            return place
        if dag.level_of(place) in levels:
            return place
        above = int(dag.parent[above])
    return int(dag.place[node])
