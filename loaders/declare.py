"""The first walk of a load: the names of everything that the inputs declare, in any order."""

from collections.abc import Mapping, Set
from contextlib import suppress

from graph.identity import thing_id
from graph.record import Value
from loaders.check import Checker
from loaders.cite import Citations
from loaders.columns import SOURCE
from loaders.inputs import Inputs
from loaders.plan import Cell, Plan, Unknown
from loaders.resolve import Fault, Known
from loaders.tables import Row
from ontology.errors import InputError
from ontology.model import Kind

__all__ = ["Position", "declare"]

Position = tuple[str, int]
"""Key of a `Work` and row number."""

_Waiting = list[tuple[Kind, dict[str, str]]]


def declare(inputs: Inputs, known: Known, citations: Citations,
            banned: Set[Position]) -> set[Position]:
    """Make known what the rows declare, but for the `banned` ones.

    Returns the rows that declare things of closed classes.  Faults are silent here: the second
    walk finds them again and says them.
    """
    waiting: _Waiting = []
    declarers: set[Position] = set()
    works = inputs.tables(Checker(known), citations, lambda error: None, declaring=True)
    for work in works:
        plans = [(plan, cells) for plan in work.plans if (cells := _naming(plan, known))]
        with suppress(InputError):
            for row in work.table.rows:
                if (work.key, row.number) not in banned and work.wants(row):
                    for plan, cells in plans:
                        if _row(row, plan, cells, known, waiting) and not plan.kind.open:
                            declarers.add((work.key, row.number))
    while waiting:  # a segment's id needs its chain's, whichever comes first
        checker = Checker(known)
        left = [(kind, texts) for kind, texts in waiting
                if not _thing(kind, texts, known, checker)]
        if len(left) == len(waiting):
            break
        waiting = left
    return declarers


def _naming(plan: Plan, known: Known) -> list[Cell]:
    """The cells that identify and name a thing; none of a link or of a class without names."""
    names = {name for name, _ in known.naming(plan.kind)}
    if plan.kind.ends or not names:
        return []
    names |= {f.name for f in plan.kind.key}
    if plan.kind.name == SOURCE:
        names.add("date")
    return [cell for cell in plan.cells if cell.field.name in names]


def _row(row: Row, plan: Plan, naming: list[Cell], known: Known, waiting: _Waiting) -> bool:
    """Declare what a row says under a plan, or let it wait; whether it said anything."""
    later = any(f.datatype == "reference" for f in plan.kind.key)
    found = False
    for cells in plan.parts(row.cells):
        try:
            texts = {cell.field.name: cell.get(cells) for cell in naming}
        except Unknown:
            continue
        found = True
        if later:
            waiting.append((plan.kind, texts))
            continue
        values: dict[str, Value] = {}
        for cell in naming:
            said = cell.check(texts[cell.field.name])
            if isinstance(said, Fault):
                break
            values.update(said)
        else:
            _declared(plan.kind, values, known)
    return found


def _thing(kind: Kind, texts: Mapping[str, str], known: Known, checker: Checker) -> bool:
    """Declare a thing whose key refers to another, if that one is known by now."""
    values: dict[str, Value] = {}
    for name, text in texts.items():
        field = kind.field(name)
        said = checker.of(field)(text) if field and text else ()
        if isinstance(said, Fault):
            return False
        values.update(said)
    if all(f.name in values for f in kind.key if f.required):
        _declared(kind, values, known)
    return True


def _declared(kind: Kind, values: Mapping[str, Value], known: Known) -> None:
    with suppress(ValueError):
        known.declare(kind, thing_id(kind, values), values)
