"""The first walk of a load: the names of everything that the inputs declare, in any order."""

from collections.abc import Iterator, Set
from contextlib import suppress

from graph.identity import thing_id
from graph.record import Value
from loaders.check import Checked, Checker
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


def declare(inputs: Inputs, known: Known, citations: Citations,
            banned: Set[Position]) -> set[Position]:
    """Make known what the rows declare, but for the `banned` ones.

    Returns the rows that declare things of closed classes.  Faults are silent here: the second
    walk finds them again and says them.
    """
    waiting: list[tuple[Kind, list[tuple[Cell, str]]]] = []
    declarers: set[Position] = set()
    works = inputs.tables(Checker(known), citations, lambda error: None, declaring=True)
    for work in works:
        plans = [(plan, cells) for plan in work.plans if (cells := _naming(plan, known))]
        with suppress(InputError):
            for row in work.table.rows:
                place = work.key, row.number
                if place in banned or not work.wants(row):
                    continue
                for plan, naming in plans:
                    for said in _said(plan, naming, row):
                        if not plan.kind.open:
                            declarers.add(place)
                        if any(f.datatype == "reference" for f in plan.kind.key):
                            waiting.append((plan.kind, said))
                        else:
                            _thing(plan.kind, [cell.check(text) for cell, text in said], known)
    left = -1
    while len(waiting) != left:  # a segment's id needs its chain's, whichever comes first
        left, checker = len(waiting), Checker(known)
        waiting = [(kind, said) for kind, said in waiting if not _thing(
            kind, [checker.of(cell.field, at=cell.at)(text) for cell, text in said], known)]
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


def _said(plan: Plan, naming: list[Cell], row: Row) -> Iterator[list[tuple[Cell, str]]]:
    """The texts that a row gives for those cells under a plan."""
    for cells in plan.parts(row.cells):
        with suppress(Unknown):
            yield [(cell, cell.get(cells)) for cell in naming]


def _thing(kind: Kind, found: list[Checked], known: Known) -> bool:
    """Declare a thing; whether its cells could be read by now."""
    values: dict[str, Value] = {}
    for said in found:
        if isinstance(said, Fault):
            return False
        values.update(said)
    if all(f.name in values for f in kind.key if f.required):
        with suppress(ValueError):
            known.declare(kind, thing_id(kind, values), values)
    return True
