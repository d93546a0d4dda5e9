"""The embedded back end: one SQLite file, or memory.  All SQL of the project stands here.

`term` numbers every text that names something.  `record` holds a row for every state that a
record of an origin was ever in, `learned` and `retracted` in microseconds; a row is stamped, never
deleted.  `tally` holds the number of rows and the sum of their digests modulo 2**128 per origin and
pair of record times: hashes and counts follow from it without reading the rows.  `meta` holds the
hash of the live content.  A load is one transaction with one record time; readers have connections
of their own and see the last committed load.
"""

import json
import os
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from hashlib import blake2b
from itertools import count, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from graph.columns import tidy
from graph.dates import unpack
from graph.hashes import (
    EMPTY,
    MODULUS,
    SEPARATOR,
    Tally,
    became,
    check_texts,
    content_hash,
    digest_sum,
    history_hash,
    history_mark,
    moment_of,
    no_kind,
    packed,
    touched_rows,
)
from graph.record import Record, canonical, digest, parse_values, record_key
from graph.sqlite_file import APPLICATION, check_header, free_name, holder, holding, journal_size
from graph.store import Columns, Entry, Progress, Put, silent
from ontology.errors import Busy, StoreError
from ontology.model import Ontology

__all__ = ["SQLiteStore", "restore", "save"]

SCHEMA = 2
_FILES = ("", "-wal", "-shm")
_BATCH = 10_000
_CACHED_TERMS = 2_000_000

_STRICT = " STRICT" if sqlite3.sqlite_version_info >= (3, 37) else ""
_TALLY = f"""CREATE TABLE tally (
    origin INTEGER NOT NULL REFERENCES term, learned INTEGER NOT NULL,
    retracted INTEGER NOT NULL, -- 0 while live
    n INTEGER NOT NULL, total BLOB NOT NULL,
    PRIMARY KEY (origin, learned, retracted)) {"STRICT, " if _STRICT else ""}WITHOUT ROWID"""
_TABLES = (
    f"CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL){_STRICT}",
    f"CREATE TABLE term (n INTEGER PRIMARY KEY, text TEXT NOT NULL){_STRICT}",
    f"""CREATE TABLE record (
    seq INTEGER PRIMARY KEY,
    origin INTEGER NOT NULL REFERENCES term, kind INTEGER NOT NULL REFERENCES term,
    thing INTEGER NOT NULL REFERENCES term, source INTEGER NOT NULL REFERENCES term,
    head INTEGER REFERENCES term, tail INTEGER REFERENCES term,
    valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL, observed INTEGER NOT NULL,
    inferred INTEGER NOT NULL, vals TEXT NOT NULL, digest BLOB NOT NULL, record BLOB NOT NULL,
    learned INTEGER NOT NULL, retracted INTEGER){_STRICT}""",
    _TALLY,
    f"INSERT INTO meta VALUES ('content', '{EMPTY}')",
)
_INDEXES = {
    "term_text": "CREATE UNIQUE INDEX term_text ON term (text)",
    "record_record": "CREATE INDEX record_record ON record (record)",
    "record_thing": "CREATE INDEX record_thing ON record (thing)",
    "record_source": "CREATE INDEX record_source ON record (source) WHERE retracted IS NULL",
    "record_origin": "CREATE INDEX record_origin ON record (origin) WHERE retracted IS NULL",
    "record_head": "CREATE INDEX record_head ON record (head) "
                   "WHERE retracted IS NULL AND head IS NOT NULL",
    "record_tail": "CREATE INDEX record_tail ON record (tail) "
                   "WHERE retracted IS NULL AND tail IS NOT NULL",
    "record_retracted": "CREATE INDEX record_retracted ON record (retracted) "
                        "WHERE retracted IS NOT NULL",
}

_INSERT = "INSERT INTO record VALUES (" + ",".join("?" * 16) + ")"
_SEQ, _DIGEST, _KEY = 0, 12, 13  # places in a row
_TERMS = "(SELECT n FROM term WHERE text IN (SELECT value FROM json_each(?)))"
# CROSS JOIN keeps the planner from beginning with the terms.
_SAID = """SELECT k.text, t.text, s.text, h.text, x.text, r.valid_from, r.valid_to, r.observed,
    r.inferred, r.vals, r.digest, o.text, r.learned, r.retracted, r.record
    FROM record r CROSS JOIN term k ON k.n = r.kind CROSS JOIN term t ON t.n = r.thing
    CROSS JOIN term s ON s.n = r.source CROSS JOIN term o ON o.n = r.origin
    LEFT JOIN term h ON h.n = r.head LEFT JOIN term x ON x.n = r.tail """
