"""The small protocol that every back end fulfils, and the door that opens one by URL."""

import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from graph.record import Record
from ontology.errors import StoreError, XianglianError
from ontology.model import Ontology

__all__ = ["PASSWORD", "Columns", "Entry", "Progress", "Put", "Store", "Writer", "copy",
           "open_store", "restore", "silent", "sqlite_path"]

PASSWORD = "XIANGLIAN_NEO4J_PASSWORD"  # the variable, for an address may not hold one


Progress = Callable[[str, int, int], None]
"""Called with (what, done, total); a total of 0 means that nobody knows."""


def silent(what: str, done: int, total: int) -> None:
    """Nobody wants to know."""


class Put(Enum):
    """What became of one record that was put, compared with what was there before the load."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored row with its record time (microseconds since 1970, UTC)."""

    record: Record
    origin: str
    learned: int
    retracted: int | None


@dataclass(frozen=True, slots=True)
class Columns:
    """All live records column by column, n rows, sorted by (kind, id, source, valid_from).

    kind, thing, source, head, tail are int32 positions in `terms` (-1: none), which is sorted, so
    that the order of positions is the order of texts.
    valid_from, valid_to, observed are int32 partial dates yyyymmdd, month or day 0 when not said,
    0 when there is no date.  `values` holds each record's values as canonical JSON text.
    `version` is that of a store which holds exactly these records.
    """

    terms: list[str]
    kind: NDArray[np.int32]
    thing: NDArray[np.int32]
    source: NDArray[np.int32]
    head: NDArray[np.int32]
    tail: NDArray[np.int32]
    valid_from: NDArray[np.int32]
    valid_to: NDArray[np.int32]
    observed: NDArray[np.int32]
    inferred: NDArray[np.bool_]
    values: list[str]
    version: str = ""


class Writer(Protocol):
    """One load: nothing is visible before `commit`; leaving without it rolls back."""

    def put(self, origin: str, records: Sequence[Record]) -> list[Put]:
        """Stage a batch; a record with a known (origin, id, source, valid_from) replaces that one.

        Thousands a call are quickest.  Raises ValueError for a kind that the ontology lacks and
        for a date that is not a partial ISO text.
        """

    def staged(self, origin: str, id: str, source: str, valid_from: str | None) -> Record | None:
        """What this load has put so far under that triple."""

    def unseen(self, origin: str, kinds: Collection[str] | None = None) -> tuple[int, int]:
        """(live rows of the origin that this load has not put, all that were live before it)."""

    def retract_unseen(self, origin: str, kinds: Collection[str] | None = None) -> int:
        """Retract them; how many."""

    def retract(self, *, origin: str | None = None, source: str | None = None,
                id: str | None = None) -> int:
        """Retract live rows that match every given argument; how many."""

    def commit(self) -> None:
        """Make the load visible, whole and durable."""


class Store(Protocol):
    """Keeps every record of every source, for ever; answers from a snapshot.

    The same record brought by two origins is one record to every reader but `history`.
    """

    def write(self, *, wait: float = 30.0,
              progress: Progress = silent) -> AbstractContextManager[Writer]:
        """Begin the only load; waits for another writer, then says who holds the lock.

        progress   told of what is still done after the commit
        """

    def records(self, *, kinds: Collection[str] | None = None, ids: Collection[str] | None = None,
                source: str | None = None, origin: str | None = None,
                known_at: int | None = None) -> Iterator[Record]:
        """Live records (or those live at `known_at`), sorted by (kind, id, source, valid_from)."""

    def history(self, ids: Collection[str] | None = None) -> Iterator[Entry]:
        """Every row ever learned about these ids (None: about everything), oldest first."""

    def neighbours(self, ids: Collection[str]) -> Iterator[Record]:
        """Live links that have one of these ids as an end, sorted as `records` are."""

    def origins(self) -> dict[str, int]:
        """Names of what was loaded, and how many live rows each holds."""

    def columns(self, *, known_at: int | None = None) -> Columns:
        """Everything that the index needs, in one pass."""

    def version(self) -> str:
        """content_hash: 32 hex digits over what the sources say, whatever the order of loading."""

    def history_hash(self) -> str:
        """32 hex digits over record time and retractions too."""

    def mark(self) -> str:
        """Names the point that the history has reached, for a later `touched`."""

    def touched(self, mark: str, limit: int) -> set[str] | None:
        """Ids about which a row was learned or retracted since that mark.

        None if the store never was at that mark, or if it is about more than `limit` rows.
        """

    def cache_key(self) -> str:
        """Names this store for derived caches; holds no secret."""

    def verify(self) -> None:
        """Read everything and recompute every hash; raises StoreError with what is damaged."""

    def receive(self, entries: Iterable[Entry], progress: Progress = silent) -> None:
        """Take over another store's whole history with its record times; only while empty."""

    def backup(self, file: str | Path, *, overwrite: bool = False) -> None:
        """Write content and history to one SQLite file, whole or not at all."""

    def close(self) -> None:
        """Release everything; a closed store may not be used."""


