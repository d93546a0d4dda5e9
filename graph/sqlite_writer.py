"""One load into the SQLite file, in one transaction with one record time."""

import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count, islice
from typing import Any

from graph import sqlite_sums as sums
from graph.hashes import became, check_texts, content_hash, no_kind, packed
from graph.record import Record, canonical, digest, record_key
from graph.sqlite_database import INDEXES, faults
from graph.sqlite_reader import SAID, json_list, matching, record_of
from graph.store import Entry, Put
from ontology.errors import StoreError

__all__ = ["SQLiteWriter"]

_BATCH = 10_000
_CACHED_TERMS = 2_000_000
_INSERT = "INSERT INTO record VALUES (" + ",".join("?" * 16) + ")"
_SEQ, _DIGEST, _KEY = 0, 12, 13  # places in a row
_UNSEEN = "retracted IS NULL AND seq NOT IN (SELECT seq FROM temp.seen) AND learned < ?"


class SQLiteWriter:
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
        self._now = max(time.time_ns() // 1000, sums.state(connection)[1] + 1)
        self._next_term = 1 + self._one("SELECT ifnull(max(n), 0) FROM term")
        self._terms: dict[str, int] = {}
        self._staged: defaultdict[int, dict[bytes, int]] = defaultdict(dict)  # key → seq
        self.done = False
        self._run("CREATE TEMP TABLE seen (seq INTEGER PRIMARY KEY)")
        self._bulk = self._first == 1
        if self._bulk:
            for index in INDEXES:
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
            return record_of(self._run(f"{SAID} WHERE r.seq = ?", (seq,)).fetchone())

    def unseen(self, origin: str, kinds: Collection[str] | None = None) -> tuple[int, int]:
        with self._working():
            where, parameters = matching({"origin": [origin], "kind": kinds})
            rest, kept, gone = (
                self._one(f"SELECT count(*) FROM record WHERE {where} AND {state}",
                          *parameters, self._now)
                for state in (_UNSEEN, "retracted IS NULL AND learned < ?", "retracted = ?"))
            return rest, kept + gone

    def retract_unseen(self, origin: str, kinds: Collection[str] | None = None) -> int:
        with self._working():
            where, parameters = matching({"origin": [origin], "kind": kinds})
            return self._retract(f"{where} AND {_UNSEEN}", *parameters, self._now)

    def retract(self, *, origin: str | None = None, source: str | None = None,
                id: str | None = None) -> int:
        where, parameters = matching({"thing": id and [id], "source": source and [source],
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
        with faults(self._name):
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
                                   "(SELECT value FROM json_each(?))", (json_list(new),)))
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
            for statement in INDEXES.values():
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
        fresh = sums.totals(self._connection, after=self._first - 1)
        gone = sums.totals(self._connection, f"retracted = {self._now}", upto=self._first - 1)
        for (origin, learned, now), (rows, total) in gone.items():
            sums.add(self._connection, (origin, learned, now), rows, total)
            sums.add(self._connection, (origin, learned, 0), -rows, -total)
        for key, (rows, total) in fresh.items():
            sums.add(self._connection, key, rows, total)
        if fresh or gone:
            content = sums.content(self._connection, self._first, self._now)
            self._run("UPDATE meta SET value = ? WHERE name = 'content'", (content_hash(content),))
        return bool(fresh or gone)