_ORDER = " ORDER BY k.text, t.text, s.text, r.valid_from, r.digest"
# The rows learned last are the last ones.
_TOUCHED = """SELECT text FROM term WHERE n IN (
    SELECT thing FROM (SELECT thing FROM record ORDER BY seq DESC LIMIT ?)
    UNION SELECT thing FROM record WHERE retracted > ?)"""
_LIVE = "r.retracted IS NULL"
_LIVE_AT = "r.learned <= ? AND (r.retracted IS NULL OR r.retracted > ?)"

_FAULTS = {
    sqlite3.SQLITE_FULL: "磁盘已满，这次没有写入任何内容；请腾出空间后再试",
    sqlite3.SQLITE_READONLY: "只读，不能写入；请检查文件和所在文件夹的权限",
    sqlite3.SQLITE_CANTOPEN: "打不开；请检查文件和所在文件夹是否存在、是否有权限",
    sqlite3.SQLITE_PERM: "没有权限",
    sqlite3.SQLITE_BUSY: "正被另一个程序占用，请稍后再试",
    sqlite3.SQLITE_LOCKED: "正被另一个程序占用，请稍后再试",
    sqlite3.SQLITE_IOERR: "读写磁盘出错，请检查磁盘",
    sqlite3.SQLITE_TOOBIG: "有一项内容过大，写不进去",
}
_DAMAGED = "已损坏；请用 xianglian restore 恢复最近的备份，或删去它重新载入"


@contextmanager
def _faults(name: str) -> Iterator[None]:
    """What SQLite complains about, said in a sentence."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        said = _DAMAGED if code is None else _FAULTS.get(code & 0xFF, _DAMAGED)
        raise StoreError(f"存储 {name} {said}（{error}）") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise StoreError(f"存储 {name} {_DAMAGED}（{error}）") from error


def _connect(path: Path | None, mode: str = "rw", *, immutable: bool = False) -> sqlite3.Connection:
    """A connection without implicit transactions; no path means memory."""
    target = "file::memory:"
    if path is not None:
        # An absolute file URI has three slashes before a drive, two before a share's own two.
        posix = path.as_posix()
        target = f"file://{'' if posix.startswith('/') else '/'}{quote(posix)}?mode={mode}"
        target += "&immutable=1" if immutable else ""
    connection = sqlite3.connect(target, uri=True, timeout=5, isolation_level=None,
                                 check_same_thread=False,
                                 factory=sqlite3.Connection if path else _Memory)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _number(blob: bytes) -> int:
    return int.from_bytes(blob, "little")


def _texts(texts: Iterable[str]) -> str:
    """A parameter for json_each."""
    return json.dumps(list(texts), ensure_ascii=False)


def _matching(wanted: Mapping[str, Collection[str] | str | None]) -> tuple[str, list[str]]:
    """A condition for the columns that are given, and its parameters.

    The first given column is the one to look up by: "+" keeps the planner off the others.
    """
    given = {column: _texts(texts) for column, texts in wanted.items() if texts is not None}
    where = " AND ".join(f"{'+' if place else ''}{column} IN {_TERMS}"
                         for place, column in enumerate(given))
    return where, list(given.values())


def _record(row: Sequence[Any]) -> Record:
    """A row of `_SAID`."""
    kind, thing, source, head, tail, start, end, observed, inferred, values = row[:10]
    return Record(thing, kind, source, parse_values(values),
                  None if head is None else (head, tail),
                  unpack(start), unpack(end), unpack(observed), bool(inferred))


# Schema ----------------------------------------------------------------------------------------


def _create(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty file, unless another program just did.

    Not yet in WAL mode, so that the marks are in the file's own header from the first moment.
    """
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            for statement in (*_TABLES, *_INDEXES.values()):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {SCHEMA}")


