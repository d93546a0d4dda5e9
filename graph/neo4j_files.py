"""A whole store as files for `neo4j-admin database import`: rows, accounts and the readable graph.

Everything is read in two passes and grouped in passing files, so that no more than a small part
of it is in memory; only the names by which things are grouped are held, as by every index.
"""

import pickle
import tempfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from graph import cypher
from graph.hashes import no_kind
from graph.merge import source_facts
from graph.neo4j_change import Row, distinct
from graph.neo4j_graph import schema
from graph.neo4j_rows import properties, record
from graph.neo4j_tables import THING, Tables
from graph.neo4j_writer import Tallies
from graph.projection import (
    Canon,
    bare,
    canon_of,
    class_of,
    display,
    label_of,
    link_of,
    node,
    references,
    relation,
    relationship_type,
)
from graph.record import Record, Value
from graph.store import Entry, Store
from graph.structure import SOURCE
from ontology.errors import XianglianError
from ontology.model import Kind, Ontology

__all__ = ["canon_in", "write_files"]

_PILES = 64
_ROW = "row"  # the space of the ids of rows
_FEW = 100_000


def write_files(store: Store, ontology: Ontology, folder: Path) -> list[Path]:
    """Write CSV, `import.args`, `schema.cypher` and `README.md` as a new folder, whole or not.

    Raises XianglianError if there is nothing to write, if the folder is not empty, if somebody
    loads meanwhile, or for a value that the import cannot carry exactly.
    """
    mark, version = store.mark(), store.version()
    if mark.startswith("0-"):
        raise XianglianError("图谱里还没有数据，没有什么可导出")
    if folder.exists() and any(folder.iterdir()):
        raise XianglianError(f"文件夹 {folder} 不是空的，没有改动；请换一个新的")
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as scratch:
        ready = Path(scratch) / "ready"
        ready.mkdir()
        with (Tables(ready) as tables, _Piles(Path(scratch), "things") as things,
              _Piles(Path(scratch), "links") as links):
            _Export(store, ontology, tables, things, links).run()
        _guide(ready, ontology, tables, version)
        if store.mark() != mark:
            raise XianglianError("导出期间有人写入了图谱，没有写出任何文件；请再导出一次")
        if folder.exists():
            folder.rmdir()
        ready.rename(folder)
    return sorted(folder.iterdir())


class _Piles:
    """Items by a key, in passing files: what has one key comes back together, key by key."""

    def __init__(self, folder: Path, name: str) -> None:
        self._files: list[IO[bytes]] = [
            (folder / f"{name}-{number}").open("w+b") for number in range(_PILES)]

    def add(self, key: str, item: Row | None) -> None:
        pickle.dump((key, item), self._files[zlib.crc32(key.encode()) % _PILES])

    def __iter__(self) -> Iterator[tuple[str, list[Row]]]:
        for file in self._files:
            found: dict[str, list[Row]] = {}
            file.seek(0)
            for key, item in _loaded(file):
                found.setdefault(key, []).extend(() if item is None else (item,))
            yield from sorted(found.items())

    def __enter__(self) -> "_Piles":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            file.close()


def _loaded(file: IO[bytes]) -> Iterator[Any]:
    while True:
        try:
            yield pickle.load(file)
        except EOFError:
            return


# What is written ---------------------------------------------------------------------------------


