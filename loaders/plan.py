"""How the cells of a row become records: one plan a kind, from a template or a source.toml."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from urllib.parse import urlsplit

from graph.names import nearest
from loaders.check import UNIT, Checked, Checker
from loaders.columns import SOURCE, columns
from loaders.resolve import Fault
from ontology.model import Field, Kind, Ontology

__all__ = ["Cell", "Getter", "LookUp", "Plan", "Read", "TemplateError", "Unknown", "compile_text",
           "plan_of_columns", "plan_of_texts"]

Getter = Callable[[Sequence[str]], str]
LookUp = Mapping[str, Mapping[str, str]]
Read = tuple[Getter, tuple[int, ...]]  # and the positions of the columns that it reads

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_LAST_BRACKET = re.compile(r"[(（]([^()（）]*)[)）]\s*$")
_LATE = frozenset({"valid_to", "observed"})


class TemplateError(Exception):
    """A template string names what does not exist."""

    def __init__(self, reason: str, nearest: Sequence[str] = ()) -> None:
        self.reason, self.nearest = reason, tuple(nearest)
        super().__init__(reason)


class Unknown(Exception):
    """A cell that its look-up does not know."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.reason)


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a record: where it comes from and how it is checked."""

    field: Field
    get: Getter
    places: tuple[int, ...]  # positions of the columns that it reads
    check: Callable[[str], Checked]
    at: str  # what alone separates its parts, if the source says so


@dataclass(frozen=True, slots=True)
class Plan:
    """How one row gives records of one kind; `each` repeats it for every part of one cell."""

    kind: Kind
    cells: tuple[Cell, ...]
    required: tuple[str, ...]
    when: Getter | None = None
    where: tuple[tuple[int, frozenset[str]], ...] = ()
    each: tuple[int, str] | None = None
    links: tuple[str, ...] = ()  # fields, not ends, that refer to things

    def parts(self, cells: Sequence[str]) -> Iterator[Sequence[str]]:
        """The rows of cells to read, the part of `each` appended as one more cell."""
        for position, allowed in self.where:
            if cells[position].strip() not in allowed:
                return
        if self.each is None:
            if self.when is None or self.when(cells).strip():
                yield cells
            return
        position, separators = self.each
        for part in re.split(f"[{re.escape(separators)}]", cells[position]):
            if part.strip():
                longer = (*cells, part.strip())
                if self.when is None or self.when(longer).strip():
                    yield longer


def plan_of_columns(kind: Kind, fields: Sequence[Field | None], checker: Checker) -> Plan:
    """The plan of a template: every column gives the field of its header."""
    at = {f.name: i for i, f in enumerate(fields) if f and not f.name.startswith("source")}
    if kind.name == SOURCE:
        at = {f.name: i for i, f in enumerate(fields) if f}
    found = {f.name: f for f in fields if f}
    getters: dict[str, Read] = {name: (itemgetter(i), (i,)) for name, i in at.items()}
    return _plan(kind, found, getters, checker, {})


def plan_of_texts(kind: Kind, ontology: Ontology, texts: Mapping[str, Read],
                  separators: Mapping[str, str], checker: Checker, **more: object) -> Plan:
    """The plan of a [[table.record]]: every value is a compiled template string."""
    known = {f.name: f for f in columns(kind, ontology)}
    for name in texts:
        if name not in known:
            raise TemplateError(f"「{kind.label.zh}」没有字段「{name}」", nearest(name, known))
    return _plan(kind, known, texts, checker, separators, **more)


def _plan(kind: Kind, fields: Mapping[str, Field], getters: Mapping[str, Read],
          checker: Checker, separators: Mapping[str, str], **more: Any) -> Plan:
    units = {f.unit_field for f in kind.fields if f.unit_field and f.name in getters}
    order = {f.name: place for place, f in enumerate(kind.fields)}
    cells = []
    for name in sorted(getters, key=lambda name: order.get(name, -1)):
        field, (get, places) = fields[name], getters[name]
        if name in units:
            continue
        if field.unit_field and field.unit_field in getters:
            unit, more_places = getters[field.unit_field]
            get, places = _with_unit(get, unit), places + more_places
        at = separators.get(name, "")
        cells.append(Cell(field, get, places, checker.of(field, last=name in _LATE, at=at), at))
    ends = tuple(end.name for end in kind.ends or ())
    links = tuple(name for c in cells
                  if c.field.datatype == "reference" and (name := c.field.name) not in ends)
    required = (*ends, *(f.name for f in kind.fields if f.required))
    return Plan(kind, tuple(cells), required, links=links, **more)


def _with_unit(number: Getter, unit: Getter) -> Getter:
    def get(cells: Sequence[str]) -> str:
        said = unit(cells).strip()
        return number(cells) + UNIT + said if said else number(cells)

    return get


def compile_text(text: str, headers: Sequence[str], lookups: LookUp) -> Read:
    """A template string as a function of the row, and the columns that it reads.

    {column}, {a,b} (the first that is not blank), {column|filter|…}; {each} is the part after the
    last column.  A text whose placeholders are all blank is blank.  Raises TemplateError.
    """
    pieces = _PLACEHOLDER.split(text)
    literals, holes = pieces[0::2], [_hole(p, headers, lookups) for p in pieces[1::2]]
    if any("{" in part or "}" in part for part in literals):
        raise TemplateError(f"「{text}」的花括号不成对")
    places = tuple(place for _, found in holes for place in found)
    if len(holes) == 1 and not any(literals):
        return holes[0][0], places

    def get(cells: Sequence[str]) -> str:
        values = [hole(cells) for hole, _ in holes]
        if values and not any(values):
            return ""
        return "".join(a + b for a, b in zip(literals, [*values, ""], strict=True))

    return get, places


def _hole(text: str, headers: Sequence[str], lookups: LookUp) -> Read:
    names, *filters = (part.strip() for part in text.split("|"))
    known = [*headers, "each"]
    places = []
    for name in (part.strip() for part in names.split(",")):
        if name not in known:
            raise TemplateError(f"没有列「{name}」", nearest(name, headers))
        places.append(known.index(name))
    steps = [_filter(name, lookups) for name in filters]
    if len(places) == 1 and not steps:
        return itemgetter(places[0]), tuple(places)

    def get(cells: Sequence[str]) -> str:
        value = next((v for place in places if (v := cells[place].strip())), "")
        for step in steps:
            value = step(value) if value else ""
        return value

    return get, tuple(places)


def _filter(name: str, lookups: LookUp) -> Callable[[str], str]:
    if name == "bracket":
        return lambda text: m[1].strip() if (m := _LAST_BRACKET.search(text)) else ""
    if name == "host":
        return lambda text: (urlsplit(text).hostname or "").removeprefix("www.")
    if name not in lookups:
        raise TemplateError(f"没有 [lookup.{name}]", nearest(name, ["bracket", "host", *lookups]))
    table = lookups[name]

    def look(text: str) -> str:
        found = table.get(text, table.get("*"))
        if found is None:
            raise Unknown(Fault(f"[lookup.{name}] 里没有这个词", tuple(nearest(text, table))))
        return found

    return look