def _migrate(connection: sqlite3.Connection) -> None:
    """1 → 2: hashes were recomputed from all rows each time; now they are kept."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if _schema(connection) < 2:
            connection.execute(_TALLY)
            connection.execute(_INDEXES["record_retracted"])
            for key, (rows, total) in _totals(connection).items():
                _count(connection, key, rows, total)
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('content', ?)",
                               (content_hash(_distinct(connection, _LIVE)),))
        connection.execute(f"PRAGMA user_version = {SCHEMA}")


def _refuse_newer(path: Path, schema: int) -> None:
    if schema > SCHEMA:
        raise StoreError(f"{path} 由更新版本的湘链写成（它的结构版本是 {schema}，"
                         f"本程序只认识到 {SCHEMA}）；请升级本程序")


def _schema(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


# Hashes ----------------------------------------------------------------------------------------


Key = tuple[int, int, int]  # origin, learned, retracted (0 while live)


def _totals(connection: sqlite3.Connection, where: str = "1", after: int = 0,
            upto: int | None = None) -> dict[Key, tuple[int, int]]:
    """How many rows there are of each key, and the sum of their digests; seq in (after, upto]."""
    if upto is None:
        upto = connection.execute("SELECT ifnull(max(seq), 0) FROM record").fetchone()[0]
    found: dict[Key, tuple[int, int]] = {}
    for start in range(after, upto, _BATCH):
        for *key, rows, said in connection.execute(
                "SELECT origin, learned, ifnull(retracted, 0), count(*), "
                f"group_concat(hex(digest), '') FROM record WHERE {where} "
                "AND seq > ? AND seq <= ? GROUP BY 1, 2, 3", (start, min(start + _BATCH, upto))):
            n, total = found.get(tuple(key), (0, 0))
            found[tuple(key)] = n + rows, (total + digest_sum(bytes.fromhex(said))) % MODULUS
    return found


def _count(connection: sqlite3.Connection, key: Key, rows: int, total: int) -> None:
    """Add to the table `tally`."""
    where = "WHERE origin = ? AND learned = ? AND retracted = ?"
    n, said = connection.execute(
        f"SELECT n, total FROM tally {where} UNION ALL SELECT 0, x''", key).fetchone()
    connection.execute(f"DELETE FROM tally {where}", key)
    if n + rows:
        new = ((_number(said) + total) % MODULUS).to_bytes(16, "little")
        connection.execute("INSERT INTO tally VALUES (?, ?, ?, ?, ?)", (*key, n + rows, new))


def _distinct(connection: sqlite3.Connection, where: str, parameters: Any = ()) -> int:
    """The sum of the distinct digests of some rows `r`: what they say, however often."""
    total = 0
    rows = connection.execute(f"SELECT DISTINCT digest FROM record r WHERE {where}", parameters)
    while some := rows.fetchmany(_BATCH):
        total += digest_sum(b"".join(said for said, in some))
    return total % MODULUS


def _content(connection: sqlite3.Connection, first: int, now: int) -> int:
    """The sum of the distinct live digests after a load whose rows begin at `first`.

    With one origin no digest occurs twice and the tally says it; else what the load brought and
    took away is compared with what else was, and is, live.
    """
    live = connection.execute("SELECT origin, total FROM tally WHERE retracted = 0").fetchall()
    if len({origin for origin, _ in live}) < 2:
        return sum(_number(total) for _, total in live) % MODULUS
    given = {"first": first, "now": now}
    same = "SELECT 1 FROM record o WHERE o.record = r.record AND o.digest = r.digest"
    was = f"{same} AND o.seq < :first AND (o.retracted IS NULL OR o.retracted = :now)"
    came = _distinct(connection, "r.seq >= :first AND r.retracted IS NULL"
                     + (f" AND NOT EXISTS ({was})" if first > 1 else ""), given)
    went = _distinct(connection, "r.retracted = :now "
                     f"AND NOT EXISTS ({same} AND o.retracted IS NULL)", given)
    return (int(_state(connection)[0], 16) + came - went) % MODULUS


# Writing ---------------------------------------------------------------------------------------


class _Writer:
    """One load in one transaction.

    Two things make it fast: look-ups happen by batch, and only if the origin had anything before;
    the first load of an empty store builds the indexes at its end.
    """

    def __init__(self, connection: sqlite3.Connection, name: str, kinds: Collection[str],
                 published: Callable[[sqlite3.Connection], None]) -> None:
        self._connection, self._name, self._kinds = connection, name, kinds
        self._published = published
        self._run = connection.execute
        self._first = self._next = 1 + self._one("SELECT ifnull(max(seq), 0) FROM record")
        self._now = max(time.time_ns() // 1000, _state(connection)[1] + 1)
        self._next_term = 1 + self._one("SELECT ifnull(max(n), 0) FROM term")
        self._terms: dict[str, int] = {}
        self._staged: defaultdict[int, dict[bytes, int]] = defaultdict(dict)  # key → seq
        self.done = False
        self._run("CREATE TEMP TABLE seen (seq INTEGER PRIMARY KEY)")
        self._bulk = self._first == 1
        if self._bulk:
            for index in _INDEXES:
                self._run(f"DROP INDEX {index}")

    def put(self, origin: str, records: Sequence[Record]) -> list[Put]:
        with self._working():
            number, rows = self._rows(origin, records)
            last, staged = {row[_KEY]: row for row in rows}, self._staged[number]
            self._take_back([staged.pop(key) for key in last if key in staged])
            before = self._before(number, list(last))
            same = {key: old for key, old in before.items() if old[1] == last[key][_DIGEST]}
            staged.update((key, same[key][0] if key in same else row[_SEQ])
                          for key, row in last.items())
            many = self._connection.executemany
            many(_INSERT, [row for key, row in last.items() if key not in same])
            many("UPDATE record SET retracted = ? WHERE seq = ?",
                 [(self._now, old[0]) for key, old in before.items() if key not in same])
            many("INSERT OR IGNORE INTO seen VALUES (?)", [old[:1] for old in same.values()])
            many("UPDATE record SET retracted = NULL WHERE seq = ?",
                 [old[:1] for old in same.values() if old[2] is not None])
            return [became(before.get(row[_KEY], (0, None))[1], row[_DIGEST]) for row in rows]

    def staged(self, origin: str, id: str, source: str, valid_from: str | None) -> Record | None:
        with self._working():
            seq = self._staged[self._intern((origin,))[origin]].get(
                record_key(id, source, valid_from))
            if seq is None:
                return None
            return _record(self._run(f"{_SAID} WHERE r.seq = ?", (seq,)).fetchone())

    def unseen(self, origin: str, kinds: Collection[str] | None = None) -> tuple[int, int]:
        with self._working():
            where, parameters = _matching({"origin": [origin], "kind": kinds})
            rest, kept, gone = (
                self._one(f"SELECT count(*) FROM record WHERE {where} AND {state}",
                          *parameters, self._now)
                for state in (_UNSEEN, "retracted IS NULL AND learned < ?", "retracted = ?"))
            return rest, kept + gone

    def retract_unseen(self, origin: str, kinds: Collection[str] | None = None) -> int:
        with self._working():
            where, parameters = _matching({"origin": [origin], "kind": kinds})
            return self._retract(f"{where} AND {_UNSEEN}", *parameters, self._now)

    def retract(self, *, origin: str | None = None, source: str | None = None,
                id: str | None = None) -> int:
        where, parameters = _matching({"thing": id and [id], "source": source and [source],
                                       "origin": origin and [origin]})
        if not where:
            raise ValueError("retract needs an origin, a source or an id")
        with self._working():
            return self._retract(f"{where} AND retracted IS NULL", *parameters)

    def commit(self) -> None:
        with self._working():
            self._index()
            self._run("DROP TABLE temp.seen")
            self._run("COMMIT" if self._counted() else "ROLLBACK")
            self.done = True
        self._published(self._connection)

    def receive(self, entries: Iterable[Entry]) -> None:
        """Rows with the record times of another store; the store must be empty."""
        if self._first > 1:
            raise StoreError(f"存储 {self._name} 不是空的，不能把别的存储整个搬进来")
        with self._working():
            waiting = iter(entries)
            while batch := list(islice(waiting, _BATCH)):
                rows = [(*self._rows(e.origin, [e.record])[1][0][:14], e.learned, e.retracted)
                        for e in batch]
                self._connection.executemany(_INSERT, rows)

    @contextmanager
    def _working(self) -> Iterator[None]:
        if self.done:
            raise StoreError("这次载入已经提交，不能再写")
        with _faults(self._name):
            yield

    def _one(self, statement: str, *parameters: object) -> int:
        return int(self._run(statement, parameters).fetchone()[0])

    def _rows(self, origin: str, records: Sequence[Record]) -> tuple[int, list[tuple[Any, ...]]]:
        """The origin's number, and the rows as they go into the table."""
        texts = {origin: None}
        for record in records:
            if record.kind not in self._kinds:
                raise no_kind(record.kind)
            texts[record.id] = texts[record.kind] = texts[record.source] = None
            if record.ends:
                texts[record.ends[0]] = texts[record.ends[1]] = None
        number = self._intern(texts)
        of, now = number[origin], self._now
        rows: list[tuple[Any, ...]] = []
        for seq, r in enumerate(records, self._next):
            values = canonical(r.values)
            head, tail = (number[r.ends[0]], number[r.ends[1]]) if r.ends else (None, None)
            rows.append((
                seq, of, number[r.kind], number[r.id], number[r.source], head, tail,
                packed(r.valid_from), packed(r.valid_to), packed(r.observed), int(r.inferred),
                values, digest(r, values), record_key(r.id, r.source, r.valid_from), now, None))
        self._next += len(rows)
        return of, rows

    def _intern(self, texts: Iterable[str]) -> dict[str, int]:
        """The numbers of at least these texts, new ones given out in their order."""
        known = self._terms
        new = [text for text in texts if text not in known]
        if not new:
            return known
        if len(known) > _CACHED_TERMS:
            self._index()
            known.clear()
            new = list(texts)
        if not self._bulk:
            known.update(self._run("SELECT text, n FROM term WHERE text IN "
                                   "(SELECT value FROM json_each(?))", (_texts(new),)))
            new = [text for text in new if text not in known]
        check_texts(new)
        start = self._next_term
        self._connection.executemany("INSERT INTO term VALUES (?, ?)", enumerate(new, start))
        known.update(zip(new, count(start), strict=False))
        self._next_term += len(new)
        return known

    def _index(self) -> None:
        if self._bulk:
            self._bulk = False
            for statement in _INDEXES.values():
                self._run(statement)

    def _before(self, origin: int, keys: Sequence[bytes]) -> dict[bytes, Any]:
        """What was live before the load under these keys: key → (seq, digest, retracted since)."""
        if not self._one("SELECT EXISTS (SELECT 1 FROM tally WHERE origin = ? AND retracted = 0)",
                         origin):
            return {}
        found: dict[bytes, Any] = {}
        for start in range(0, len(keys), 500):
            some = keys[start:start + 500]
            found.update((key, rest) for key, *rest in self._run(
                "SELECT record, seq, digest, retracted FROM record WHERE record IN "
                f"({','.join('?' * len(some))}) AND +origin = ? AND learned < ? "
                "AND (retracted IS NULL OR retracted = ?)", (*some, origin, self._now, self._now)))
        return found

    def _take_back(self, seqs: Sequence[int]) -> None:
        """Forget what this load has said of some records so far."""
        of = [(seq,) for seq in seqs]
        self._connection.executemany("DELETE FROM temp.seen WHERE seq = ?", of)
        self._connection.executemany(f"DELETE FROM record WHERE seq = ? AND seq >= {self._first}",
                                     of)

    def _retract(self, where: str, *parameters: object) -> int:
        """Stamp live rows; those of this very load go without a trace."""
        rows = self._run(f"SELECT origin, record FROM record WHERE {where}", parameters).fetchall()
        for origin, key in rows:
            self._staged[origin].pop(key, None)
        self._run(f"DELETE FROM record WHERE {where} AND seq >= {self._first}", parameters)
        self._run(f"UPDATE record SET retracted = {self._now} WHERE {where}", parameters)
        return len(rows)

    def _counted(self) -> bool:
        """Bring the sums up to date; whether there was anything to count."""
        fresh = _totals(self._connection, after=self._first - 1)
        gone = _totals(self._connection, f"retracted = {self._now}", upto=self._first - 1)
        for (origin, learned, now), (rows, total) in gone.items():
            _count(self._connection, (origin, learned, now), rows, total)
            _count(self._connection, (origin, learned, 0), -rows, -total)
        for key, (rows, total) in fresh.items():
            _count(self._connection, key, rows, total)
        if fresh or gone:
            content = _content(self._connection, self._first, self._now)
            self._run("UPDATE meta SET value = ? WHERE name = 'content'", (content_hash(content),))
        return bool(fresh or gone)


