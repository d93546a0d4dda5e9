"""Which things of a kind lie in a region, belong to a chain or segment, bear an honour or a name.

Everything follows from the ontology: what a record refers to, and what its links join.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph import structure
from graph.index import Index
from graph.names import normalise
from graph.slices import place_kinds, span
from graph.table import Longs
from ontology.errors import Ambiguous, NotFound
from ontology.model import Field, Kind

__all__ = ["Filter", "Mask", "Test", "chosen", "inside", "located", "owners", "references"]

EXACT = 45.0  # scores of `Names.search` from here on are names that hold the text
MOST = 20_000  # names that one text may mean


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list may be narrowed to, in the words of a person; blank: no matter.

    `values` are words that the field of that name must hold.
    """

    q: str = ""
    region: str = ""
    chain: str = ""
    segment: str = ""
    honour: str = ""
    values: Mapping[str, str] | None = None


def references(index: Index, kind: str, fields: Collection[str]) -> dict[int, list[int]]:
    """Target → rows of that kind which refer to it by one of these fields; made once an index."""
    return index.remembered(("refers", kind, *sorted(fields)),
                            lambda: _references(index, kind, fields))


def _references(index: Index, kind: str, fields: Collection[str]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for row, said in index.table.each(index.table.rows(kind).tolist()) if fields else ():
        for name in fields:
            value = said.get(name)
            for part in value if isinstance(value, list) else (value,):
                if (target := index.reference(part)) >= 0:
                    found.setdefault(target, []).append(row)
    return found


def owners(index: Index, rows: Collection[int]) -> set[int]:
    """The canonical things that these rows are about."""
    return {int(index.canon[index.table.thing[row]]) for row in rows}


def inside(index: Index, region: int, at: int) -> set[int]:
    """All places in the region on that day, itself too."""
    places = index.places.place
    return {region}.union(*(places[low:high].tolist()
                            for low, high in index.places.ranges(region, at)))


Choose = Callable[[Kind], set[int]]
# Of many things, or rows of links, which ones fit.
Mask = Callable[[Longs], NDArray[np.bool_]]
Test = Callable[[Sequence[int]], bool]  # of the rows of one thing or link


def chosen(index: Index, kind: Kind, at: int, wanted: Filter) -> tuple[list[Mask], list[Test]]:
    """What narrows a list: masks over things (of a link over rows), and tests of what is said.

    Raises NotFound or Ambiguous for names.
    """
    masks = [_mask(index, kind, choose) for choose in _choices(index, at, wanted)]
    tests = [_on_values(index, kind, name, text)
             for name, text in (wanted.values or {}).items() if text]
    return masks, tests


def _choices(index: Index, at: int, wanted: Filter) -> Iterator[Choose]:
    """For each thing that was asked for, how to find the things of a class that have it."""
    if wanted.q:
        yield lambda kind: {index.number(id) for id, _, score in index.names().search(
            wanted.q, [kind.name], MOST) if score >= EXACT}
    if wanted.region:
        places = inside(index, index.region(wanted.region), at)
        yield lambda kind: located(index, kind, places, at)
    if wanted.chain:
        chain = index.chain(wanted.chain)
        parts = {chain, *index.segments_of(chain)}
        yield lambda kind: _joined(index, kind, parts, at)
    if wanted.segment:
        segment = {index.segment(wanted.segment)}
        yield lambda kind: _joined(index, kind, segment, at)
    if wanted.honour:
        honours = _honours(index, wanted.honour)
        yield lambda kind: _ends(index, kind, honours, at, {structure.HONOURED})


def _mask(index: Index, kind: Kind, choose: Choose) -> Mask:
    """A class's own things; of a link the rows of which an end, or what a field names, fits."""
    t, model = index.table, index.ontology
    if kind.ends is None:
        mine = _sorted(choose(kind))
        return lambda things: np.isin(things, mine)
    refers = {name for end in kind.ends for name in end.refers}
    refers |= {name for field in kind.fields for name in field.refers}
    if any(not end.refers for end in kind.ends):
        refers = {one.name for one in model.classes}
    fits = set[int]().union(*(choose(model.kinds[name]) for name in sorted(refers)))
    named = _sorted(row for target, rows in references(index, kind.name, _fields(kind)).items()
                    if target in fits for row in rows)
    ends = _sorted(fits)
    return lambda rows: (np.isin(index.canon[t.head[rows]], ends) | np.isin(rows, named)
                         | np.isin(index.canon[t.tail[rows]], ends))


def _sorted(numbers: Iterable[int]) -> Longs:
    return np.array(sorted(set(numbers)), np.int64)


def _on_values(index: Index, kind: Kind, name: str, text: str) -> Test:
    """The field holds the text, or is the choice of that name."""
    field, wanted = kind.field(name), normalise(text)
    for choice in field.choices if field else ():
        if wanted in map(normalise, (choice.name, choice.label.zh, *choice.synonyms)):
            return _equals(index, name, choice.name)
    if field is not None and field.datatype == "reference" and (
            meant := _meant(index, text, field.refers)):
        return lambda rows: any(index.reference(index.table.said(row).get(name)) in meant
                                for row in rows)

    def holds(value: Any) -> bool:
        if isinstance(value, list):
            return any(map(holds, value))
        if (number := index.reference(value)) >= 0:
            value = f"{index.label(number)} {index.full_name(number)} {value}"
        return value is not None and wanted in normalise(str(value))

    return lambda rows: any(holds(index.table.said(row).get(name)) for row in rows)


def _meant(index: Index, text: str, refers: Collection[str]) -> set[int]:
    """The things that are called just so; none where it is only a part of names."""
    kinds = sorted(refers) or [kind.name for kind in index.ontology.classes]
    try:
        return {index.number(index.resolve(text, kinds, ""))}
    except Ambiguous:
        return {index.number(id) for id in index.names(kinds).find(text)}
    except NotFound:
        return set()


def _equals(index: Index, name: str, value: str) -> Test:
    return lambda rows: any(index.table.said(row).get(name) == value for row in rows)


def _fields(kind: Kind, suits: Callable[[Field], bool] = lambda field: True) -> list[str]:
    return [f.name for f in kind.fields if f.datatype == "reference" and suits(f)]


def located(index: Index, kind: Kind, places: set[int], at: int) -> set[int]:
    """By a field that names a place, a locatedIn, or the place of a firm's statement."""
    wheres = place_kinds(index.ontology)
    found = {thing for thing in places if index.kind_of(thing) == kind.name}
    told = references(index, kind.name, _fields(kind, lambda f: set(f.refers) <= wheres))
    found |= owners(index, [row for place in places for row in told.get(place, ())])
    found |= _ends(index, kind, places, at, {structure.LOCATED})
    for link in index.ontology.links:
        if link.evidence == "firm" and link.ends and kind.name in link.ends[0].refers:
            where = references(index, link.name, [structure.PLACE])
            found |= {int(index.canon[index.table.head[row]]) for place in places
                      for row in where.get(place, ()) if index.live(row, at)}
    return found


def _joined(index: Index, kind: Kind, parts: set[int], at: int) -> set[int]:
    """What refers to one of these parts of a chain, or is linked with it; a denial is no link,
    and what feeds a chain is not part of it."""
    if kind.name == structure.SEGMENT:
        return {thing for thing in parts if index.kind_of(thing) == kind.name}
    links = {link.name for link in index.ontology.links
             if link.evidence not in ("absence", "survey")}
    told = references(index, kind.name, _fields(kind))
    found = {thing for thing in parts if index.kind_of(thing) == kind.name}
    found |= owners(index, [row for part in parts for row in told.get(part, ())])
    return found | _ends(index, kind, parts, at, links)


def _ends(index: Index, kind: Kind, targets: Collection[int], at: int,
          links: Collection[str]) -> set[int]:
    """Things of the class that such a link joins with a target on that day, or without a date."""
    there, row = index.joined_to(links, targets, at)
    low, high = span(index.table.terms, kind.name)
    fits = (low <= there) & (there < high) & (index.table.grade[row] <= index.shown)
    return set(there[fits].tolist())


def _honours(index: Index, text: str) -> set[int]:
    """Honours whose name holds the text; raises NotFound with the nearest if there is none."""
    kind = next(link.ends[1].refers for link in index.ontology.links
                if link.name == structure.HONOURED and link.ends)
    found = {index.number(id) for id, _, score in index.names().search(text, kind, MOST)
             if score >= EXACT}
    return found or {index.number(index.resolve(text, kind, "荣誉"))}
