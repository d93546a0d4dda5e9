"""Everything that is live, for other programs: CSV that loads again, GraphML, N-Quads."""

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from graph.identity import thing_id
from graph.names import normalise
from graph.record import Record, Value, record_id
from graph.store import Store
from loaders.check import split
from loaders.columns import ORIGIN, SOURCE, columns, header
from ontology.errors import NotFound, XianglianError
from ontology.model import Field, Kind, Ontology

__all__ = ["FORMATS", "export", "guard"]

FORMATS = ("csv", "graphml", "nquads", "neo4j-admin")

_RISKY = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_XSD = "http://www.w3.org/2001/XMLSchema#"


def export(store: Store, ontology: Ontology, format: str, out: Path | None) -> list[Path]:
    """Write the live records, sorted, the same bytes each time; the files written.

    csv      one file a kind into the folder `out`; they load again as they are, and by the column
             装入名 as parts of what they came from.  To standard output, or a file that ends in
             .csv: one flat table, a row for each field of a record
    graphml  one file, or standard output when `out` is None
    nquads   the same; a named graph for each source
    neo4j-admin
             history and all, files for the first load of a Neo4j into the folder `out`
    Raises NotFound for another format.
    """
    if format not in FORMATS:
        raise NotFound("导出格式", format, list(FORMATS))
    if format == "neo4j-admin":
        from graph.neo4j_files import write_files

        if out is None:
            raise XianglianError("要写出许多文件：请用 -o 指明一个新的文件夹")
        return write_files(store, ontology, out)
    if format == "csv" and out is not None and out.suffix.lower() != ".csv":
        return _csv(store, ontology, out)
    write = {"csv": _long, "graphml": _graphml, "nquads": _nquads}[format]
    lines = write(store, ontology)
    if out is None:
        for line in lines:
            sys.stdout.buffer.write(line.encode())
        sys.stdout.buffer.flush()
        return []
    with out.open("wb") as file:
        file.writelines(line.encode() for line in lines)
    return [out]


# ── CSV ─────────────────────────────────────────────────────────────────────────────────────────


def guard(cell: str) -> str:
    """A cell that a spreadsheet will not take for a formula; `tables.unguard` undoes it."""
    risky = _RISKY.match(cell) and not _NUMBER.fullmatch(cell)
    return "'" + cell if risky else cell


def _long(store: Store, ontology: Ontology) -> Iterator[str]:
    """One table of everything: what a source says, field by field."""
    names = ("kind", "id", "from", "to", "source", "valid_from", "valid_to", "observed",
             "inferred", "field", "value")
    yield "\ufeff" + _line(names)
    for record in store.records():
        common = (record.kind, record.id, *(record.ends or ("", "")), record.source,
                  record.valid_from or "", record.valid_to or "", record.observed or "",
                  "yes" if record.inferred else "no")
        for name, value in sorted(record.values.items()) or [("", "")]:
            for part in value if isinstance(value, tuple) else (value,):
                yield _line((*common, name, str(part)))


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([guard(cell) for cell in cells])
    return text.getvalue()


