"""What is read from Neo4j at one moment; whoever reads at a moment sees one state for ever."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph import cypher
from graph.bolt import Server
from graph.columns import tidy
from graph.hashes import MODULUS, Tally, as_of, content_hash, packed
from graph.neo4j_rows import record, said
from graph.record import canonical, digest, record_id
from graph.store import Columns

__all__ = ["columns", "history_of", "history_rows", "live_rows", "live_sum", "neighbour_rows",
           "tallies", "wrong"]

Row = dict[str, Any]

_RANGE = 10_000
_READERS = 3
_SORTED = 20_000  # so many rows we sort ourselves; more come along the index


def live_rows(server: Server, at: int, *, ids: Collection[str] | None = None,
              kinds: Collection[str] | None = None, source: str | None = None,
              origin: str | None = None) -> Iterator[Row]:
    """Rows sorted by (kind, id, source, valid_from, digest); what is said twice comes once."""
    given = {"about": ids, "source": source and [source], "origin": origin and [origin],
             "kind": kinds}
    wanted: dict[str, Any] = {name: list(v) for name, v in given.items() if v is not None}
    if not wanted:
        yield from _once(server.stream(cypher.rows(), at=at))
    elif list(wanted) != ["kind"] and server.read(cypher.count(wanted), **wanted)[0] <= _SORTED:
        yield from _once(_sorted(server.stream(cypher.some_rows(wanted), at=at, **wanted)))
    else:
        for kind in [None] if kinds is None else sorted(set(kinds)):
            others = [name for name in wanted if name != "kind"]
            yield from _once(server.stream(
                cypher.rows(others, one_kind=kind is not None), at=at, **wanted | {"kind": [kind]}))


def neighbour_rows(server: Server, at: int, ids: Collection[str]) -> Iterator[Row]:
    """Links with one of these ends, sorted as above."""
    return _once(_sorted(server.stream(cypher.NEIGHBOURS, at=at, ids=list(ids))))


def _sorted(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=_place)


def _place(row: Row) -> tuple[str, ...]:
    return row["kind"], row["about"], row["source"], row.get("valid_from", "")


def _once(rows: Iterable[Row]) -> Iterator[Row]:
    for _, some in groupby(rows, key=lambda row: row["id"]):
        same = list(some)
        if len(same) > 1:
            same = list({row["digest"]: row for row in sorted(
                same, key=lambda row: row["digest"])}.values())
        yield from same


def history_rows(server: Server, at: int) -> Iterator[Row]:
    """Every row, oldest first: by the moments at which it came and went, then by origin."""
    ranges = _seqs(server)
    for origin, learned, retracted, n, _ in sorted(as_of(tallies(server), at), key=lambda group: (
            group[1], not group[2], group[2], group[0])):
        group: dict[str, Any] = {"origin": origin, "learned": learned, "retracted": retracted,
                                 "at": at}
        if n > _SORTED:
            yield from server.stream(cypher.rows(moved=True), **group)
        elif retracted:
            yield from _sorted(server.stream(cypher.WENT_GROUP, **group))
        else:
            low, high = ranges[origin, learned]
            yield from _sorted(server.stream(cypher.GROUP, low=low, high=high, **group))


def history_of(server: Server, at: int, ids: Collection[str]) -> list[Row]:
    """The same of some ids alone."""
    def moments(row: Row) -> tuple[Any, ...]:
        gone = row.get("retracted", 0)
        gone = gone if gone <= at else 0
        return row["learned"], not gone, gone, row["origin"], _place(row)

    return sorted(server.stream(cypher.HISTORY_OF, about=list(ids), at=at), key=moments)


def _seqs(server: Server) -> dict[tuple[str, int], tuple[int, int]]:
    """The numbers of the first and last row that an origin brought at a moment."""
    return {(origin, learned): (low, high) for origin, learned, _, _, _, low, high
            in server.read(cypher.TALLIES) if low is not None}


def live_sum(server: Server, at: int) -> int:
    """The sum of the distinct digests of what is live."""
    return sum(int.from_bytes(row["digest"], "little") for row in live_rows(server, at)) % MODULUS


def tallies(server: Server) -> list[Tally]:
    """Rows and sums of digests by origin and record times, at the head."""
    found: dict[tuple[str, int, int], tuple[int, int]] = {}

    def add(key: tuple[str, int, int], n: int, total: int) -> None:
        before = found.get(key, (0, 0))
        found[key] = before[0] + n, (before[1] + total) % MODULUS

    for origin, learned, retracted, n, blob, _, _ in server.read(cypher.TALLIES):
        total = int.from_bytes(blob, "little")
        add((origin, learned, retracted), n, total)
        if retracted:
            add((origin, learned, 0), -n, -total)
    return [(*key, n, total) for key, (n, total) in sorted(found.items()) if n]


# Columns -----------------------------------------------------------------------------------------


def columns(server: Server, at: int, top: int, version: str | None) -> Columns:
    """Everything that is live; several sessions read ranges of row numbers at the same time.

    top: the last row number; version: of that moment if it is known.
    """
    terms: dict[str, int] = {}
    parts: list[NDArray[np.int64]] = [np.zeros((0, 9), np.int64)]
    values: list[str] = []
    digests: list[bytes] = []
    for rows in _ranges(server, at, top):
        parts.append(_numbers(rows, terms))
        values += [canonical(said(row)) for row in rows]
        if version is None:
            digests += [row["digest"] for row in rows]
    if version is None:
        version = content_hash(sum(int.from_bytes(one, "little") for one in set(digests)))
    table = np.concatenate(parts)
    order = sorted(terms)
    place = np.full(len(order) + 1, -1, np.int32)
    place[[terms[text] for text in order]] = np.arange(len(order), dtype=np.int32)
    kind, thing, source, head, tail = place[table[:, :5].T]
    start, end, observed = table[:, 5:8].T.astype(np.int32)
    return tidy(Columns(order, kind, thing, source, head, tail, start, end, observed,
                        table[:, 8].astype(np.bool_), values, version))


def _ranges(server: Server, at: int, top: int) -> Iterator[list[Row]]:
    """The live rows of every range, in order; a few ranges are read ahead."""
    def read(low: int) -> list[Row]:
        return server.gather(cypher.COLUMNS, at=at, low=low, high=low + _RANGE)

    with ThreadPoolExecutor(_READERS) as pool:
        waiting = deque(pool.submit(read, low) for low in range(0, top, _RANGE)[:_READERS + 1])
        ahead = iter(range(0, top, _RANGE)[_READERS + 1:])
        try:
            while waiting:
                rows = waiting.popleft().result()
                if (low := next(ahead, None)) is not None:
                    waiting.append(pool.submit(read, low))
                if rows:
                    yield rows
        finally:
            pool.shutdown(cancel_futures=True)


def _numbers(rows: Sequence[Row], terms: dict[str, int]) -> NDArray[np.int64]:
    """kind, thing, source, head, tail as numbers of terms (-1: none), dates, inferred."""
    def number(text: str | None) -> int:
        return -1 if text is None else terms.setdefault(text, len(terms))

    return np.array([(
        number(row["kind"]), number(row["about"]), number(row["source"]), number(row.get("head")),
        number(row.get("tail")), packed(row.get("valid_from")), packed(row.get("valid_to")),
        packed(row.get("observed")), row["inferred"]) for row in rows], np.int64)


# Checking ----------------------------------------------------------------------------------------


def wrong(server: Server, at: int, seq: int, content: str) -> Iterator[str]:
    """What is damaged: every row against its digests, then the sums against the rows."""
    sums: dict[tuple[str, int, int], tuple[int, int]] = {}
    for row in server.stream(cypher.EVERY, seq=seq):
        one, number = record(row), int.from_bytes(row["digest"], "little")
        if digest(one) != row["digest"] or row["id"] != record_id(
                one.id, one.source, one.valid_from):
            yield f"{one.id}：内容与摘要不符"
        gone = row.get("retracted", 0)
        key = row["origin"], row["learned"], gone if gone <= at else 0
        n, total = sums.get(key, (0, 0))
        sums[key] = n + 1, (total + number) % MODULUS
    if [(*key, n, total) for key, (n, total) in sorted(sums.items())] != sorted(
            as_of(tallies(server), at)):
        yield "行数或摘要之和与记下的不符"
    if content_hash(live_sum(server, at)) != content:
        yield "内容版本不符"