_UNSEEN = "retracted IS NULL AND seq NOT IN (SELECT seq FROM temp.seen) AND learned < ?"

# Reading ---------------------------------------------------------------------------------------

_CHUNK = 5_000
_MASK = (1 << 31) - 1
_DATE = (1 << 27) - 1
_TEXTS = f"""SELECT group_concat(text, '{SEPARATOR}'), group_concat(n)
    FROM (SELECT text, n FROM term WHERE text > ? ORDER BY text LIMIT {_CHUNK})"""
# One text a column and chunk, joined in C, is read twice as fast as a tuple a row.
_PACKED = f"""SELECT group_concat(vals, '\n'),
    group_concat((r.thing << 31) | r.source),
    group_concat((ifnull(r.head, 0) << 31) | ifnull(r.tail, 0)),
    group_concat((r.valid_from << 27) | r.valid_to),
    group_concat((r.observed << 32) | (r.kind << 1) | r.inferred)
    FROM record r NOT INDEXED WHERE r.seq > ? AND r.seq <= ? AND {_LIVE_AT}"""


def _numbers(text: str) -> NDArray[np.int64]:
    return np.fromstring(text, np.int64, sep=",")


def _read_terms(connection: sqlite3.Connection) -> tuple[list[str], NDArray[np.int32]]:
    """All terms in the order of their texts, and the position there of each term number."""
    terms: list[str] = []
    numbers = [np.zeros(0, np.int64)]
    while (row := connection.execute(_TEXTS, terms[-1:] or [""]).fetchone())[0] is not None:
        terms += row[0].split(SEPARATOR)
        numbers.append(_numbers(row[1]))
    all_numbers = np.concatenate(numbers)
    place = np.full(int(all_numbers.max(initial=0)) + 1, -1, np.int32)
    place[all_numbers] = np.arange(len(terms), dtype=np.int32)
    return terms, place


