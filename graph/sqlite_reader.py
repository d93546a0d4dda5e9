"""Rows of the SQLite file as records and columns, and what is wrong with them."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph import sqlite_sums as sums
from graph.columns import tidy
from graph.dates import unpack
from graph.hashes import SEPARATOR, content_hash, digest_sum
from graph.record import Record, digest, parse_values, record_key
from graph.store import Columns

__all__ = ["ORDER", "SAID", "TERMS", "columns", "json_list", "matching", "record_of", "wrong"]

TERMS = "(SELECT n FROM term WHERE text IN (SELECT value FROM json_each(?)))"
# CROSS JOIN keeps the planner from beginning with the terms.
SAID = """SELECT k.text, t.text, s.text, h.text, x.text, r.valid_from, r.valid_to, r.observed,
    r.inferred, r.vals, r.digest, o.text, r.learned, r.retracted, r.record
    FROM record r CROSS JOIN term k ON k.n = r.kind CROSS JOIN term t ON t.n = r.thing
    CROSS JOIN term s ON s.n = r.source CROSS JOIN term o ON o.n = r.origin
    LEFT JOIN term h ON h.n = r.head LEFT JOIN term x ON x.n = r.tail """
ORDER = " ORDER BY k.text, t.text, s.text, r.valid_from, r.digest"


def json_list(texts: Iterable[str]) -> str:
    """A parameter for json_each."""
    return json.dumps(list(texts), ensure_ascii=False)


def matching(wanted: Mapping[str, Collection[str] | str | None]) -> tuple[str, list[str]]:
    """A condition for the columns that are given, and its parameters.

    The first given column is the one to look up by: "+" keeps the planner off the others.
    """
    given = {column: json_list(texts) for column, texts in wanted.items() if texts is not None}
    where = " AND ".join(f"{'+' if place else ''}{column} IN {TERMS}"
                         for place, column in enumerate(given))
    return where, list(given.values())


def record_of(row: Sequence[Any]) -> Record:
    """A row of `SAID`."""
    kind, thing, source, head, tail, start, end, observed, inferred, values = row[:10]
    return Record(thing, kind, source, parse_values(values),
                  None if head is None else (head, tail),
                  unpack(start), unpack(end), unpack(observed), bool(inferred))


# Columns -----------------------------------------------------------------------------------------

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
    FROM record r NOT INDEXED WHERE r.seq > ? AND r.seq <= ? AND {sums.LIVE_AT}"""


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


def columns(readers: Sequence[sqlite3.Connection], known_at: int | None) -> Columns:
    """See `Columns`.  Several readers share the rows, each in a thread of its own.

    Rows and terms are never deleted, and what is live at a moment never changes: so it does not
    matter that another reader sees a later state of the file.
    """
    connection = readers[0]
    content, latest = sums.state(connection)
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
        content = content_hash(sums.distinct(connection, sums.LIVE_AT, (at, at)))
    what, ends, dates, rest = (
        np.concatenate([np.zeros(0, np.int64), *(packed[i] for _, _, packed in parts)])
        for i in range(4))
    return tidy(Columns(
        terms, place[(rest >> 1) & _MASK], place[what >> 31], place[what & _MASK],
        place[ends >> 31], place[ends & _MASK], (dates >> 27).astype(np.int32),
        (dates & _DATE).astype(np.int32), (rest >> 32).astype(np.int32),
        (rest & 1).astype(np.bool_), [text for _, values, _ in parts for text in values], content))


# Checking ----------------------------------------------------------------------------------------


def wrong(connection: sqlite3.Connection) -> Iterator[str]:
    """What is wrong: the file's structure, then every row against its digests, then the sums."""
    for said, in connection.execute("PRAGMA integrity_check"):
        if said != "ok":
            yield said
    for table, *_ in connection.execute("PRAGMA foreign_key_check"):
        yield f"{table}: missing term"
    live = set[bytes]()
    for row in connection.execute(SAID):
        record, (said, _, _, retracted, key) = record_of(row), row[10:]
        if digest(record) != said or record_key(record.id, record.source, record.valid_from) != key:
            yield f"{record.id}: digest"
        if retracted is None:
            live.add(said)
    if sums.kept(connection) != sums.totals(connection):
        yield "tally"
    if sums.state(connection)[0] != content_hash(digest_sum(b"".join(live))):
        yield "content hash"
