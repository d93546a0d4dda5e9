"""Declared reasons for and against dealing with somebody: each with what it rests on."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from typing_extensions import TypedDict

from graph import structure
from graph.analysis.answers import Evidence, evidence
from graph.analysis.filters import references
from graph.index import Index
from graph.names import nearest
from graph.places import RUNGS, Ranges
from graph.slices import place_kinds, where_fields
from graph.wording import both
from ontology.errors import NotFound

__all__ = ["UNSAID", "Counter", "Ladder", "Reason", "Rows", "grouped_with", "honours", "made_by",
           "only_inferred", "ordered", "places_of", "reason", "shown", "ties_between", "workers",
           "works_in"]

UNSAID = both("没有来源说过", "no source says")
Rows = dict[int, list[int]]  # thing → the rows that tie something to it


class Reason(TypedDict):
    """rank: smaller comes first; said: what the sources say, or that none says anything."""

    reason: str
    label: str
    rank: int
    said: str
    evidence: list[Evidence]


class Counter(TypedDict):
    """holds: True, False, or None where no source says (then there is no evidence); open: the
    same as what is not known yet."""

    counter: str
    label: str
    holds: bool | None
    said: str
    open: str
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
    fields = where_fields(index.ontology.kinds[index.kind_of(thing)], place_kinds(index.ontology))
    rows = shown(index, index.rows_of(thing))

    def named(rows: Iterable[int], names: Iterable[str]) -> Iterator[tuple[int, int]]:
        for row in rows:
            for name in names:
                yield index.reference(index.table.said(row).get(name)), row

    return _by_thing(index, (
        *named([row for row in rows if index.live(row, at)] or rows, fields),
        *index.joined(structure.LOCATED, thing, at, forward=True, undated=True),
        *named((row for _, row in _works(index, thing, at, forward=True)), [structure.PLACE])))


def _by_thing(index: Index, pairs: Iterable[tuple[int, int]]) -> Rows:
    """(thing, row) by thing, of a grade that answers show; a thing below 0 is none."""
    found: Rows = {}
    for thing, row in pairs:
        if thing >= 0:
            found.setdefault(thing, []).append(row)
    return {thing: kept for thing, rows in found.items() if (kept := shown(index, rows))}


def _works(index: Index, thing: int, at: int, *, forward: bool) -> Iterator[tuple[int, int]]:
    """(segment, row) of a firm, or (firm, row) of a segment, by what says that it works there."""
    for link in index.ontology.links:
        if link.evidence == "firm":
            yield from index.joined(link.name, thing, at, forward=forward, undated=True)


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
    parks = {place: rows for place, rows in places.items()
             if index.places.level_of(place) == "park"}
    return _by_thing(index, index.joined(
        structure.MEMBER_OF, thing, at, forward=True, undated=True)) | parks


def honours(index: Index, thing: int, at: int) -> Rows:
    """The honours that it bears on that day."""
    return _by_thing(index, index.joined(structure.HONOURED, thing, at, forward=True,
                                         undated=True))


def ties_between(index: Index, one: int, others: Collection[int]) -> Rows:
    """The rows of all business ties with each of the others, whatever their time."""
    mine = index.ties.of(one)
    pairs = zip(index.ties.there[mine].tolist(), index.ties.row[mine].tolist(), strict=True)
    return _by_thing(index, ((there, row) for there, row in pairs if there in others))


def works_in(index: Index, thing: int, at: int) -> Rows:
    """The segments in which a firm is said to work on that day."""
    return _by_thing(index, _works(index, thing, at, forward=True))


def workers(index: Index, segment: int, at: int) -> Rows:
    """The firms that are said to work in a segment on that day."""
    return _by_thing(index, _works(index, segment, at, forward=False))


def only_inferred(index: Index, rows: Iterable[int]) -> bool:
    """Whether nothing but inferred or machine-read rows says it."""
    return all(index.table.grade[row] > index.floor for row in rows)


def made_by(index: Index, kind: str, field: str, thing: int) -> Rows:
    """Things of that class whose field names this thing, with their rows."""
    return _by_thing(index, ((int(index.canon[index.table.thing[row]]), row)
                             for row in references(index, kind, [field]).get(thing, ())))


def reason(index: Index, name: str, labels: Mapping[str, str], rank: int, said: str,
           rows: Iterable[int]) -> Reason:
    return {"reason": name, "label": labels[name], "rank": rank, "said": said,
            "evidence": evidence(index, rows)}