def _read_rows(connection: sqlite3.Connection, chunks: Iterator[int],
               at: int) -> list[tuple[int, list[str], list[NDArray[np.int64]]]]:
    """(first seq, values, packed columns) of the chunks that this reader gets to first."""
    found = []
    for start in chunks:
        values, *packed = connection.execute(_PACKED, (start, start + _CHUNK, at, at)).fetchone()
        if values is not None:
            found.append((start, values.split("\n"), [_numbers(text) for text in packed]))
    return found


def _read_columns(readers: Sequence[sqlite3.Connection], known_at: int | None) -> Columns:
    """See `Columns`.  Several readers share the rows, each in a thread of its own.

    Rows and terms are never deleted, and what is live at a moment never changes: so it does not
    matter that another reader sees a later state of the file.
    """
    connection = readers[0]
    content, latest = _state(connection)
    at = latest if known_at is None else known_at
    top = connection.execute("SELECT ifnull(max(seq), 0) FROM record").fetchone()[0]
    # next() of a range's iterator is one step: no chunk is given out twice.
    chunks = iter(range(0, top, _CHUNK))
    with ThreadPoolExecutor(len(readers)) as pool:
        named = pool.submit(_read_terms, readers[-1])
        reads = [pool.submit(_read_rows, reader, chunks, at) for reader in readers]
        parts = sorted(part for read in reads for part in read.result())
        terms, place = named.result()
    if known_at is not None:
        content = content_hash(_distinct(connection, _LIVE_AT, (at, at)))
    what, ends, dates, rest = (
        np.concatenate([np.zeros(0, np.int64), *(columns[i] for _, _, columns in parts)])
        for i in range(4))
    return tidy(Columns(
        terms, place[(rest >> 1) & _MASK], place[what >> 31], place[what & _MASK],
        place[ends >> 31], place[ends & _MASK], (dates >> 27).astype(np.int32),
        (dates & _DATE).astype(np.int32), (rest >> 32).astype(np.int32),
        (rest & 1).astype(np.bool_), [text for _, values, _ in parts for text in values], content))


