"""A Neo4j store that something disturbs, and its twin in peace: both must hold the same at the end.

The same loads go into a SQLite store that nothing disturbs.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import pytest

from graph.neo4j import Neo4jStore
from graph.record import Record, digest
from graph.store import Store, open_store
from tests.drawn import Anything, drawn, drawn_anew, query
from tests.neo4j_server import Given, clear
from tests.neo4j_server.database import PASSWORD
from tests.small import ONTOLOGY, Small
from tests.tcp_proxy import Proxy


def load(store: Store, records: Sequence[Record], origin: str = "名单", *, size: int = 1000,
         between: Callable[[], object] = lambda: None) -> None:
    """Replace what an origin says, in batches; `between` runs after each."""
    with store.write() as writer:
        for start in range(0, len(records), size):
            writer.put(origin, records[start:start + size])
            between()
        writer.retract_unseen(origin)
        writer.commit()


def firms(note: str, count: int = 40) -> list[Record]:
    """Firms that supply one another, all with that note."""
    small = Small()
    small.cite("名单", "press", "2026-06-01")
    ids = [small.thing("Company", name=f"金博{i}", note=note) for i in range(count)]
    for one, other in pairwise(ids):
        small.link("suppliesTo", one, other,
                   product=small.thing("Product", name=f"{note}盘"))
    return small.records


def told(store: Store) -> list[tuple[str, bytes, str, bool]]:
    """The history without its record times."""
    return sorted((e.record.id, digest(e.record), e.origin, e.retracted is None)
                  for e in store.history())


@dataclass
class World:
    """The store under test, and a twin that took the same loads in peace."""

    server: Anything
    store: Neo4jStore
    twin: Store

    def same(self) -> None:
        """Content, counts, history and the readable graph are what they should be."""
        assert drawn(self.server) == drawn_anew(self.server, self.store)
        assert self.store.version() == self.twin.version()
        assert self.store.origins() == self.twin.origins()
        assert told(self.store) == told(self.twin)
        rows, = query(self.server, "MATCH (r:Row) RETURN count(*), count(DISTINCT r.seq)")
        assert rows == [len(told(self.twin))] * 2
        self.store.verify()

    def expire(self) -> None:
        """As 25 s after the end of a loader."""
        query(self.server, "MATCH (l:XianglianLock) SET l.until = 0")


@pytest.fixture(scope="module")
def peace() -> Iterator[list[Store]]:
    """The twin that the tests of this file share, as they share the database: its schema takes
    seconds to make."""
    held: list[Store] = []
    yield held
    for store in held:
        store.close()


@pytest.fixture(scope="module")
def emptied(neo4j_server: Anything) -> Iterator[None]:
    """The database, which the tests of a file share, is empty after them."""
    yield
    if isinstance(neo4j_server, Given) or neo4j_server.running:
        with neo4j_server.driver() as driver:
            clear(driver)


@pytest.fixture
def world(neo4j_server: Anything, emptied: None, peace: list[Store],
          monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A database with a few firms; what the tests before left there has come along."""
    monkeypatch.setenv(PASSWORD, neo4j_server.password)
    store = open_store(neo4j_server.store, ONTOLOGY)
    assert isinstance(store, Neo4jStore)
    if not peace or store.version() != peace[-1].version():
        query(neo4j_server, "MATCH (n) WHERE NOT n:XianglianStore AND NOT n:XianglianLock "
                            "DETACH DELETE n")
        query(neo4j_server, "MATCH (s:XianglianStore) SET s.head = 0, s.projected = 0")
        peace.append(open_store("sqlite://", ONTOLOGY))
    world = World(neo4j_server, store, peace[-1])
    for one in (store, world.twin):
        load(one, firms("旧"))
    yield world
    store.close()


@pytest.fixture
def through(world: World, neo4j_proxy: Proxy) -> Iterator[Neo4jStore]:
    """The same store through a connection that may fail."""
    store = open_store(f"bolt://127.0.0.1:{neo4j_proxy.port}", ONTOLOGY)
    assert isinstance(store, Neo4jStore)
    yield store
    neo4j_proxy.flow()
    store.close()


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Another thread; what it raises is raised at the end."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    if failed:
        raise failed[0]


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
