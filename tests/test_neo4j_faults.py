"""What breaks while the Neo4j store works: server, loader, connection, locks; nothing is lost.

The same loads go into a SQLite store that nothing disturbs; both must hold the same at the end.
"""

import logging
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from graph.cypher import MOVE_HEAD
from graph.neo4j import Neo4jStore
from graph.record import Record, digest
from graph.store import Store, open_store
from ontology.errors import StoreError
from tests.neo4j_server import Given, Server, clear
from tests.neo4j_server.__main__ import SOURCES, SUPPLIES
from tests.neo4j_server.database import PASSWORD
from tests.shell import Shell
from tests.small import ONTOLOGY, Small
from tests.tcp_proxy import Proxy
from tests.test_graph_neo4j_graph import drawn, drawn_anew, query

Anything = Server | Given
ROOT = Path(__file__).parent.parent


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


@pytest.fixture(scope="module", autouse=True)
def emptied(neo4j_server: Anything) -> Iterator[None]:
    yield
    if isinstance(neo4j_server, Given) or neo4j_server.running:
        with neo4j_server.driver() as driver:
            clear(driver)


@pytest.fixture
def world(neo4j_server: Anything, peace: list[Store],
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


# The server --------------------------------------------------------------------------------------


def test_a_server_killed_while_a_load_is_staged_and_while_it_is_drawn(
        world: World, neo4j_kill: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("neo4j_graph", "neo4j_change"):
        monkeypatch.setattr(f"graph.{module}.BATCH", 20)  # many steps to be cut off in
    monkeypatch.setattr("graph.bolt._FETCH", 20)
    new = firms("新", 300)
    head = query(neo4j_kill, "MATCH (s:XianglianStore) RETURN s.head")
    drawing = "MATCH (s:XianglianStore) WHERE s.head > $head AND s.projected < s.head RETURN 1"
    anew = "MATCH (c:Company {note: '新'}) RETURN count(c) > 20"
    staged = threading.Event()

    def crash() -> None:
        staged.wait()
        neo4j_kill.kill()
        neo4j_kill.start()
        with neo4j_kill.driver() as driver, driver.session() as session:
            until(lambda: session.run(drawing, head=head[0][0]).peek()
                  and session.run(anew).single()[0])  # type: ignore[index]
        neo4j_kill.kill()
        neo4j_kill.start()

    with meanwhile(crash):
        load(world.store, new, size=200, between=staged.set)
    load(world.twin, new)
    world.same()


def test_a_server_that_is_down_and_then_read_only(
        world: World, neo4j_kill: Server, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    shell, before = Shell(tmp_path, neo4j_kill.store), world.store.version()
    monkeypatch.setattr("graph.bolt.RETRY", 1.0)
    monkeypatch.setattr("graph.bolt._FETCH", 10)
    reading = world.store.records()
    next(reading)
    try:
        with pytest.raises(StoreError, match=r"连不上|没有在运行") as failed, \
                world.store.write() as writer:
            writer.put("名单", firms("死")[:10])
            neo4j_kill.stop()
            began = time.monotonic()
            writer.put("名单", firms("死")[10:])
        assert time.monotonic() - began < 30  # the server is waited for once, not at every step
        assert str(neo4j_kill.port) in str(failed.value)
        with pytest.raises(StoreError, match="连不上"):
            list(reading)
        with pytest.raises(StoreError, match="连不上"):
            world.store.columns()
        refused(shell, "连不上", "sources")
        refused(shell, "连不上", "add", "Company", "企业名称=死者", "--source", "走访")
        neo4j_kill.conf = "server.databases.default_to_read_only=true\n"
        neo4j_kill.start()
        monkeypatch.setattr("graph.bolt.RETRY", 60.0)
        assert world.store.version() == before
        refused(shell, "只读", "add", "Company", "企业名称=死者", "--source", "走访")
        with pytest.raises(StoreError, match="只读"), world.store.write():
            raise AssertionError
        for question in (("sources",), ("company", "金博1"), ("list", "Company"),
                         ("customers", "金博1"), ("export", "--format", "csv", "-o", "csv"),
                         ("backup", "copy.db")):
            shell.run(*question)  # no read writes anything
        world.store.verify()
    finally:
        neo4j_kill.conf = ""
        if neo4j_kill.running:
            neo4j_kill.stop()
        neo4j_kill.start()
    world.expire()
    open_store(neo4j_kill.store, ONTOLOGY).close()
    world.same()


def refused(shell: Shell, sentence: str, *command: str) -> None:
    """The command line says a sentence and ends with 3."""
    said = shell.run(*command, code=3)
    assert sentence in said and "127.0.0.1" in said and "Traceback" not in said
    assert shell.environ.get(PASSWORD, "no password") not in said


# The loader --------------------------------------------------------------------------------------


LOADER = """
import sys
from graph.store import open_store
from ontology import load_ontology
from tests.test_neo4j_faults import firms, load
store = open_store(sys.argv[1], load_ontology())
while True:
    for note in sys.argv[2:]:
        load(store, firms(note), size=10, between=lambda: print(note, flush=True))
"""


@contextmanager
def loader(server: Anything, program: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own, killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, server.store, *arguments], cwd=ROOT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"})
    assert process.stdin is not None and process.stdout is not None
    with process.stdin, process.stdout:
        try:
            assert process.stdout.readline()
            yield process
        finally:
            process.kill()
            process.wait()


def test_a_loader_killed_at_any_moment_leaves_the_old_or_the_new(
        world: World, peace: list[Store]) -> None:
    chance = random.Random(4)
    known = {"旧": told_now(world.twin)}
    for note in ("甲", "乙"):
        load(world.twin, firms(note))
        known[note] = told_now(world.twin)
    for _ in range(4):
        with loader(world.server, LOADER, "甲", "乙"):
            end = time.monotonic() + chance.uniform(0.2, 3)
            while time.monotonic() < end:  # who reads meanwhile sees one or the other
                assert told_now(world.store) in known.values()
                assert shown(world.server) <= known.keys()  # drawn in steps after the commit
        assert told_now(world.store) in known.values()
        assert shown(world.server) < known.keys()
        world.expire()
        open_store(world.server.store, ONTOLOGY).close()
        note, = shown(world.server)
        assert told_now(world.store) == known[note]
        assert query(world.server, "MATCH (r:Row), (s:XianglianStore) "
                     "WHERE r.learned > s.head OR r.retracted > s.head RETURN r.id") == []
        assert len(query(world.server, SOURCES, record=next(query_ids(world, note)))) == 1
        world.store.verify()
    for one in (world.store, world.twin):
        load(one, firms("丙"))
    assert world.store.version() == world.twin.version()
    assert drawn(world.server) == drawn_anew(world.server, world.store)
    peace.append(open_store("sqlite://", ONTOLOGY))  # nobody knows how often the loader loaded


def told_now(store: Store) -> list[Record]:
    return list(store.records())


def shown(server: Anything) -> set[str]:
    """The notes of the loads whose products the first fixed text shows."""
    return {row[1].removesuffix("盘") for row in query(server, SUPPLIES)}


def query_ids(world: World, note: str) -> Iterator[str]:
    for id, in query(world.server, "MATCH (:Company)-[s:SUPPLIES_TO {product: $product}]->() "
                     "RETURN s.record", product=f"{note}盘"):
        yield id


HOLDER = """
import sys
from graph.store import open_store
from ontology import load_ontology
from tests.test_neo4j_faults import firms
with open_store(sys.argv[1], load_ontology()).write() as writer:
    writer.put("名单", firms("甲"))
    writer.retract_unseen("名单")
    print("ready", flush=True)
    sys.stdin.read()
    writer.commit()
print("done", flush=True)
sys.stdin.close()
"""


def test_of_two_loaders_one_waits_and_says_for_whom(world: World, tmp_path: Path) -> None:
    shell = Shell(tmp_path, world.server.store)
    add = ("add", "Company", "企业名称=后来者", "--source", "走访")
    with loader(world.server, HOLDER) as first:
        with pytest.raises(StoreError) as held, world.store.write(wait=0.5):
            raise AssertionError
        for word in (f"进程 {first.pid}", "127.0.0.1", "正在写入", "等了 0.5 秒", "再试"):
            assert word in str(held.value)
        assert first.stdin is not None and first.stdout is not None
        with meanwhile(lambda: shell.run(*add)):
            time.sleep(1)
            first.stdin.close()
            assert first.stdout.readline().strip() == b"done"
    load(world.twin, firms("甲"))
    added = [e for e in world.store.history() if e.record.source == "Source:走访"]
    for origin in sorted({e.origin for e in added}):
        with world.twin.write() as writer:
            writer.put(origin, [e.record for e in added if e.origin == origin])
            writer.commit()
    assert {e.record.id for e in added} >= {"Company:后来者"}
    world.same()


# Locks -------------------------------------------------------------------------------------------


def test_a_deadlock_is_tried_again(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """We hold the store's lock and want the last row; another holds that and wants the lock."""
    row = ("MATCH (r:Row {about: $about}) WHERE r.retracted IS NULL "
           "SET r.held = true REMOVE r.held")
    with world.server.driver() as driver, caplog.at_level(logging.WARNING, "neo4j"), \
            driver.session() as one, driver.session() as other:
        first = one.begin_transaction()
        first.run(row, about="Company:金博0").consume()

        def cross() -> None:
            last = other.begin_transaction()
            last.run(row, about="Company:金博39").consume()
            last.run("UNWIND range(1, 2000) AS i CREATE (:Other)").consume()  # who has less loses
            last.run("MATCH (l:XianglianLock) SET l.tried = 'x'").consume()
            last.rollback()

        with meanwhile(lambda: load(world.store, firms("新"))):
            until(lambda: waiting(world.server) == 1)  # we have the lock, and want the first row
            with meanwhile(cross):
                until(lambda: waiting(world.server) == 2)
                first.rollback()
    assert "DeadlockDetected" in caplog.text
    load(world.twin, firms("新"))
    world.same()


def waiting(server: Anything) -> int:
    """How many transactions wait for a lock."""
    return len(query(server, "SHOW TRANSACTIONS YIELD status WHERE status STARTS WITH 'Blocked' "
                     "RETURN 1"))


def test_somebody_makes_our_thing_and_our_row_at_the_same_time(world: World) -> None:
    seq = query(world.server, "MATCH (r:Row) RETURN max(r.seq)")[0][0]
    with world.server.driver() as driver, driver.session() as session:
        other = session.begin_transaction()
        other.run("CREATE (:Row {seq: $seq})", seq=seq + 1).consume()
        with meanwhile(lambda: load(world.store, firms("新", 41))):
            until(lambda: waiting(world.server) == 1)
            other.rollback()
        other = session.begin_transaction()
        other.run("CREATE (:Company:企业 {id: 'Company:金博41'})").consume()
        with meanwhile(lambda: load(world.store, firms("新", 42))):
            until(lambda: waiting(world.server) == 1)
            other.commit()
    for count in (41, 42):
        load(world.twin, firms("新", count))
    world.same()


def test_a_lock_that_a_vanished_writer_holds_is_not_waited_for_without_end(world: World) -> None:
    with world.server.driver() as driver, driver.session() as session:
        other = session.begin_transaction()
        other.run("MATCH (l:XianglianLock) SET l.tried = 'x'").consume()
        began = time.monotonic()
        with pytest.raises(StoreError, match="正在写入"), world.store.write(wait=1):
            raise AssertionError
        assert time.monotonic() - began < 20
        other.rollback()


# The connection ----------------------------------------------------------------------------------


def test_a_connection_that_drops_again_and_again(
        world: World, through: Neo4jStore, neo4j_proxy: Proxy,
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph.bolt._FETCH", 10)
    rows = through.records()
    some = [next(rows) for _ in range(15)]
    neo4j_proxy.drop()
    assert some + list(rows) == list(world.twin.records())
    with meanwhile(lambda: load(through, firms("新"), size=20, between=neo4j_proxy.drop)):
        for _ in range(3):
            time.sleep(0.7)
            neo4j_proxy.drop()
    load(world.twin, firms("新"))
    world.same()


def test_a_connection_that_trickles_and_one_that_stalls_for_20_s(
        world: World, through: Neo4jStore, neo4j_proxy: Proxy) -> None:
    neo4j_proxy.trickle(2000, 0.01)
    assert list(through.records()) == list(world.twin.records())
    load(through, firms("新"), size=20)
    neo4j_proxy.flow()
    began = time.monotonic()
    with meanwhile(lambda: load(through, firms("更新"), size=20,
                                between=lambda: began_stall(neo4j_proxy, stalled))):
        stalled.wait()
        assert len(list(through.records())) > 50
    assert time.monotonic() - began > 20
    for note in ("新", "更新"):
        load(world.twin, firms(note))
    world.same()


stalled = threading.Event()


def began_stall(proxy: Proxy, once: threading.Event) -> None:
    if not once.is_set():
        proxy.stall(20)
        once.set()


def test_a_commit_of_which_nobody_hears_counts_once(
        world: World, through: Neo4jStore, neo4j_proxy: Proxy,
        monkeypatch: pytest.MonkeyPatch) -> None:
    def commit(note: str, part: float = 0.0) -> int:
        """The bytes of answers that a commit takes; if given, only a part of them comes through."""
        with through.write() as writer:
            writer.put("名单", firms(note))
            writer.unseen("名单")  # waits until the batch is there
            before = neo4j_proxy.passed
            if part:
                neo4j_proxy.drop_after(int(size * part))
            writer.commit()
            return neo4j_proxy.passed - before

    def loads() -> int:
        count: int = query(world.server, "MATCH (l:XianglianLoad) RETURN count(l)")[0][0]
        return count

    parts = (0.3, 0.6, 0.8, 0.97)
    size, before = commit("零"), loads()
    for part in parts:
        commit(f"到{part}", part)
    assert loads() == before + len(parts)
    monkeypatch.setattr("graph.bolt.RETRY", 1.0)
    neo4j_proxy.unheard(MOVE_HEAD)
    with pytest.raises(StoreError, match="连不上"):
        commit("没有听到")
    neo4j_proxy.accept()
    assert loads() == before + len(parts) + 1  # it counts, and cleaning up has left it alone
    for note in ("零", *(f"到{part}" for part in parts), "没有听到"):
        with world.twin.write() as writer:
            writer.put("名单", firms(note))
            writer.commit()
    assert world.store.version() == world.twin.version()
    world.expire()
    open_store(world.server.store, ONTOLOGY).close()
    world.same()
