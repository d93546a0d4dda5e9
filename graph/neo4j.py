"""The Neo4j back end, for one server or a cluster.

Rows are nodes that are never deleted once they count (graph/cypher.py says what is stored); `head`
is the record time of the last load, and everybody reads at it.  The readable graph, a projection
of what is live, is brought up after every load (graph/projection.py).
"""

import secrets
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path

from graph import cypher
from graph import neo4j_reader as reader
from graph.bolt import Address, Server
from graph.hashes import EMPTY, history_hash, history_mark, moment_of, touched_rows
from graph.lease import Lease
from graph.neo4j_graph import bring_up, make, make_anew, schema
from graph.neo4j_rows import entry, record
from graph.neo4j_writer import Neo4jWriter
from graph.record import Record
from graph.store import Columns, Entry, Progress, silent
from ontology.errors import StoreError
from ontology.model import Ontology

__all__ = ["Neo4jStore"]

SCHEMA = cypher.SCHEMA
_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class _State:
    """What the store's own node says."""

    application: str
    schema: int
    uid: str
    head: int = 0
    projected: int = 0
    model: str = ""
    content: str = EMPTY
    seq: int = 0


class Neo4jStore:
    """See `graph.store.Store`."""

    def __init__(self, url: str, ontology: Ontology, *, create: bool = True,
                 read_only: bool = False) -> None:
        self._ontology = ontology
        self._address = Address.parse(url)
        self._read_only, self._closed = read_only, False
        self._name = f"Neo4j（{self._address}）"
        self._server = Server(self._address)
        try:
            self._open(create and not read_only)
        except BaseException:
            self._server.close()
            raise

    # Opening and closing

    def _open(self, create: bool) -> None:
        state = self._state()
        if state is None and self._server.read(cypher.ANYTHING):
            state = self._state()  # unless somebody has just made a store
            if state is None:
                raise self._foreign()
        if state is None and create:
            self._make()
            state = self._state()
        if state is None:
            self._read_only = True
            self._name += "（里面还没有图谱，请先运行 xianglian load 载入数据）"
            return
        if state.application != cypher.APPLICATION:
            raise self._foreign()
        if state.schema > SCHEMA:
            raise StoreError(f"{self._name} 由更新版本的湘链写成（它的结构版本是 {state.schema}，"
                             f"本程序只认识到 {SCHEMA}）；请升级本程序")
        if state.schema == cypher.BARE:
            self._index()
        if create:
            self._take_up(state)

    def _index(self) -> None:
        """What an import from files leaves to do."""
        if self._read_only:
            raise StoreError(f"{self._name} 是从文件导入的，还没有建索引；"
                             "请先对它运行一次 xianglian start")
        make(self._server, [*cypher.INDEXES, *schema(self._ontology)])
        self._server.run(cypher.INDEXED)

    def _take_up(self, state: _State) -> None:
        """Clean up after a killed load and finish an interrupted projection, if nobody writes."""
        left = self._server.read(cypher.LEFT, seq=state.seq, head=state.head)
        if not left and self._drawn(state):
            return
        lease = Lease(self._server)
        try:
            lease.take(0)
        except StoreError:
            return
        try:
            self._mend(lease)
        finally:
            lease.release()

    def _drawn(self, state: _State) -> bool:
        return state.projected == state.head and state.model == self._ontology.fingerprint

    def _foreign(self) -> StoreError:
        return StoreError(f"{self._name} 里有别的程序的数据，未作任何改动；"
                          "请换一个空的数据库（在地址末尾写 /库名）")

    def _make(self) -> None:
        make(self._server, cypher.INDEXES)
        new = {"application": cypher.APPLICATION, "schema": SCHEMA, "uid": secrets.token_hex(8)}
        self._server.run(cypher.NEW_STORE, **new)

    def _state(self) -> _State | None:
        self._check_open()
        found = self._server.read(cypher.STATE)
        return None if not found else _State(*(
            value for value in found[0][:6]), *(found[0][6:] if found[0][6] else (EMPTY, 0)))

    def _now(self) -> _State:
        return self._state() or _State("", 0, "")

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._server.close()

    def __enter__(self) -> "Neo4jStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError(f"存储 {self._name} 已经关闭")

    # Writing

    @contextmanager
    def write(self, *, wait: float = 30.0,
              progress: Progress = silent) -> Iterator[Neo4jWriter]:
        self._check_open()
        if self._read_only:
            raise StoreError(f"存储 {self._name} 是只读的，不能写入")
        lease = Lease(self._server)
        lease.take(wait)
        try:
            state = self._mend(lease)
            now = max(time.time_ns() // 1000, state.head + 1)
            writer = Neo4jWriter(self._server, lease, self._ontology.kinds, now=now,
                                 content=state.content, seq=state.seq)
            try:
                yield writer
            finally:
                if writer.staging:
                    self._take_back(lease)
            if writer.done:
                self._show(lease, progress)
        finally:
            lease.release()

    def _take_back(self, lease: Lease) -> None:
        """Undo what was staged, unless the commit took effect without our hearing of it.

        What cannot be undone now is undone by the next writer; why we are here is said already.
        """
        with suppress(StoreError):
            lease.settle()
        with suppress(StoreError):
            self._clean(lease)

    def _mend(self, lease: Lease) -> _State:
        """What the last writer left undone; the lock is ours."""
        state = self._now()
        if self._server.read(cypher.LEFT, seq=state.seq, head=state.head):
            self._clean(lease)
        self._draw(lease, state)
        return state

    def _draw(self, lease: Lease, state: _State, progress: Progress = silent) -> None:
        """Bring the readable graph up to the head."""
        if self._drawn(state):
            return
        if state.model != self._ontology.fingerprint:
            make(self._server, schema(self._ontology))
            lease.write((cypher.MARK_STORE, {"marks": {
                "projected": 0, "model": self._ontology.fingerprint}}))
            state = self._now()
        if state.projected:
            seq = self._server.read(cypher.LOAD_SEQ, at=state.projected)[0]
            bring_up(self._server, lease, self._ontology, state.projected, seq, state.head,
                     progress)
        elif state.head:
            make_anew(self._server, lease, self._ontology, state.head, progress)
        lease.write((cypher.MARK_STORE, {"marks": {"projected": state.head}}))

    def _show(self, lease: Lease, progress: Progress) -> None:
        """Bring the readable graph up to the load that has just been committed."""
        try:
            self._draw(lease, self._now(), progress)
        except StoreError as error:
            raise StoreError("数据已全部写入，但供浏览的图还没有更新完，下次写入时会接着更新；"
                             f"原因：{error}") from error

    def _clean(self, lease: Lease) -> None:
        """Take back what a load has staged and not committed.

        Whether it was committed is known once a commit of which we did not hear has ended; it held
        the lock, which the empty transaction waits for.
        """
        lease.write()
        state = self._now()
        for query in (cypher.DROP_CAME, cypher.UNSTAMP_AFTER):
            while lease.count(query, head=state.head, seq=state.seq, limit=_LIMIT):
                pass
        for query in (cypher.DROP_TALLIES, cypher.DROP_LOADS):
            lease.count(query, head=state.head)

    def receive(self, entries: Iterable[Entry], progress: Progress = silent) -> None:
        with self.write(progress=progress) as writer:
            writer.receive(entries)
            writer.commit()

    # Reading

    def records(self, *, kinds: Collection[str] | None = None, ids: Collection[str] | None = None,
                source: str | None = None, origin: str | None = None,
                known_at: int | None = None) -> Iterator[Record]:
        at = self._moment(known_at)
        for row in reader.live_rows(self._server, at, ids=ids, kinds=kinds, source=source,
                                    origin=origin):
            yield record(row)

    def neighbours(self, ids: Collection[str]) -> Iterator[Record]:
        for row in reader.neighbour_rows(self._server, self._moment(None), ids):
            yield record(row)

    def history(self, ids: Collection[str] | None = None) -> Iterator[Entry]:
        at = self._moment(None)
        for row in (reader.history_rows(self._server, at) if ids is None
                    else reader.history_of(self._server, at, ids)):
            yield entry(row, at)

    def _moment(self, known_at: int | None) -> int:
        """The record time to read at; nothing later than the head is there yet."""
        head = self._now().head
        return head if known_at is None else min(known_at, head)

    def origins(self) -> dict[str, int]:
        self._check_open()
        found: dict[str, int] = {}
        for origin, _, retracted, n, _ in reader.tallies(self._server):
            if not retracted:
                found[origin] = found.get(origin, 0) + n
        return found

    def columns(self, *, known_at: int | None = None) -> Columns:
        state = self._now()
        at = state.head if known_at is None else min(known_at, state.head)
        return reader.columns(self._server, at, state.seq,
                              state.content if at == state.head else None)

    def version(self) -> str:
        return self._now().content

    def history_hash(self) -> str:
        self._check_open()
        return history_hash(reader.tallies(self._server))

    def mark(self) -> str:
        self._check_open()
        return history_mark(reader.tallies(self._server))

    def touched(self, mark: str, limit: int) -> set[str] | None:
        state, moment = self._now(), moment_of(mark)
        tallies = reader.tallies(self._server)
        if history_mark(tallies, moment) != mark or touched_rows(tallies, moment) > limit:
            return None
        learned = sum(n for _, learned, _, n, _ in tallies if learned > moment)
        return {id for query in (cypher.CAME_SINCE, cypher.WENT_SINCE) for id in self._server.read(
            query, seq=state.seq, n=learned, moment=moment, at=state.head)}

    def cache_key(self) -> str:
        place = self._now().uid or str(self._address)
        return "neo4j-" + blake2b(place.encode(), digest_size=8).hexdigest()

    def verify(self) -> None:
        state = self._now()
        wrong = list(islice(reader.wrong(self._server, state.head, state.seq, state.content), 5))
        if wrong:
            raise StoreError(f"存储 {self._name} 已损坏；请恢复最近的备份（{'；'.join(wrong)}）")

    def backup(self, file: str | Path, *, overwrite: bool = False) -> None:
        """Write the whole history to one SQLite file; the store goes on meanwhile."""
        from graph.sqlite_restore import save

        if self._state() is None:
            raise StoreError(f"没有可备份的内容：存储 {self._name}")
        save(self.history(), file, self._ontology, overwrite=overwrite)