def _csv(store: Store, ontology: Ontology, folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    names = _Names(store, ontology)
    columns_of = {kind.name: columns(kind, ontology) for kind in ontology.kinds.values()}
    files: dict[Path, Any] = {}
    with ExitStack() as stack:
        for origin in sorted(store.origins()):
            for record in store.records(origin=origin, kinds=columns_of):
                path, fields = folder / f"{record.kind}.csv", columns_of[record.kind]
                if path not in files:
                    files[path] = csv.writer(stack.enter_context(
                        path.open("w", encoding="utf-8-sig", newline="")), lineterminator="\r\n")
                    files[path].writerow([header(field) for field in (*fields, ORIGIN)])
                cells = (*_cells(record, ontology.kinds[record.kind], fields, names), origin)
                files[path].writerow([guard(cell) for cell in cells])
    return sorted(files)


def _cells(record: Record, kind: Kind, fields: Sequence[Field], names: "_Names") -> Iterator[str]:
    ends = dict(zip((end.name for end in kind.ends), record.ends, strict=True)) if (
        kind.ends and record.ends) else {}
    said: dict[str, Value | None] = {
        **record.values, **ends, "valid_from": record.valid_from, "valid_to": record.valid_to,
        "observed": record.observed, "inferred": True if record.inferred else None}
    if kind.name != SOURCE:
        title, publisher = names.source(record.source)
        said |= {"source": title, "source_publisher": publisher}
    for field in fields:
        value = said.get(field.name)
        if value is None:
            yield ""
        elif isinstance(value, tuple):
            parts = [names.cell(field, part, record.source) for part in value]
            text = "|".join(parts)
            yield text if len(parts) > 1 or split(text) == parts else text + "|"
        else:
            yield names.cell(field, value, record.source)


class _Names:
    """How to write ids so that they are read as the same ids again."""

    def __init__(self, store: Store, ontology: Ontology) -> None:
        self._ontology = ontology
        self._open: dict[tuple[str, str], str] = {}
        self._sources: dict[str, tuple[str, str]] = {}
        title = ontology.kinds[SOURCE].role("name")[0].name
        for record in store.records(kinds=[SOURCE]):
            self._sources[record.id] = (str(record.values.get(title, record.id)),
                                        str(record.values.get("publisher", "")))
        for kind in (k for k in ontology.classes if k.open):
            role = next((f.name for f in kind.fields if f.role == "name"), "name")
            for record in store.records(kinds=[kind.name]):
                for field in kind.fields:
                    text = record.values.get(field.name) if field.role in (
                        "name", "full_name") else None
                    if text and thing_id(kind, {role: str(text)}) == record.id:
                        self._open[record.id, record.source] = str(text)
                        self._open.setdefault((record.id, ""), str(text))

    def source(self, id: str) -> tuple[str, str]:
        """Title and publisher."""
        return self._sources.get(id, (id.partition(":")[2], ""))

    def cell(self, field: Field, value: Value, source: str) -> str:
        """A value as text."""
        if isinstance(value, bool):
            return "是" if value else "否"
        if field.datatype == "reference":
            return self._reference(str(value), field.refers, source)
        return repr(value) if isinstance(value, float) else str(value)

    def _reference(self, id: str, refers: tuple[str, ...], source: str) -> str:
        kind, _, key = id.partition(":")
        text = self._open.get((id, source)) or self._open.get((id, "")) or key
        sure = refers == (kind,) and normalise(text.partition(":")[0]) not in map(
            normalise, self._ontology.kinds)
        return text if sure else f"{self._ontology.kinds[kind].label.zh}:{text}"


# ── GraphML ─────────────────────────────────────────────────────────────────────────────────────


def _graphml(store: Store, ontology: Ontology) -> Iterator[str]:
    """Things as nodes, link records as edges; multiple values joined by |."""
    names = sorted({f.name for kind in ontology.kinds.values() for f in kind.fields})
    shared = ("kind", "source", "valid_from", "valid_to", "observed", "inferred")
    yield ('<?xml version="1.0" encoding="UTF-8"?>\n'
           '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n')
    for name in (*shared, *names):
        key = quoteattr(name)
        yield f'<key id={key} for="all" attr.name={key} attr.type="string"/>\n'
    yield '<graph edgedefault="directed">\n'
    seen: set[str] = set()
    for kind in sorted(ontology.classes, key=lambda k: k.name):
        for id, records in groupby(store.records(kinds=[kind.name]), lambda record: record.id):
            said: dict[str, list[str]] = {}
            for name, value in chain.from_iterable(r.values.items() for r in records):
                said.setdefault(name, []).append(_flat(value))
            seen.add(id)
            yield _node(id, kind.name, said)
    links = sorted(ontology.links, key=lambda k: k.name)
    ends = {end for kind in links for r in store.records(kinds=[kind.name]) for end in r.ends or ()}
    for id in sorted(ends - seen):
        yield _node(id, id.partition(":")[0], {})
    for kind in links:
        for name, record in _named(store.records(kinds=[kind.name])):
            yield _edge(name, record)
    yield "</graph>\n</graphml>\n"


def _node(id: str, kind: str, said: dict[str, list[str]]) -> str:
    data = {name: "|".join(sorted(set(texts))) for name, texts in sorted(said.items())}
    return f"<node id={quoteattr(id)}>{_data({'kind': kind, **data})}</node>\n"


def _named(records: Iterable[Record]) -> Iterator[tuple[str, Record]]:
    """Each with a name of its own: two origins may take different things from one source."""
    for name, some in groupby(records, lambda r: record_id(r.id, r.source, r.valid_from)):
        for number, record in enumerate(some, 1):
            yield (name if number == 1 else f"{name}-{number}"), record


def _edge(name: str, record: Record) -> str:
    one, other = record.ends or ("", "")
    said = {"kind": record.kind, "source": record.source, **dict(_times(record)),
            **dict(sorted(record.values.items()))}
    data = {key: _flat(value) for key, value in said.items()}
    return (f'<edge id="{name}" source={quoteattr(one)} target={quoteattr(other)}>'
            f"{_data(data)}</edge>\n")


def _data(said: dict[str, str]) -> str:
    return "".join(f"<data key={quoteattr(name)}>{escape(text)}</data>"
                   for name, text in said.items() if text)


def _flat(value: Value) -> str:
    return "|".join(map(_lexical, value)) if isinstance(value, tuple) else _lexical(value)


def _lexical(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# ── N-Quads ─────────────────────────────────────────────────────────────────────────────────────


def _nquads(store: Store, ontology: Ontology) -> Iterator[str]:
    """Each source a named graph; a link is one triple and a statement that carries its fields."""
    data = ontology.namespace.rstrip("#/").rpartition("/")[0] + "/id/"

    def thing(id: str) -> str:
        return f"<{data}{quote(id, safe=':/')}>"

    def term(name: str) -> str:
        return f"<{ontology.namespace}{quote(name)}>"

    for kind in sorted(ontology.kinds.values(), key=lambda k: k.name):
        refers = {f.name for f in kind.fields if f.datatype == "reference"}
        for name, record in _named(store.records(kinds=[kind.name])):
            about = statement = f"<{data}record/{name}>"
            times = _times(record)
            if record.ends:
                one, other = map(thing, record.ends)
                triples = [(statement, _rdf("type"), _rdf("Statement")),
                           (statement, _rdf("subject"), one),
                           (statement, _rdf("predicate"), term(kind.name)),
                           (statement, _rdf("object"), other), (one, term(kind.name), other)]
            else:
                about = thing(record.id)
                triples = [(about, _rdf("type"), term(kind.name))]
                triples += [(statement, _rdf("subject"), about)] if times else []
            triples += [(statement, term(key), _literal(value)) for key, value in times]
            for key, value in sorted(record.values.items()):
                for part in value if isinstance(value, tuple) else (value,):
                    triples.append((about, term(key), thing(str(part)) if key in refers
                                    else _literal(part)))
            yield "".join(f"{s} {p} {o} {thing(record.source)} .\n" for s, p, o in triples)


def _rdf(name: str) -> str:
    return f"<http://www.w3.org/1999/02/22-rdf-syntax-ns#{name}>"


def _times(record: Record) -> list[tuple[str, str | bool]]:
    """When a record holds and whether it is inferred, as far as it says so."""
    said = {"valid_from": record.valid_from, "valid_to": record.valid_to,
            "observed": record.observed, "inferred": record.inferred}
    return [(key, value) for key, value in said.items() if value]


_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def _literal(value: object) -> str:
    text = _lexical(value).translate(_ESCAPES)
    for type_, name in ((bool, "boolean"), (int, "integer"), (float, "double")):
        if isinstance(value, type_):
            return f'"{text}"^^<{_XSD}{name}>'
    return f'"{text}"'