def _tallies(connection: sqlite3.Connection) -> list[Tally]:
    rows = connection.execute("SELECT o.text, learned, retracted, tally.n, total FROM tally "
                              "JOIN term o ON o.n = origin")
    return [(*row[:4], _number(row[4])) for row in rows]


def _state(connection: sqlite3.Connection) -> tuple[str, int]:
    """The content hash and the latest record time: equal ones, equal states."""
    content, learned, retracted = connection.execute(
        "SELECT (SELECT value FROM meta WHERE name = 'content'), ifnull(max(learned), 0), "
        "ifnull(max(retracted), 0) FROM tally").fetchone()
    return content, max(learned, retracted)


def _verify(connection: sqlite3.Connection) -> Iterator[str]:
    """What is wrong: the file's structure, then every row against its digests, then the sums."""
    for said, in connection.execute("PRAGMA integrity_check"):
        if said != "ok":
            yield said
    for table, *_ in connection.execute("PRAGMA foreign_key_check"):
        yield f"{table}: missing term"
    live = set[bytes]()
    for row in connection.execute(_SAID):
        record, (said, _, _, retracted, key) = _record(row), row[10:]
        if digest(record) != said or record_key(record.id, record.source, record.valid_from) != key:
            yield f"{record.id}: digest"
        if retracted is None:
            live.add(said)
    kept = {(origin, learned, retracted): (n, _number(total)) for origin, learned, retracted, n,
            total in connection.execute("SELECT origin, learned, retracted, n, total FROM tally")}
    if kept != _totals(connection):
        yield "tally"
    if _state(connection)[0] != content_hash(digest_sum(b"".join(live))):
        yield "content hash"


