"""Declared reasons for and against dealing with somebody: each with what it rests on."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from typing_extensions import TypedDict

from graph import structure
from graph.analysis.answers import Evidence, evidence
from graph.analysis.filters import references
from graph.index import Index
from graph.names import nearest
from graph.places import RUNGS, Ranges
from ontology.errors import NotFound
from ontology.model import Kind

__all__ = ["UNSAID", "Counter", "Ladder", "Reason", "Rows", "grouped_with", "honours", "made_by",
           "ordered", "places_of", "reason", "shown", "ties_between", "workers", "works_in"]

UNSAID = "没有来源说过"
Rows = dict[int, list[int]]  # thing → the rows that tie something to it


class Reason(TypedDict):
    """rank: smaller comes first; said: what the sources say, or that none says anything."""

    reason: str
    label: str
    rank: int
    said: str
    evidence: list[Evidence]


class Counter(TypedDict):
    """holds: True, False, or None where no source says (then there is no evidence)."""

    counter: str
    label: str
    holds: bool | None
    said: str
    evidence: list[Evidence]


def ordered(wanted: Sequence[str], labels: Mapping[str, str]) -> list[str]:
    """The names of all reasons, the wanted ones first; raises NotFound with the choices."""
    first: list[str] = []
    for name in (part.strip() for text in wanted for part in text.replace("，", ",").split(",")):
        known = next((key for key, label in labels.items() if name in (key, label)), None)
        if known is None:
            every = [*labels, *labels.values()]
            raise NotFound("排序理由", name, nearest(name, every) or list(labels))
        first.append(known)
    return list(dict.fromkeys([*first, *labels]))


def shown(index: Index, rows: Iterable[int]) -> list[int]:
    """Rows of a grade that answers show."""
    return [row for row in rows if index.table.grade[row] <= index.shown]


def places_of(index: Index, thing: int, at: int) -> Rows:
    """Where the thing is: by fields of its own (of what was said by that day, if anything was),
    locatedIn, and where it is said to work."""
    t, found = index.table, Rows()
    wheres = {kind.name for kind in index.ontology.classes if kind.place}
    fields = _place_fields(index.ontology.kinds[index.kind_of(thing)], wheres)
    rows = shown(index, index.rows_of(thing))
    for row in [row for row in rows if index.live(row, at)] or rows:
        for name in fields:
            _add(found, index.reference(t.said(row).get(name)), row)
    for place, row in index.joined(structure.LOCATED, thing, at, forward=True, undated=True):
        _add(found, place, row)
    for link in index.ontology.links:
        if link.evidence == "firm":
            for _, row in index.joined(link.name, thing, at, forward=True, undated=True):
                _add(found, index.reference(t.said(row).get(structure.PLACE)), row)
    return {place: kept for place, rows in found.items() if (kept := shown(index, rows))}


def _place_fields(kind: Kind, wheres: Collection[str]) -> list[str]:
    return [f.name for f in kind.fields if f.refers and set(f.refers) <= set(wheres)]


def _add(found: Rows, place: int, row: int) -> None:
    if place >= 0:
        found.setdefault(place, []).append(row)


@dataclass(frozen=True)
class Ladder:
    """The regions around some places, the smallest first: (name of the rung, place, nodes)."""

    rungs: tuple[tuple[str, int, Ranges], ...]

    @staticmethod
    def of(index: Index, places: Iterable[int], at: int) -> "Ladder":
        found = {(rung.name, place): index.places.ranges(place, at)
                 for start in sorted(places) for rung in index.places.rungs(start, at)
                 for place in rung.places}
        order = list(RUNGS)
        return Ladder(tuple((*key, ranges) for key, ranges in sorted(
            found.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))))

    def meeting(self, index: Index, places: Collection[int]) -> tuple[str, int, int] | None:
        """The smallest rung that holds one of these places: its name, its place, and that one."""
        nodes = {node: place for place in sorted(places, reverse=True)
                 for node in index.places.nodes_of(place).tolist()}
        for name, place, ranges in self.rungs:
            for node, found in nodes.items():
                if any(low <= node < high for low, high in ranges):
                    return name, place, found
        return None


def grouped_with(index: Index, thing: int, at: int, places: Rows) -> Rows:
    """The clusters and alliances that it is a member of, and the parks among its places."""
    found: Rows = {}
    for group, row in index.joined(structure.MEMBER_OF, thing, at, forward=True, undated=True):
        found.setdefault(group, []).append(row)
    found = {group: kept for group, rows in found.items() if (kept := shown(index, rows))}
    parks = {place: rows for place, rows in places.items()
             if index.places.level_of(place) == "park"}
    return found | parks


def honours(index: Index, thing: int, at: int) -> Rows:
    """The honours that it bears on that day."""
    found: Rows = {}
    for honour, row in index.joined(structure.HONOURED, thing, at, forward=True, undated=True):
        found.setdefault(honour, []).append(row)
    return {honour: kept for honour, rows in found.items() if (kept := shown(index, rows))}


def ties_between(index: Index, one: int, others: Collection[int]) -> Rows:
    """The rows of all business ties with each of the others, whatever their time."""
    mine, found = index.ties.of(one), Rows()
    for there, row in zip(index.ties.there[mine].tolist(), index.ties.row[mine].tolist(),
                          strict=True):
        if there in others and index.table.grade[row] <= index.shown:
            found.setdefault(there, []).append(row)
    return found


def works_in(index: Index, thing: int, at: int) -> Rows:
    """The segments in which a firm is said to work on that day."""
    found: Rows = {}
    for link in index.ontology.links:
        if link.evidence == "firm":
            for segment, row in index.joined(link.name, thing, at, forward=True, undated=True):
                found.setdefault(segment, []).append(row)
    return {segment: kept for segment, rows in found.items() if (kept := shown(index, rows))}


def workers(index: Index, segment: int, at: int) -> Rows:
    """The firms that are said to work in a segment on that day."""
    found: Rows = {}
    for link in index.ontology.links:
        if link.evidence == "firm":
            for firm, row in index.joined(link.name, segment, at, forward=False, undated=True):
                found.setdefault(firm, []).append(row)
    return {firm: kept for firm, rows in found.items() if (kept := shown(index, rows))}


def made_by(index: Index, kind: str, field: str, thing: int) -> Rows:
    """Things of that class whose field names this thing, with their rows."""
    found: Rows = {}
    for row in references(index, kind, [field]).get(thing, ()):
        found.setdefault(int(index.canon[index.table.thing[row]]), []).append(row)
    return {one: kept for one, rows in found.items() if (kept := shown(index, rows))}


def reason(index: Index, name: str, labels: Mapping[str, str], rank: int, said: str,
           rows: Iterable[int]) -> Reason:
    return {"reason": name, "label": labels[name], "rank": rank, "said": said,
            "evidence": evidence(index, rows)}
