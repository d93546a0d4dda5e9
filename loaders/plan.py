"""How the cells of a row become records, or everything that is wrong with them.

One plan a kind, from the headers of a template or the template strings of a source.toml.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from urllib.parse import urlsplit

from graph import dates
from graph.identity import link_id, thing_id
from graph.names import nearest
from graph.record import Record, Value
from loaders.check import UNIT, Checked, Checker
from loaders.columns import SOURCE, columns, header
from loaders.report import Rejected
from loaders.resolve import Fault, Known
from ontology.model import Field, Kind

__all__ = ["Cell", "LookUp", "Plan", "Read", "Where", "compile_text", "draft", "make_plan",
           "wanted"]

Getter = Callable[[Sequence[str]], str]
LookUp = Mapping[str, Mapping[str, str]]
Read = tuple[Getter, tuple[int, ...]]  # and the positions of the columns that it reads
Where = tuple[tuple[int, frozenset[str]], ...]  # column position, allowed values

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_LAST_BRACKET = re.compile(r"[(（]([^()（）]*)[)）]\s*$")
_LATE = frozenset({"valid_to", "observed"})


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
    where: Where = ()
    each: tuple[int, str] | None = None
    links: tuple[str, ...] = ()  # fields, not ends, that refer to things

    def parts(self, cells: Sequence[str]) -> Iterator[Sequence[str]]:
        """The rows of cells to read, the part of `each` appended as one more cell."""
        if not wanted(self.where, cells):
            return
        rows = [cells]
        if self.each:
            position, separators = self.each
            parts = re.split(f"[{re.escape(separators)}]", cells[position])
            rows = [(*cells, part.strip()) for part in parts if part.strip()]
        for row in rows:
            if self.when is None or self.when(row).strip():
                yield row

    def places(self, name: str) -> tuple[int, ...]:
        """The positions of the columns that a field is read from."""
        return next((cell.places for cell in self.cells if cell.field.name == name), ())


def wanted(where: Where, cells: Sequence[str]) -> bool:
    """Whether every filtered column has one of its allowed values."""
    return not where or all(cells[place].strip() in allowed for place, allowed in where)


def make_plan(kind: Kind, fields: Mapping[str, Field], reads: Mapping[str, Read],
              checker: Checker, separators: Mapping[str, str] | None = None,
              **more: Any) -> Plan:
    """The plan by which `reads` (field name → how to read it from a row) gives records.

    separators  what alone separates the parts of a field
    more        when, where and each of the `Plan`
    """
    units = {f.unit_field for f in kind.fields if f.unit_field and f.name in reads}
    order = {f.name: place for place, f in enumerate(kind.fields)}
    cells = []
    for name in sorted((name for name in reads if name not in units),
                       key=lambda name: order.get(name, -1)):
        field, (get, places) = fields[name], reads[name]
        if field.unit_field in reads:
            unit, more_places = reads[field.unit_field]
            get, places = _with_unit(get, unit), places + more_places
        at = (separators or {}).get(name, "")
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
    last column.  A text whose placeholders are all blank is blank.  Raises Fault.
    """
    pieces = _PLACEHOLDER.split(text)
    literals, holes = pieces[0::2], [_hole(p, headers, lookups) for p in pieces[1::2]]
    if any("{" in part or "}" in part for part in literals):
        raise Fault(f"「{text}」的花括号不成对")
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
            raise Fault(f"没有列「{name}」", nearest(name, headers))
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
        raise Fault(f"没有 [lookup.{name}]", nearest(name, ["bracket", "host", *lookups]))
    table = lookups[name]

    def look(text: str) -> str:
        found = table.get(text, table.get("*"))
        if found is None:
            raise Fault(f"[lookup.{name}] 里没有这个词", nearest(text, table))
        return found

    return look


def draft(plan: Plan, cells: Sequence[str], source: str, known: Known,
          rejected: Rejected) -> Record | None:
    """The record that the cells give under a plan; faults go to `rejected`, then None."""
    values: dict[str, Value] = {}
    before = len(rejected.problems)
    for cell in plan.cells:
        text = ""
        try:
            if text := cell.get(cells):
                values.update(cell.check(text))
        except Fault as fault:
            rejected.add(cell.places, fault, text)
    if len(rejected.problems) == before:
        for name in (name for name in plan.required if name not in values):
            field = next(f for f in columns(plan.kind, known.ontology) if f.name == name)
            missing = Fault(f"缺少必填的「{header(field)}」")
            rejected.add(plan.places(name), missing, column=header(field))
    if len(rejected.problems) == before:
        try:
            return _record(plan.kind, values, source, known)
        except Fault as fault:
            rejected.add(plan.places(fault.column), fault, column=fault.column)
    return None


def _record(kind: Kind, values: dict[str, Value], source: str, known: Known) -> Record:
    since, until = values.pop("valid_from", None), values.pop("valid_to", None)
    observed, inferred = values.pop("observed", None), values.pop("inferred", False)
    if since and until and dates.first_day(str(since)) >= dates.day_after(str(until)):
        raise Fault(f"止早于起：从 {since} 到 {until}", column="valid_to")
    ends = None
    if kind.ends is None:
        try:
            id = thing_id(kind, values)
        except ValueError as error:
            raise Fault(str(error)) from None
    else:
        first, second = kind.ends
        one, other = ends = str(values.pop(first.name)), str(values.pop(second.name))
        if one == other or (not kind.identity and known.same(one, other)):
            raise Fault(f"「{first.label.zh}」和「{second.label.zh}」是同一个", column=second.name)
        id = link_id(kind, ends, values)
    since, until, observed = (str(text) if text else None for text in (since, until, observed))
    return Record(id, kind.name, id if kind.name == SOURCE else source, values, ends, since, until,
                  observed, bool(inferred))