# The store -------------------------------------------------------------------------------------


class _Memory(sqlite3.Connection):
    """A database in memory: it goes when nobody reads it any more."""

    def __del__(self) -> None:
        self.close()


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
            self._memory = _connect(None)
            _create(self._memory)
        else:
            self._open(self._path)

    # Opening and closing

    def _make(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"建不了文件夹 {path.parent}：{error.strerror}") from error
        with _faults(self._name), closing(_connect(path, "rwc")) as connection:
            _create(connection)

    def _open(self, path: Path) -> None:
        check_header(path)
        with self._reading() as connection:
            schema = _schema(connection)
            journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
        try:
            _refuse_newer(path, schema)
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
        with _faults(self._name), closing(_connect(path)) as connection:
            if schema < SCHEMA:
                _migrate(connection)
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
        with _faults(self._name):
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
        connection = _connect(path, "ro" if self._read_only else "rw")
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            connection.close()
            denied = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
            if error.sqlite_errorcode & 0xFF not in denied or journal_size(path):
                raise
            connection = _connect(path, "ro", immutable=True)
        connection.execute("PRAGMA query_only = ON")
        return connection

    # Writing

    @contextmanager
    def write(self, *, wait: float = 30.0, progress: Progress = silent) -> Iterator[_Writer]:
        self._check_open()
        if self._read_only:
            raise StoreError(f"存储 {self._name} 是只读的，不能写入")
        with (self._copying(wait) if self._path is None
              else self._locking(self._path, wait)) as connection:
            with _faults(self._name):
                writer = _Writer(connection, self._name, self._kinds, self._publish)
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
            copy = _connect(None)
            with self._reading() as connection:
                connection.backup(copy)
            copy.execute("BEGIN IMMEDIATE")
            yield copy
        finally:
            self._one_writer.release()

    @contextmanager
    def _locking(self, path: Path, wait: float) -> Iterator[sqlite3.Connection]:
        """A connection that holds the write lock; polls, so that Ctrl-C works while waiting."""
        with _faults(self._name):
            connection = _connect(path)
        with closing(connection):
            with _faults(self._name):
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
                            raise _waited(path, wait) from None
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
        where, parameters = _matching({"thing": ids, "source": source and [source],
                                       "origin": origin and [origin], "kind": kinds})
        moment = [] if known_at is None else [known_at, known_at]
        live = _LIVE if known_at is None else _LIVE_AT
        return self._live(f"{where or '1'} AND {live}", [*parameters, *moment])

    def neighbours(self, ids: Collection[str]) -> Iterator[Record]:
        ends = " UNION ".join(f"SELECT seq FROM record WHERE {end} IN {_TERMS} "
                              "AND retracted IS NULL" for end in ("head", "tail"))
        return self._live(f"r.seq IN ({ends})", [_texts(ids)] * 2)

    def _live(self, where: str, parameters: Sequence[object]) -> Iterator[Record]:
        """Records in their order; what two origins say in the same words comes once."""
        last = None
        for row in self._said(f"WHERE {where} {_ORDER}", parameters):
            if row[10] != last:
                yield _record(row)
            last = row[10]

    def _said(self, which: str, parameters: Sequence[object]) -> Iterator[Any]:
        with (self._reading() as connection,
              closing(connection.execute(_SAID + which, parameters)) as rows):
            yield from rows

    def history(self, ids: Collection[str] | None = None) -> Iterator[Entry]:
        where = "" if ids is None else f"WHERE r.thing IN {_TERMS}"
        order = _ORDER.replace("BY", "BY r.learned, r.retracted IS NULL, r.retracted, o.text,")
        for row in self._said(where + order, () if ids is None else [_texts(ids)]):
            yield Entry(_record(row), *row[11:14])

    def origins(self) -> dict[str, int]:
        with self._reading() as connection:
            return dict(connection.execute(
                "SELECT o.text, sum(tally.n) FROM tally JOIN term o ON o.n = origin "
                "WHERE retracted = 0 GROUP BY o.text ORDER BY o.text"))

    def columns(self, *, known_at: int | None = None) -> Columns:
        with self._reading() as first:
            if self._path is None:
                return _read_columns([first], known_at)
            with self._reading() as second:
                return _read_columns([first, second], known_at)

    def version(self) -> str:
        with self._reading() as connection:
            return _state(connection)[0]

    def history_hash(self) -> str:
        with self._reading() as connection:
            return history_hash(_tallies(connection))

    def mark(self) -> str:
        with self._reading() as connection:
            return history_mark(_tallies(connection))

    def touched(self, mark: str, limit: int) -> set[str] | None:
        with self._reading() as connection:
            tallies, moment = _tallies(connection), moment_of(mark)
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
            wrong = list(islice(_verify(connection), 5))
        if wrong:
            raise StoreError(f"存储 {self._name} {_DAMAGED}（{'；'.join(wrong)}）")

    def backup(self, file: str | Path, *, overwrite: bool = False) -> None:
        """Write what is live now, and its history, to one file; the store goes on meanwhile."""
        target = Path(file).absolute()
        if self._path is None and self._read_only:
            raise StoreError(f"没有可备份的内容：存储 {self._name}")
        if target.exists() and not overwrite:
            raise StoreError(f"{target} 已经存在，没有覆盖；请换一个文件名")
        with self._reading() as connection:
            _copy(connection, target)


