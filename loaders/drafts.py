"""A row's cells as a record, or as everything that is wrong with them."""

from collections.abc import Sequence

from graph import dates
from graph.identity import link_id, thing_id
from graph.record import Record, Value
from loaders.check import UNIT
from loaders.columns import SOURCE
from loaders.plan import Plan, Unknown
from loaders.resolve import Fault, Known
from loaders.tables import Row, Table
from ontology.errors import Problem

__all__ = ["Faults", "draft"]


class Faults:
    """What is wrong with one row."""

    def __init__(self, table: Table, row: Row) -> None:
        self._table, self._row = table, row
        self.problems: list[Problem] = []
        self.cells: dict[int, tuple[str, tuple[str, ...]]] = {}
        for place, reason in row.faults.items():
            self.add((place,) if place >= 0 else (), "", Fault(reason))

    def add(self, places: Sequence[int], value: str, fault: Fault, column: str = "") -> None:
        """A problem with what the columns `places` gave (or `column`, when there is none)."""
        headers, cells = self._table.headers, self._row.cells
        places = [place for place in places if place < len(headers)]
        filled = [place for place in places if cells[place].strip()] or places
        if filled:
            self.cells.setdefault(filled[0], (fault.reason, fault.nearest))
            column, value = headers[filled[0]], value or cells[filled[0]]
        self.problems.append(Problem(
            self._table.file, fault.reason, self._table.sheet, self._row.number, column,
            value.replace(UNIT, "")[:200], fault.nearest))


def draft(plan: Plan, cells: Sequence[str], source: str, known: Known,
          faults: Faults) -> Record | None:
    """The record that the cells give under a plan; faults go to `faults`, then None."""
    values: dict[str, Value] = {}
    before = len(faults.problems)
    for cell in plan.cells:
        try:
            text = cell.get(cells)
        except Unknown as unknown:
            faults.add(cell.places, "", unknown.fault)
            continue
        if text:
            found = cell.check(text)
            if isinstance(found, Fault):
                faults.add(cell.places, text, found)
            else:
                for name, value in found:
                    values[name] = value
    if len(faults.problems) > before:
        return None
    missing = [name for name in plan.required if name not in values]
    for name in missing:
        label = next(f.label.zh for f in (*(plan.kind.ends or ()), *plan.kind.fields)
                     if f.name == name)
        _at(plan, name, Fault(f"缺少必填的「{label} ({name})」"), faults, f"{label} ({name})")
    return None if missing else _record(plan, values, source, known, faults)


def _record(plan: Plan, values: dict[str, Value], source: str, known: Known,
            faults: Faults) -> Record | None:
    kind = plan.kind
    since, until = values.pop("valid_from", None), values.pop("valid_to", None)
    observed, inferred = values.pop("observed", None), values.pop("inferred", False)
    if since and until and dates.first_day(str(since)) >= dates.day_after(str(until)):
        _at(plan, "valid_to", Fault(f"止早于起：从 {since} 到 {until}"), faults)
        return None
    ends = None
    if kind.ends is None:
        try:
            id = thing_id(kind, values)
        except ValueError as error:
            faults.add((), "", Fault(str(error)))
            return None
    else:
        first, second = kind.ends
        one, other = ends = str(values.pop(first.name)), str(values.pop(second.name))
        if one == other or (not kind.identity and known.same(one, other)):
            fault = Fault(f"「{first.label.zh}」和「{second.label.zh}」是同一个")
            _at(plan, second.name, fault, faults)
            return None
        id = link_id(kind, ends, values)
    return Record(id, kind.name, id if kind.name == SOURCE else source, values, ends,
                  _text(since), _text(until), _text(observed), bool(inferred))


def _at(plan: Plan, name: str, fault: Fault, faults: Faults, column: str = "") -> None:
    places = next((cell.places for cell in plan.cells if cell.field.name == name), ())
    faults.add(places, "", fault, column or name)


def _text(value: Value | None) -> str | None:
    return None if value is None else str(value)
