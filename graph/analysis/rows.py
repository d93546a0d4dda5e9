"""Rows of answers: several sources' records of one thing or link as one, with their evidence."""

from collections.abc import Sequence
from typing import Any

from graph.analysis.answers import Evidence, evidence
from graph.analysis.filters import owners, references
from graph.index import Index
from graph.merge import merge
from graph.record import Value
from graph.wording import named
from ontology.model import Kind

__all__ = ["Row", "about_rows", "bare_row", "end_of", "grouped_links", "kept_groups", "merged_rows",
           "shown_value", "touching"]

Row = dict[str, Any]


def end_of(index: Index, link: Kind, name: str) -> int:
    """The thing of that name that may be an end of the link."""
    refers = {refer for end in link.ends or () for refer in end.refers}
    kinds = sorted(refers) or [kind.name for kind in index.ontology.classes]
    return index.number(index.resolve(name, kinds, link.label.zh))


def touching(index: Index, thing: int, kind: str) -> list[int]:
    """Rows of the links of that kind that have the thing as an end."""
    mine = index.links.of(thing)
    rows = index.links.row[mine]
    if kind not in index.table.kinds:
        return []
    wanted = index.table.kinds.index(kind)
    return sorted({row for row in rows.tolist() if index.table.kind[row] == wanted})


def grouped_links(index: Index, rows: Sequence[int]) -> list[list[int]]:
    """Ascending rows that state one link: same ends and key, however a source spells them."""
    t, groups = index.table, dict[tuple[object, ...], list[int]]()
    for row, said in t.each(rows):
        kind = index.ontology.kinds[t.kinds[t.kind[row]]]
        keys = [said.get(field.name) for field in kind.key]
        same = [known if (known := index.reference(key)) >= 0 else str(key) for key in keys]
        ends = int(index.canon[t.head[row]]), int(index.canon[t.tail[row]])
        groups.setdefault((*ends, *same), []).append(row)
    return list(groups.values())


def kept_groups(index: Index, groups: Sequence[Sequence[int]]) -> list[Sequence[int]]:
    """Without the rows of a worse grade than is shown, and then without empty groups."""
    if index.shown < len(index.ontology.grades) - 1:
        groups = [[row for row in group if index.table.grade[row] <= index.shown]
                  for group in groups]
    return [group for group in groups if group]


def merged_rows(index: Index, kind: Kind, groups: Sequence[Sequence[int]],
                at: int) -> tuple[list[Row], list[Evidence]]:
    """A row for each group of records that is shown, and the evidence of all."""
    rows, proofs = list[Row](), list[Evidence]()
    for group in kept_groups(index, groups):
        items = evidence(index, group)
        rows.append(_row(index, kind, group, at) | {"records": [i["record"] for i in items]})
        proofs += items
    return rows, proofs


def _row(index: Index, kind: Kind, group: Sequence[int], at: int) -> Row:
    """Merged over the records that hold at `at` (over all, if none does)."""
    t = index.table
    live = [row for row in group if index.live(row, at)] or list(group)
    records = [t.as_record(row) for row in live]
    merged = merge(records, kind, index.table.sources)
    thing = int(index.canon[t.thing[live[0]]])
    row: Row = {"id": index.id(thing)}
    if kind.ends is None:
        row["name"] = named(index, thing, at)
    else:
        for end, number in zip(kind.ends, (t.head[live[0]], t.tail[live[0]]), strict=True):
            row[end.name] = named(index, int(index.canon[number]), at)
    for field in kind.fields:
        if field.name in merged.values and field.name not in row:
            row[field.name] = shown_value(index, field.datatype, merged.values[field.name], at)
    return row | {
        "valid_from": min((r.valid_from for r in records if r.valid_from), default=None),
        "valid_to": max((r.valid_to for r in records if r.valid_to), default=None),
        "inferred": all(record.inferred for record in records),
        "conflicts": {name: [shown_value(index, "", value, at) for value in values]
                      for name, values in sorted(merged.conflicts.items())
                      if name not in {field.name for field in kind.role("name")}},
    }


def bare_row(index: Index, thing: int, at: int) -> Row:
    """A thing that links mention and no source describes."""
    return {"id": index.id(thing), "name": named(index, thing, at), "valid_from": None,
            "valid_to": None, "inferred": False, "conflicts": {}, "records": []}


def about_rows(index: Index, thing: int, at: int,
           limit: int | None = None) -> tuple[list[Row], list[Evidence]]:
    """Things that a key field of theirs makes a statement about this one."""
    found, proofs = list[Row](), list[Evidence]()
    for kind in index.ontology.classes:
        keys = [f.name for f in kind.key if f.datatype == "reference"
                and (not f.refers or index.kind_of(thing) in f.refers)]
        mine = owners(index, references(index, kind.name, keys).get(thing, ())) if keys else ()
        groups = kept_groups(index, [index.rows_of(one) for one in sorted(mine)])
        rows, cited = merged_rows(index, kind, groups[:limit], at)
        found += [{"kind": kind.name, "kind_name": kind.label.zh, **row} for row in rows]
        proofs += cited
    return found, proofs


def shown_value(index: Index, datatype: str, value: Value, at: int) -> Any:
    if isinstance(value, tuple):
        return [shown_value(index, datatype, part, at) for part in value]
    number = index.reference(value) if datatype in ("reference", "") else -1
    if number < 0 and datatype == "reference":
        return str(value).partition(":")[2]
    return named(index, number, at) if number >= 0 else value