def _waited(path: Path, wait: float) -> Busy:
    return Busy(f"{holder(path)}正在写入 {path}，等了 {wait:g} 秒；请等它完成后再试")


def _copy(connection: sqlite3.Connection, target: Path) -> None:
    """A whole copy under a passing name, then the right one."""
    passing = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _faults(str(target)), closing(_connect(passing, "rwc")) as copy:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
        os.replace(passing, target)
    except OSError as error:
        raise StoreError(f"写不了 {target}：{error.strerror}") from error
    finally:
        passing.unlink(missing_ok=True)


def save(entries: Iterable[Entry], file: str | Path, ontology: Ontology, *,
         overwrite: bool = False) -> None:
    """Write the whole history of another back end as a backup file."""
    passing = Path(f"{Path(file).absolute()}.{os.getpid()}.copying")
    try:
        with SQLiteStore(passing, ontology) as copy:
            copy.receive(entries)
            copy.backup(file, overwrite=overwrite)
    finally:
        _remove(passing)


def restore(file: str | Path, path: str | Path, ontology: Ontology, *,
            overwrite: bool = False, wait: float = 30.0) -> None:
    """Put a backup in the place of the store at `path`.

    The backup is copied, brought up to date and read as a whole first.  Then one transaction
    replaces the store's content, so that a kill leaves the old or the new one.  A store that
    cannot be opened any more is set aside under the name `.damaged`.
    """
    source, target = Path(file).absolute(), Path(path).absolute()
    check_header(source)
    if target.exists() and target.stat().st_size and not overwrite:
        raise StoreError(f"{target} 已有数据，没有覆盖；确要用备份替换它，请加 --force")
    passing = Path(f"{target}.{os.getpid()}.restoring")
    try:
        with _faults(str(source)), closing(_connect(source, "ro", immutable=True)) as connection:
            _refuse_newer(source, _schema(connection))
            _copy(connection, passing)
            with closing(_connect(passing)) as copy:
                _migrate(copy)
        with SQLiteStore(passing, ontology) as backup:
            backup.verify()
            _set_aside(target, ontology)
            with SQLiteStore(target, ontology):
                _replace(backup, target, wait)
    finally:
        _remove(passing)


def _replace(backup: SQLiteStore, target: Path, wait: float) -> None:
    deadline = time.monotonic() + wait

    def give_up(status: int, *_: int) -> None:
        if status != sqlite3.SQLITE_DONE and time.monotonic() >= deadline:
            raise _waited(target, wait)

    with (_faults(str(target)), backup._reading() as connection,
          closing(_connect(target)) as live):
        live.execute("PRAGMA synchronous = FULL")
        live.execute("PRAGMA busy_timeout = 100")
        connection.backup(live, progress=give_up, sleep=0.05)


def _set_aside(target: Path, ontology: Ontology) -> None:
    """Rename a store of ours that cannot be opened any more."""
    if not target.exists() or target.stat().st_size == 0:
        return
    with target.open("rb") as file:
        ours = file.read(72)[68:] == APPLICATION.to_bytes(4, "big")
    try:
        SQLiteStore(target, ontology).close()
    except StoreError:
        if not ours:
            raise
        aside = free_name(target.with_name(f"{target.name}.damaged"))
        for end in _FILES:
            with suppress(FileNotFoundError):
                os.replace(f"{target}{end}", f"{aside}{end}")


def _remove(path: Path) -> None:
    for end in _FILES:
        Path(f"{path}{end}").unlink(missing_ok=True)
