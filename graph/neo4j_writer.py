"""One load into Neo4j: rows are staged unseen in batches, then one moment makes them count.

What a batch changes is read first and worked out here; the writing transactions only carry it out.
So the sums that hashes and counts follow from are kept up to date on the way, and no transaction
that is tried again can count anything twice.
"""

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from graph import cypher
from graph.bolt import Numbers, Server
from graph.hashes import MODULUS, became, check_texts, content_hash, no_kind
from graph.lease import Lease, Step
from graph.neo4j_reader import live_sum
from graph.neo4j_rows import properties, record
from graph.record import Record, record_id
from graph.store import Entry, Put
from ontology.errors import StoreError
from ontology.model import Kind

__all__ = ["Neo4jWriter", "Tallies"]

_BATCH = 10_000


class _Told(NamedTuple):
    """A row that is live, or that this load retracted."""

    seq: int
    id: str
    origin: str
    digest: bytes
    learned: int
    retracted: int | None


class Tallies:
    """Rows and sums of digests that a load brought and took away, and the content's sum."""

    def __init__(self, content: str) -> None:
        self.content = int(content, 16)
        self._sums: defaultdict[tuple[str, int, int], list[int]] = defaultdict(lambda: [0, 0])
        self._ranges: dict[tuple[str, int], tuple[int, int]] = {}

    def count(self, origin: str, learned: int, retracted: int, digest: bytes, n: int) -> None:
        """n: 1 or -1 rows with these record times (retracted 0: that came)."""
        sums = self._sums[origin, learned, retracted]
        sums[0] += n
        sums[1] += n * int.from_bytes(digest, "little")

    def number(self, origin: str, learned: int, seq: int) -> None:
        """A row of these came under that number; numbers only grow."""
        low, _ = self._ranges.get((origin, learned), (seq, seq))
        self._ranges[origin, learned] = low, seq

    def replace(self, old: bytes | None, new: bytes | None, others: Collection[bytes]) -> None:
        """One record says something new; `others` is what other origins say under its id."""
        for digest, sign in ((old, -1), (new, 1)):
            if digest is not None and digest not in others:
                self.content += sign * int.from_bytes(digest, "little")

    def rows(self) -> list[dict[str, Any]]:
        """As nodes; none if nothing changed.  `at` is the moment from which one counts."""
        return [{"at": retracted or learned, "origin": origin, "learned": learned,
                 "retracted": retracted, "n": n,
                 "total": (total % MODULUS).to_bytes(16, "little"),
                 **({} if retracted else dict(zip(("low", "high"), self._ranges[origin, learned],
                                                  strict=True)))}
                for (origin, learned, retracted), (n, total) in sorted(self._sums.items()) if n]