class _Export:
    """Fills the tables from a store."""

    def __init__(self, store: Store, ontology: Ontology, tables: Tables, things: _Piles,
                 links: _Piles) -> None:
        self._store, self._ontology, self._tables = store, ontology, tables
        self._things, self._links = things, links
        self._sources = source_facts(store.records(kinds=[SOURCE]), ontology)
        self._canon = canon_in(store, ontology)
        self._mentioned: set[str] = set()
        self._names: dict[str, str] = {}

    def run(self) -> None:
        self._history()
        self._learn_names()
        for id, live in self._things:
            self._thing(id, live)
        for _, live in self._links:
            self._link(live)

    def _history(self) -> None:
        """Every row: those that went are written, those that count are put with their like."""
        tallies, seq, last = Tallies(self._store.version()), 0, 0
        for seq, entry in enumerate(self._store.history(), 1):
            said = self._said(seq, entry)
            tallies.count(entry.origin, entry.learned, 0, said["digest"], 1)
            tallies.number(entry.origin, entry.learned, seq)
            last = max(last, entry.learned, entry.retracted or 0)
            if entry.retracted is None:
                self._put(said, entry.record)
            else:
                tallies.count(entry.origin, entry.learned, entry.retracted, said["digest"], 1)
                self._row(said, ("Row",))
        self._accounts(tallies.rows(), last, seq)

    def _said(self, seq: int, entry: Entry) -> Row:
        """The row as a server would give it."""
        kind = self._ontology.kinds.get(entry.record.kind)
        if kind is None:
            raise no_kind(entry.record.kind)
        said = properties(kind, entry.origin, entry.record, entry.learned, entry.retracted)
        return {name: v for name, v in said.items() if v is not None} | {"seq": seq}

    def _accounts(self, tallies: Iterable[dict[str, Any]], last: int, seq: int) -> None:
        content, model = self._store.version(), self._ontology.fingerprint
        self._own("Store", {
            "key": "store", "application": cypher.APPLICATION, "schema": cypher.BARE,
            "uid": self._store.history_hash()[:16], "model": model, "head": last,
            "projected": last})
        self._own("Lock", {"key": "lock", "until": 0, "batch": 0})
        self._own("Load", {"at": last, "content": content, "seq": seq})
        for tally in tallies:
            self._own("Tally", tally)

    def _own(self, what: str, said: Mapping[str, Any]) -> None:
        id = f"{what} {said.get('origin', '')} {said.get('learned', '')} {said.get('retracted')}"
        self._tables.node(f"own_{what}", id, "own", [f"Xianglian{what}"], said)

    def _put(self, row: Row, said: Record) -> None:
        kind = self._ontology.kinds[said.kind]
        ends = (said.ends or ()) if kind.ends else ()
        for id in {self._canon.of(id) for id in (said.source, *ends)} - self._mentioned:
            self._mentioned.add(id)
            self._things.add(id, None)
        if len(self._mentioned) > _FEW:
            self._mentioned.clear()
        for id in references(kind, said):
            self._names[self._canon.of(id)] = ""
        if kind.ends is None:
            self._things.add(self._canon.of(said.id), row)
        else:
            self._links.add(link_of(kind, said, self._canon) if said.ends else said.id, row)

    def _learn_names(self) -> None:
        """What references show; things of which no record tells show what their id says."""
        for id in self._names:
            self._names[id] = display(None, id, (), self._sources)
        for id, live in self._things:
            if id in self._names:
                self._names[id] = display(class_of(id, self._ontology), id,
                                          [record(row) for row in distinct(live)], self._sources)

    def _show(self, id: str) -> str:
        return self._names[self._canon.of(id)]

    def _thing(self, id: str, live: Sequence[Row]) -> None:
        told = [record(row) for row in distinct(live)]
        kind, ids = class_of(id, self._ontology), self._canon.group(id)
        if told:
            kind = kind or self._ontology.kinds[told[0].kind]
            said = node(kind, id, ids, told, self._sources, self._show)
        else:
            said = bare(kind, id, ids)
        labels = label_of(class_of(id, self._ontology))
        said.pop("id")
        self._tables.node(f"thing_{labels[0]}", id, THING, labels, said)
        self._rows(live, id)

    def _link(self, live: Sequence[Row]) -> None:
        told = [record(row) for row in distinct(live)]
        by_kind: dict[str, list[Record]] = {}
        for one in told:
            if one.ends:
                by_kind.setdefault(one.kind, []).append(one)
        for name, records in by_kind.items():
            kind = self._ontology.kinds[name]
            head, tail = (self._canon.of(id) for id in records[0].ends or ("", ""))
            said = relation(kind, link_of(kind, records[0], self._canon), records, self._canon,
                            self._sources, self._show)
            self._tables.relationship(f"link_{name}", (head, THING), (tail, THING),
                                      relationship_type(kind), said)
        self._rows(live, None)

    def _rows(self, live: Sequence[Row], about: str | None) -> None:
        """Rows that count; of those that say the same one is the readable record."""
        shown = {row["seq"] for row in distinct(live)}
        for row in live:
            if row["seq"] not in shown:
                self._row(row, ("Row",))
                continue
            self._row(row, ("Row", "Record", "记录"))
            self._tie(row["seq"], self._canon.of(row["source"]), "FROM")
            if about:
                self._tie(row["seq"], about, "ABOUT")

    def _tie(self, seq: int, thing: str, type: str) -> None:
        self._tables.relationship(f"row_{type}", (str(seq), _ROW), (thing, THING), type, {})

    def _row(self, row: Row, labels: Sequence[str]) -> None:
        self._tables.node(f"row_{row['kind']}", str(row["seq"]), _ROW, labels, row)


