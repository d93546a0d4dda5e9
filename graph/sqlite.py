"""The embedded back end: one SQLite file, or memory.

A load is one transaction with one record time; readers have connections of their own and see the
last committed load.  All SQL of the project stands in the files sqlite*.py of this room.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

from graph import sqlite_reader as reader
from graph import sqlite_sums as sums
from graph.hashes import history_hash, history_mark, moment_of, touched_rows
from graph.record import Record
from graph.sqlite_database import (
    DAMAGED,
    SCHEMA,
    connect,
    copy_to,
    faults,
    make_tables,
    migrate,
    refuse_newer,
    schema_of,
)
from graph.sqlite_file import check_header, free_name, holding, journal_size, waited
from graph.sqlite_writer import SQLiteWriter
from graph.store import Columns, Entry, Progress, silent
from ontology.errors import Busy, StoreError
from ontology.model import Ontology

__all__ = ["SQLiteStore"]

# The rows learned last are the last ones.
_TOUCHED = """SELECT text FROM term WHERE n IN (
    SELECT thing FROM (SELECT thing FROM record ORDER BY seq DESC LIMIT ?)
    UNION SELECT thing FROM record WHERE retracted > ?)"""
_OLDEST_FIRST = reader.ORDER.replace(
    "BY", "BY r.learned, r.retracted IS NULL, r.retracted, o.text,")


class SQLiteStore:
    """See `graph.store.Store`; no path means memory.

    A file is read through as many connections as there are readers at once.  In memory a load
    works on a copy that takes the place of the original at its commit.
    """

    def __init__(self, path: str | Path | None, ontology: Ontology, *, create: bool = True,
                 read_only: bool = False) -> None:
        self._kinds = frozenset(ontology.kinds)
        self._read_only, self._closed = read_only, False
        self._lock, self._one_writer = threading.Lock(), threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._path = None if path is None else Path(path).absolute()
        self._name = "（内存）" if path is None else str(self._path)
        if self._path and not (self._path.exists() and self._path.stat().st_size):
            if create and not read_only:
                self._make(self._path)
            else:
                self._path, self._read_only = None, True
                self._name += "（还不存在，请先运行 xianglian load 载入数据）"
        if self._path is None:
            self._memory = connect(None)
            make_tables(self._memory)
        else:
            self._open(self._path)

    # Opening and closing

    def _make(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"建不了文件夹 {path.parent}：{error.strerror}") from error
        with faults(self._name), closing(connect(path, "rwc")) as connection:
            make_tables(connection)

    def _open(self, path: Path) -> None:
        check_header(path)
        with self._reading() as connection:
            schema = schema_of(connection)
            journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
        try:
            refuse_newer(path, schema)
            if schema < SCHEMA and self._read_only:
                raise StoreError(f"存储 {path} 的结构版本 {schema} 较旧；"
                                 "请先不用只读方式打开一次，以便升级")
        except StoreError:
            self.close()
            raise
        if schema < SCHEMA:
            self.backup(free_name(path.with_name(f"{path.name}.backup-v{schema}")))
        if self._read_only or (schema == SCHEMA and journal == "wal"):
            return
        with faults(self._name), closing(connect(path)) as connection:
            if schema < SCHEMA:
                migrate(connection)
            with suppress(sqlite3.OperationalError):  # where nothing may be written beside it
                connection.execute("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            for connection in self._idle:
                connection.close()

    def __enter__(self) -> "SQLiteStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError(f"存储 {self._name} 已经关闭")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state for as long as it is lent."""
        with faults(self._name):
            if self._path is None:
                self._check_open()
                yield self._memory
                return
            with self._lock:
                self._check_open()
                idle = self._idle.pop() if self._idle else None
            connection = idle or self._reader(self._path)
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                with self._lock:
                    if self._closed:
                        connection.close()
                    else:
                        self._idle.append(connection)

    def _reader(self, path: Path) -> sqlite3.Connection:
        """A reading connection; where nothing may be written beside the file, one that need not."""
        connection = connect(path, "ro" if self._read_only else "rw")
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            connection.close()
            denied = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
            if error.sqlite_errorcode & 0xFF not in denied or journal_size(path):
                raise
            connection = connect(path, "ro", immutable=True)
        connection.execute("PRAGMA query_only = ON")
        return connection

    # Writing

    @contextmanager
    def write(self, *, wait: float = 30.0, progress: Progress = silent) -> Iterator[SQLiteWriter]:
        self._check_open()
        if self._read_only:
            raise StoreError(f"存储 {self._name} 是只读的，不能写入")
        with (self._copying(wait) if self._path is None
              else self._locking(self._path, wait)) as connection:
            with faults(self._name):
                writer = SQLiteWriter(connection, self._name, self._kinds, self._publish)
            try:
                yield writer
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def _publish(self, connection: sqlite3.Connection) -> None:
        """In memory the copy takes the place of the original; a file has its content already."""
        if self._path is None:
            self._memory = connection

    @contextmanager
    def _copying(self, wait: float) -> Iterator[sqlite3.Connection]:
        """A copy of the memory, for the only writer."""
        if not self._one_writer.acquire(timeout=wait):
            raise Busy(f"本程序的另一个任务正在写入 {self._name}，等了 {wait:g} 秒")
        try:
            copy = connect(None)
            with self._reading() as connection:
                connection.backup(copy)
            copy.execute("BEGIN IMMEDIATE")
            yield copy
        finally:
            self._one_writer.release()

    @contextmanager
    def _locking(self, path: Path, wait: float) -> Iterator[sqlite3.Connection]:
        """A connection that holds the write lock; polls, so that Ctrl-C works while waiting."""
        with faults(self._name):
            connection = connect(path)
        with closing(connection):
            with faults(self._name):
                for pragma in ("busy_timeout = 50", "synchronous = FULL", "cache_size = -131072",
                               "journal_size_limit = 67108864"):
                    connection.execute(f"PRAGMA {pragma}")
                deadline = time.monotonic() + wait
                while not connection.in_transaction:
                    try:
                        connection.execute("BEGIN IMMEDIATE")
                    except sqlite3.OperationalError as error:
                        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                            raise
                        if time.monotonic() >= deadline:
                            raise waited(path, wait) from None
            with holding(path):
                yield connection

    def receive(self, entries: Iterable[Entry], progress: Progress = silent) -> None:
        with self.write() as writer:
            writer.receive(entries)
            writer.commit()

    # Reading

    def records(self, *, kinds: Collection[str] | None = None, ids: Collection[str] | None = None,
                source: str | None = None, origin: str | None = None,
                known_at: int | None = None) -> Iterator[Record]:
        where, parameters = reader.matching({
            "thing": ids, "source": source and [source], "origin": origin and [origin],
            "kind": kinds})
        moment = [] if known_at is None else [known_at, known_at]
        live = sums.LIVE if known_at is None else sums.LIVE_AT
        return self._live(f"{where or '1'} AND {live}", [*parameters, *moment])

    def neighbours(self, ids: Collection[str]) -> Iterator[Record]:
        ends = " UNION ".join(f"SELECT seq FROM record WHERE {end} IN {reader.TERMS} "
                              "AND retracted IS NULL" for end in ("head", "tail"))
        return self._live(f"r.seq IN ({ends})", [reader.json_list(ids)] * 2)

    def _live(self, where: str, parameters: Sequence[object]) -> Iterator[Record]:
        """Records in their order; what two origins say in the same words comes once."""
        last = None
        for row in self._said(f"WHERE {where} {reader.ORDER}", parameters):
            if row[10] != last:
                yield reader.record_of(row)
            last = row[10]

    def _said(self, which: str, parameters: Sequence[object]) -> Iterator[Any]:
        with (self._reading() as connection,
              closing(connection.execute(reader.SAID + which, parameters)) as rows):
            yield from rows

    def history(self, ids: Collection[str] | None = None) -> Iterator[Entry]:
        where = "" if ids is None else f"WHERE r.thing IN {reader.TERMS}"
        given = [] if ids is None else [reader.json_list(ids)]
        for row in self._said(where + _OLDEST_FIRST, given):
            yield Entry(reader.record_of(row), *row[11:14])

    def origins(self) -> dict[str, int]:
        with self._reading() as connection:
            return dict(connection.execute(
                "SELECT o.text, sum(tally.n) FROM tally JOIN term o ON o.n = origin "
                "WHERE retracted = 0 GROUP BY o.text ORDER BY o.text"))

    def columns(self, *, known_at: int | None = None) -> Columns:
        with self._reading() as first:
            if self._path is None:
                return reader.columns([first], known_at)
            with self._reading() as second:
                return reader.columns([first, second], known_at)

    def version(self) -> str:
        with self._reading() as connection:
            return sums.state(connection)[0]

    def history_hash(self) -> str:
        with self._reading() as connection:
            return history_hash(sums.tallies(connection))

    def mark(self) -> str:
        with self._reading() as connection:
            return history_mark(sums.tallies(connection))

    def touched(self, mark: str, limit: int) -> set[str] | None:
        with self._reading() as connection:
            tallies, moment = sums.tallies(connection), moment_of(mark)
            if history_mark(tallies, moment) != mark or touched_rows(tallies, moment) > limit:
                return None
            learned = sum(n for _, learned, _, n, _ in tallies if learned > moment)
            rows = connection.execute(_TOUCHED, (learned, moment))
            return {id for id, in rows}

    def cache_key(self) -> str:
        place = f"memory {id(self)}" if self._path is None else os.path.normcase(
            self._path.resolve())
        return "sqlite-" + blake2b(place.encode(), digest_size=8).hexdigest()

    def verify(self) -> None:
        with self._reading() as connection:
            wrong = list(islice(reader.wrong(connection), 5))
        if wrong:
            raise StoreError(f"存储 {self._name} {DAMAGED}（{'；'.join(wrong)}）")

    def backup(self, file: str | Path, *, overwrite: bool = False) -> None:
        """Write what is live now, and its history, to one file; the store goes on meanwhile."""
        target = Path(file).absolute()
        if self._path is None and self._read_only:
            raise StoreError(f"没有可备份的内容：存储 {self._name}")
        if target.exists() and not overwrite:
            raise StoreError(f"{target} 已经存在，没有覆盖；请换一个文件名")
        with self._reading() as connection:
            copy_to(connection, target)