class _Change:
    """What one batch writes."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.drop: list[int] = []
        self.stamp: list[int] = []
        self.unstamp: list[int] = []


class Neo4jWriter:
    """See `graph.store.Writer`."""

    def __init__(self, server: Server, lease: Lease, kinds: Mapping[str, Kind], *, now: int,
                 content: str, seq: int) -> None:
        self._server, self._lease, self._kinds = server, lease, kinds
        self._now = now
        self._first = self._next = seq + 1
        self._tallies = Tallies(content)
        self._seen = Numbers()  # rows that the load has put again
        self.done = self.staging = False

    # Putting

    def put(self, origin: str, records: Sequence[Record]) -> list[Put]:
        self._check_open()
        self._check(origin, records)
        rows = [properties(self._kinds[r.kind], origin, r, self._now) for r in records]
        last = {row["id"]: row for row in rows}
        told = self._told(row["about"] for row in last.values())
        change, before = _Change(), dict[str, bytes]()
        for id, row in last.items():
            old = self._put(origin, row, told.get(id, ()), change)
            if old is not None:
                before[id] = old
        self._write(change)
        return [became(before.get(row["id"]), row["digest"]) for row in rows]

    def _check(self, origin: str, records: Sequence[Record]) -> None:
        check_texts((origin,))
        for r in records:
            if r.kind not in self._kinds:
                raise no_kind(r.kind)
            check_texts((r.id, r.source, *(r.ends or ())))

    def _told(self, about: Iterable[str]) -> dict[str, list[_Told]]:
        """The rows about these things, by record id: live ones and those this load retracted."""
        self._lease.settle()
        found: dict[str, list[_Told]] = {}
        for row in self._server.gather(cypher.TOLD, about=list(dict.fromkeys(about)),
                                       now=self._now):
            told = _Told(*row)
            found.setdefault(told.id, []).append(told)
        return found

    def _put(self, origin: str, row: dict[str, Any], told: Sequence[_Told],
             change: _Change) -> bytes | None:
        """Add to the change what this row asks for; the digest that was live before the load."""
        digest = row["digest"]
        mine = [other for other in told if other.origin == origin]
        staged = next((r for r in mine if r.learned == self._now), None)
        old = next((r for r in mine if r.learned < self._now), None)
        live = next((r.digest for r in mine if r.retracted is None), None)
        others = {r.digest for r in told if r.origin != origin and r.retracted is None}
        if live != digest:
            self._tallies.replace(live, digest, others)
        if staged and (staged.digest != digest or (old and old.digest == digest)):
            self._drop(staged, change)
            staged = None
        if old and old.digest == digest:
            self._seen.add(old.seq)
            if old.retracted is not None:
                self._count_gone(old, -1)
                change.unstamp.append(old.seq)
        elif not staged:
            self._create(row, change)
            if old and old.retracted is None:
                self._stamp(old, change)
        return old.digest if old else None

    def _create(self, row: dict[str, Any], change: _Change) -> None:
        row["seq"] = self._next
        self._next += 1
        self._tallies.count(row["origin"], row["learned"], 0, row["digest"], 1)
        self._tallies.number(row["origin"], row["learned"], row["seq"])
        change.rows.append(row)

    def _drop(self, row: _Told, change: _Change) -> None:
        self._tallies.count(row.origin, row.learned, 0, row.digest, -1)
        change.drop.append(row.seq)

    def _stamp(self, row: _Told, change: _Change) -> None:
        self._count_gone(row, 1)
        change.stamp.append(row.seq)

    def _count_gone(self, row: _Told, n: int) -> None:
        self._tallies.count(row.origin, row.learned, self._now, row.digest, n)

    def _write(self, change: _Change) -> None:
        """One transaction; a batch that changes nothing costs none."""
        steps: list[Step] = [(query, parameters) for query, parameters in (
            (cypher.DROP_ROWS, {"seqs": change.drop}),
            (cypher.ADD_ROWS, {"rows": change.rows}),
            (cypher.STAMP, {"seqs": change.stamp, "now": self._now}),
            (cypher.UNSTAMP, {"seqs": change.unstamp})) if next(iter(parameters.values()))]
        if steps:
            self.staging = True
            self._lease.later(*steps)

    # Looking at the load

    def staged(self, origin: str, id: str, source: str, valid_from: str | None) -> Record | None:
        self._check_open()
        wanted = record_id(id, source, valid_from)
        for row in self._rows(about=[id], origin=[origin]):
            if row["id"] == wanted and "retracted" not in row and (
                    row["learned"] == self._now or row["seq"] in self._seen):
                return record(row)
        return None

    def _rows(self, **columns: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._server.read(
            f"{cypher.matching(columns)} RETURN properties(r)", **columns)
        return found

    def unseen(self, origin: str, kinds: Collection[str] | None = None) -> tuple[int, int]:
        self._check_open()
        rest = total = 0
        for seq, learned, retracted in self._every(origin=[origin], kind=kinds):
            was = learned < self._now and (retracted is None or retracted == self._now)
            total += was
            rest += was and retracted is None and seq not in self._seen
        return rest, total

    def _every(self, **columns: Collection[str] | None) -> Iterator[Any]:
        """(seq, learned, retracted) of all rows with these values."""
        given = {name: list(texts) for name, texts in columns.items() if texts is not None}
        yield from self._server.stream(
            f"{cypher.matching(given)} RETURN r.seq, r.learned, r.retracted", **given)

    # Retracting

    def retract_unseen(self, origin: str, kinds: Collection[str] | None = None) -> int:
        self._check_open()
        return self._retract(array("q", (
            seq for seq, learned, retracted in self._every(origin=[origin], kind=kinds)
            if retracted is None and learned < self._now and seq not in self._seen)))

    def retract(self, *, origin: str | None = None, source: str | None = None,
                id: str | None = None) -> int:
        given = {"about": id and [id], "source": source and [source],
                 "origin": origin and [origin]}
        wanted = {name: texts for name, texts in given.items() if texts}
        if not wanted:
            raise ValueError("retract needs an origin, a source or an id")
        self._check_open()
        return self._retract(array("q", (
            seq for seq, _, retracted in self._every(**wanted) if retracted is None)))

    def _retract(self, seqs: Sequence[int]) -> int:
        """Stamp rows; those of this very load go without a trace."""
        for start in range(0, len(seqs), _BATCH):
            some = list(seqs[start:start + _BATCH])
            going, change = set(some), _Change()
            about = self._server.read(cypher.SEQS + "RETURN r.about", seqs=some)
            for told in self._told(about).values():
                staying = {r.digest for r in told
                           if r.retracted is None and r.seq not in going}
                gone = {r.digest for r in told if r.seq in going}
                for digest in gone:
                    self._tallies.replace(digest, None, staying)
                for row in told:
                    if row.seq in going:
                        take = self._drop if row.learned == self._now else self._stamp
                        take(row, change)
            self._write(change)
        return len(seqs)

    # The end

    def commit(self) -> None:
        self._check_open()
        if tallies := self._tallies.rows():
            load = {"at": self._now, "content": content_hash(self._tallies.content),
                    "seq": self._next - 1}
            self._publish(tallies, load)
        self.done = True

    def _publish(self, tallies: list[dict[str, Any]], load: dict[str, Any]) -> None:
        """What belongs to the moment first; then the moment itself, in one property."""
        self._lease.write((cypher.ADD_TALLIES, {"tallies": tallies}),
                          (cypher.ADD_LOAD, {"load": load}))
        self._lease.write((cypher.MOVE_HEAD, {"now": load["at"]}))
        self.staging = False

    def receive(self, entries: Iterable[Entry]) -> None:
        """Stage rows with the record times of another store; the load gets the last of them."""
        self._check_open()
        if self._first > 1:
            raise StoreError(f"Neo4j（{self._server.address}）里的存储不是空的，"
                             "不能把别的存储整个搬进来")
        waiting, last = iter(entries), 0
        while batch := list(islice(waiting, _BATCH)):
            change = _Change()
            for e in batch:
                self._check(e.origin, [e.record])
                row = properties(self._kinds[e.record.kind], e.origin, e.record, e.learned,
                                 e.retracted)
                self._create(row, change)
                if e.retracted is not None:
                    self._tallies.count(e.origin, e.learned, e.retracted, row["digest"], 1)
                last = max(last, e.learned, e.retracted or 0)
            self._write(change)
        self._lease.settle()
        self._now = last
        self._tallies.content = live_sum(self._server, last)

    def _check_open(self) -> None:
        """Nothing more after the commit; and what was staged before must be there to be read."""
        if self.done:
            raise StoreError("这次载入已经提交，不能再写")
        self._lease.settle()
