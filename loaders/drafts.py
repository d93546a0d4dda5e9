"""A row's cells as a record, or as everything that is wrong with them."""

from collections.abc import Sequence

from graph import dates
from graph.identity import link_id, thing_id
from graph.record import Record, Value
from loaders.columns import SOURCE, columns, header
from loaders.plan import Plan
from loaders.report import Rejected
from loaders.resolve import Fault, Known
from ontology.model import Kind

__all__ = ["draft"]


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