def open_store(url: str, ontology: Ontology, *, create: bool = True,
               read_only: bool = False) -> Store:
    """Open a back end by its URL.

    `sqlite://` (memory), `sqlite:///relative.db`, `sqlite:////absolute.db`, `sqlite:///C:/x.db`;
    percent-encoding is undone.  `bolt://user@host:7687` (one Neo4j server) and
    `neo4j://user@host:7687/database` (a cluster), also with +s or +ssc; the password stands in
    XIANGLIAN_NEO4J_PASSWORD.  With `create` missing folders are made too; without it, or with
    `read_only`, a store that does not exist is an empty one that cannot be written.
    Raises StoreError with a sentence for the user.
    """
    if url.startswith("sqlite://"):
        from graph.sqlite import SQLiteStore

        return SQLiteStore(sqlite_path(url), ontology, create=create, read_only=read_only)
    if re.match(r"(bolt|neo4j)(\+s|\+ssc)?://", url):
        from graph.neo4j import Neo4jStore

        return Neo4jStore(url, ontology, create=create, read_only=read_only)
    raise StoreError(f"不认识的存储地址「{url}」：可用 sqlite:///文件名、sqlite://（内存），"
                     "或 Neo4j 的 bolt://用户@主机:7687、neo4j://用户@主机:7687/库名")


def restore(url: str, file: str | Path, ontology: Ontology, *, overwrite: bool = False) -> None:
    """Put a backup into the store of that URL; the backup is read as a whole first.

    A SQLite store with content is replaced only with `overwrite`, and is the old or the new one at
    every moment; any other back end must be empty.  Raises StoreError.
    """
    from graph import sqlite, sqlite_restore

    if not Path(file).is_file():
        raise StoreError(f"没有备份文件 {file}")
    if url.startswith("sqlite://"):
        path = sqlite_path(url)
        if path is None:
            raise StoreError("内存里的存储用完即弃，不能恢复到那里；请用 --store 指明文件")
        sqlite_restore.restore(file, path, ontology, overwrite=overwrite)
        return
    with sqlite.SQLiteStore(file, ontology, read_only=True) as source:
        source.verify()
        target = open_store(url, ontology)
        try:
            target.receive(source.history())
        finally:
            target.close()


def copy(source_url: str, target_url: str, ontology: Ontology,
         progress: Progress = silent) -> int:
    """Take a store's whole history with its record times into an empty one; the number of rows.

    Somebody may load into the source meanwhile: the target then holds its state before or after.
    Raises XianglianError if there is nothing to copy or nowhere to copy it to.
    """
    if target_url.startswith("sqlite://") and sqlite_path(target_url) is None:
        raise XianglianError("内存里的存储用完即弃，不能搬进去；请写一个文件或服务器")
    with closing(open_store(source_url, ontology, create=False)) as source:
        if not _moment(source):
            raise XianglianError(f"没有可搬的内容：{source_url} 还不存在，或是空的")
        with closing(open_store(target_url, ontology)) as target:
            return _copy(source, target, progress)


def _copy(source: Store, target: Store, progress: Progress) -> int:
    if source.cache_key() == target.cache_key():
        raise XianglianError("两个地址是同一个存储，没有什么可搬")
    if _moment(target):
        raise StoreError("要搬进的存储不是空的，没有改动它；请换一个空的")
    progress("核对", 0, 0)
    source.verify()
    live, done = sum(source.origins().values()), 0

    def entries() -> Iterator[Entry]:
        nonlocal done
        for done, entry in enumerate(source.history(), 1):
            if done % 1000 == 0:
                progress("搬运", done, max(done, live))
            yield entry
        progress("提交", 0, 0)

    target.receive(entries(), progress)
    if source.touched(target.mark(), sys.maxsize) is None:
        raise StoreError("搬过去的内容与原件不一致，请不要使用；原件没有改动")
    return done


def _moment(store: Store) -> int:
    """The latest record time; 0 if nothing was ever loaded."""
    return int(store.mark().partition("-")[0])


def sqlite_path(url: str) -> str | None:
    """The file of a sqlite URL; None in memory."""
    rest = url.removeprefix("sqlite://")
    if rest in ("", "/", "/:memory:"):
        return None
    if not rest.startswith("/") or "?" in rest:
        raise StoreError(f"存储地址「{url}」写得不对：三条斜线加文件名，如 sqlite:///xianglian.db；"
                         "绝对路径用四条，如 sqlite:////data/xianglian.db，"
                         "Windows 上如 sqlite:///C:/xianglian.db")
    path = unquote(rest[1:])
    # sqlite:////C:/x.db is a common slip for the drive.
    return path[1:] if re.match(r"/[A-Za-z]:[/\\]", path) else path
