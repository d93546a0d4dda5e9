"""A table with headings of one's own: what they may mean, and the same table under ours."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from pathlib import Path

from graph.names import nearest
from loaders.columns import columns, head_of, header, kind_of_stem, match
from loaders.tables import Table, read_tables
from ontology.errors import InputError, NotFound, Problem
from ontology.model import Field, Kind, Ontology

__all__ = ["Heading", "Headings", "headings", "rewritten"]

SAMPLES = 3  # rows that are shown


@dataclass(frozen=True, slots=True)
class Heading:
    """One column: its heading, a few of its values, the field that it surely means (or blank),
    and fields whose names are like it."""

    text: str
    samples: tuple[str, ...]
    field: str
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Headings:
    """One sheet (blank: a CSV) read as things of a kind; sheets: all that could be read;
    head: the number of the row with the headings."""

    kind: Kind
    sheet: str
    sheets: tuple[str, ...]
    fields: tuple[Field, ...]
    columns: tuple[Heading, ...]
    head: int = 1


def headings(path: Path, ontology: Ontology, kind: str = "", sheet: str = "",
             head: int = 0) -> Headings:
    """What the headings of a sheet may mean; without a kind, the one that they fit best.

    head: the number of their row, 0 to look for it below a title.
    Raises InputError for a file that cannot be read, NotFound for a kind or sheet.
    """
    table, sheets = _table(path, ontology, sheet, head)
    rows = [row.cells for row in islice(table.rows, SAMPLES)]
    what = ontology.kind(kind) if kind else _fitting(table, path, ontology)
    found, _ = match(table, what, ontology)
    fields = columns(what, ontology)
    forms = {form: field.name for field in fields
             for form in (field.label.zh, field.label.en, field.name, *field.synonyms)}
    taken, some = set[str](), list[Heading]()
    for at, (text, field) in enumerate(zip(table.headers, found, strict=True)):
        name = field.name if field and field.name not in taken and field in fields else ""
        taken.add(name)
        samples = tuple(cells[at] for cells in rows if at < len(cells) and cells[at].strip())
        near = () if name else tuple(dict.fromkeys(forms[form] for form in nearest(text, forms)))
        some.append(Heading(text, samples, name, near))
    return Headings(what, table.sheet, sheets, fields, tuple(some), table.head)


def rewritten(path: Path, ontology: Ontology, kind: str, sheet: str, fields: Sequence[str],
              constants: Mapping[str, str], head: int = 0) -> str:
    """The table as CSV under the headings of the template, every row under its own number.

    fields: of each column, blank to leave it out; constants: field → what every row has there.
    Raises InputError, or NotFound for a field.
    """
    what = ontology.kind(kind)
    known = {field.name: field for field in columns(what, ontology)}
    for name in (*filter(None, fields), *constants):
        if name not in known:
            raise NotFound("字段", name, nearest(name, list(known)))
    table, _ = _table(path, ontology, sheet, head)
    if len(fields) != len(table.headers):
        raise InputError([Problem(path.name, f"表里有 {len(table.headers)} 列，"
                                             f"说明了 {len(fields)} 列", table.sheet,
                                  table.head)])
    kept = [at for at, name in enumerate(fields) if name]
    more = {name: text for name, text in constants.items() if name not in fields}
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([header(known[name]) for name in (*(fields[at] for at in kept), *more)])
    for cells in _padded(table):
        writer.writerow([*(cells[at] for at in kept), *more.values()] if cells else [])
    return out.getvalue()


def _table(path: Path, ontology: Ontology, sheet: str, head: int
           ) -> tuple[Table, tuple[str, ...]]:
    """The sheet of that name, or the first with anything in it, and the names of all."""
    found: Table | None = None
    names: list[str] = []
    for table in read_tables(path, head=head_of(ontology, guess=True, said=head)):
        if table.hidden or table.blank:
            continue
        names.append(table.sheet)
        if found is None and sheet in ("", table.sheet):
            found = table
            if not table.sheet:
                break
    if found is None and sheet:
        raise NotFound("工作表", sheet, names)
    if found is None:
        raise InputError([Problem(path.name, "表里什么也没有")])
    return found, tuple(names)


def _padded(table: Table) -> Iterator[list[str]]:
    """Every row, and nothing for each that was blank or a title.

    Raises InputError for a cell that cannot be read.
    """
    last = 1
    for row in table.rows:
        if row.faults:
            raise InputError([Problem(
                table.file, reason, table.sheet, row.number,
                table.headers[at] if 0 <= at < len(table.headers) else "")
                for at, reason in row.faults.items()])
        yield from ([] for _ in range(row.number - last - 1))
        yield row.cells
        last = row.number


def _fitting(table: Table, path: Path, ontology: Ontology) -> Kind:
    """The kind that sheet or file are named after, else whose columns most headings mean."""
    named = kind_of_stem(table.sheet or path.stem, ontology) or kind_of_stem(path.stem, ontology)

    def fits(kind: Kind) -> tuple[bool, int, int]:
        found, problems = match(table, kind, ontology)
        lacking = any(one.reason.startswith("缺少") for one in problems)
        return (not lacking, sum(field is not None for field in found), -kind.order)

    return named or max(ontology.kinds.values(), key=fits)
