"""The template of a chain as a workbook that loads back as a new version of it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from graph import dates
from graph.analysis.template import template_rows
from graph.index import Index
from graph.structure import CHAIN, COMPLETE, IN_CHAIN, MEMBER, SEGMENT
from loaders.columns import columns
from loaders.template import add_sheet, open_book
from ontology.errors import XianglianError
from ontology.model import Field, Kind

__all__ = ["write_chain"]

_SHARED = ("source", "source_date")
Cells = dict[str, str]


def write_chain(index: Index, chain: str, at: int, path: Path, source: str | None = None) -> str:
    """Write the template that the chain has on that day; its source is returned.

    Every row cites `source` (default: the chain's name and the day), dated that day, and the
    chain's row says that this is its whole template.  Raises NotFound, Ambiguous, XianglianError.
    """
    if path.suffix.lower() != ".xlsx":
        raise XianglianError(f"{path.name} 不是 .xlsx：模板有几张工作表，只能写成 Excel")
    if path.exists():
        raise XianglianError(f"{path.name} 已经存在，没有覆盖；请换个名字")
    what = index.chain(chain)
    day = dates.iso(at)
    cited = {"source": source or f"{index.label(what)}模板{day}", "source_date": day}
    with open_book(path) as book:
        for kind, rows in _sheets(index, what, at):
            unused = {f.name for f in index.ontology.common} - set(_SHARED)
            fields = [f for f in columns(kind, index.ontology) if f.name not in unused]
            add_sheet(book, kind, fields, [row | cited for row in rows])
    return cited["source"]


def _sheets(index: Index, chain: int, at: int) -> Iterable[tuple[Kind, list[Cells]]]:
    """The kinds that have rows, each with them; a sheet without rows would be refused."""
    kinds = index.ontology.kinds
    members = index.members(chain, at)
    yield kinds[CHAIN], [_thing(index, chain) | {COMPLETE: "是"}]
    yield kinds[SEGMENT], [_thing(index, m.segment) for m in members]
    order = {m.segment: place for place, m in enumerate(members)}
    for name, found in template_rows(index, chain, members, at).items():
        rows: dict[tuple[int, int], list[int]] = {}
        for here, there, row in found:
            rows.setdefault((here, there), []).append(row)
        if name == MEMBER:
            rows = dict(sorted(rows.items(), key=lambda item: order[item[0][0]]))
        if rows:
            yield kinds[name], [_link(index, kinds[name], *ends, some)
                                for ends, some in rows.items()]


def _thing(index: Index, thing: int) -> Cells:
    kind = index.ontology.kinds[index.kind_of(thing)]
    said = index.said(index.rows_of(thing))
    every = [index.table.said(row) for row in index.rows_of(thing)]
    for field in kind.fields:
        if field.multiple:
            said[field.name] = sorted({part for one in every for part in one.get(field.name, ())})
    return _cells(index, kind.fields, said | {kind.role("name")[0].name: index.label(thing)})


def _link(index: Index, kind: Kind, here: int, there: int, rows: list[int]) -> Cells:
    assert kind.ends
    ends = {end.name: _named(index, thing)
            for end, thing in zip(kind.ends, (here, there), strict=True)}
    return ends | _cells(index, kind.fields, index.said(rows))


def _cells(index: Index, fields: Iterable[Field], said: Mapping[str, Any]) -> Cells:
    return {field.name: _text(index, field, said[field.name]) for field in fields
            if said.get(field.name) not in (None, "", [])}


def _text(index: Index, field: Field, value: Any) -> str:
    """A value as a person would type it."""
    if isinstance(value, list):
        return "|".join(_text(index, field, part) for part in value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if field.choices:
        return next((c.label.zh for c in field.choices if c.name == value), str(value))
    if field.refers and (thing := index.reference(value)) >= 0:
        return _named(index, thing)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _named(index: Index, thing: int) -> str:
    """By its name; a segment as 产业链/环节."""
    said = index.said(index.rows_of(thing)) if index.kind_of(thing) == SEGMENT else {}
    chain = index.reference(said.get(IN_CHAIN))
    return f"{index.label(chain)}/{index.label(thing)}" if chain >= 0 else index.label(thing)