# Which ids are one thing -------------------------------------------------------------------------


def canon_in(store: Store, ontology: Ontology) -> Canon:
    """The groups that the live records of a store make."""
    def ends(kind: Kind) -> Iterator[tuple[str, str]]:
        return (one.ends for one in store.records(kinds=[kind.name]) if one.ends)

    def told(kind: Kind) -> Iterator[tuple[str, dict[str, Value]]]:
        named = {f.name for f in kind.fields if f.role}
        for one in store.records(kinds=[kind.name]):
            yield one.id, {name: v for name, v in one.values.items() if name in named}

    def mentioned(kinds: Collection[str]) -> Iterator[str]:
        return (id for one in store.records() for id in (one.source, *(one.ends or ()))
                if id.partition(":")[0] in kinds)

    return canon_of(ontology, ends, told, mentioned)


# What to do with the files -----------------------------------------------------------------------

_README = """\
# 导入 Neo4j

这个文件夹是一个完整的湘链图谱（内容、历史、给人看的图），供 Neo4j 5.26 第一次装入。

1. 停下服务器（Enterprise 停下那一个库即可），在**本文件夹里**运行，`neo4j` 是库名：

       neo4j-admin database import full @import.args neo4j

   库里已有东西时它会拒绝。刚装好、从未用过的库也算已有：确认里面什么都没有，再在 `full` 后面加
   `--overwrite-destination`。Linux 上请用运行 Neo4j 的那个用户来运行这条命令。

2. 启动服务器，建约束和索引。湘链第一次写入或运行 `xianglian start` 时自己会做：

       xianglian start --store bolt://neo4j@127.0.0.1:7687

   也可以用 `cypher-shell -d neo4j -f schema.cypher`。

3. 核对：`xianglian backup 核对.db --store bolt://…` 逐行重算全部摘要，末尾的内容版本应是
   {version}。

之后这个文件夹可以删除。English: run the command of step 1 in this folder while the server is
stopped, start it, then run step 2, which makes constraints and indexes.
"""


def _guide(folder: Path, ontology: Ontology, tables: Tables, version: str) -> None:
    (folder / "README.md").write_text(_README.format(version=version), encoding="utf-8")
    lines = "".join(f"{line}\n" for line in tables.arguments())
    (folder / "import.args").write_text(lines, encoding="utf-8", newline="")
    statements = [*cypher.INDEXES, *schema(ontology), cypher.AWAIT_INDEXES, cypher.INDEXED]
    (folder / "schema.cypher").write_text("".join(f"{one};\n" for one in statements),
                                          encoding="utf-8", newline="")
