"""The first walk of a load: the names of everything that the inputs declare, in any order."""

from collections.abc import Sequence, Set
from contextlib import suppress

from graph.identity import thing_id
from graph.record import Value
from loaders.check import Checker
from loaders.cite import Citations
from loaders.columns import SOURCE
from loaders.inputs import Inputs
from loaders.plan import Cell, Plan
from loaders.resolve import Fault, Known
from ontology.errors import InputError
from ontology.model import Kind

__all__ = ["Position", "declare"]

Position = tuple[str, int]
"""Key of a `Work` and row number."""

_Said = Sequence[tuple[Cell, str]]  # what a row says in the cells that identify and name a thing


def declare(inputs: Inputs, known: Known, citations: Citations,
            banned: Set[Position]) -> set[Position]:
    """Make known what the rows declare, but for the `banned` ones.

    Returns the rows that declare things of closed classes.  Faults are silent here: the second
    walk finds them again and says them.
    """
    waiting: list[tuple[Kind, _Said]] = []
    declarers: set[Position] = set()
    checker = Checker(known)
    for work in inputs.tables(checker, citations, lambda error: None, declaring=True):
        plans = [(plan, names) for plan in work.plans if (names := _naming(plan, known))]
        with suppress(InputError):
            for row in work.rows():
                place = work.key, row.number
                for plan, naming in plans if place not in banned else ():
                    for cells in plan.parts(row.cells):
                        if not plan.kind.open:
                            declarers.add(place)
                        with suppress(Fault):
                            said = [(cell, cell.get(cells)) for cell in naming]
                            if any(f.datatype == "reference" for f in plan.kind.key):
                                waiting.append((plan.kind, said))
                            else:
                                _thing(plan.kind, said, known, checker)
    left = -1
    while len(waiting) != left:  # a segment's id needs its chain's, whichever comes first
        left, checker = len(waiting), Checker(known)
        waiting = [(kind, said) for kind, said in waiting
                   if not _thing(kind, said, known, checker)]
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


def _thing(kind: Kind, said: _Said, known: Known, checker: Checker) -> bool:
    """Declare a thing; whether its cells could be read by now."""
    values: dict[str, Value] = {}
    try:
        for cell, text in said:
            values.update(checker.of(cell.field, at=cell.at)(text))
    except Fault:
        return False
    if all(f.name in values for f in kind.key if f.required):
        with suppress(ValueError):
            known.declare(kind, thing_id(kind, values), values)
    return True
