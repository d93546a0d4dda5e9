"""What breaks while the Neo4j store works: server, loader, locks; nothing is lost."""

import logging
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from graph.record import Record
from graph.store import Store, open_store
from ontology.errors import StoreError
from tests.disturbed import World, firms, load, meanwhile, until
from tests.drawn import Anything, drawn, drawn_anew, query
from tests.neo4j_server import Server
from tests.neo4j_server.__main__ import SOURCES, SUPPLIES
from tests.neo4j_server.database import PASSWORD
from tests.shell import Shell
from tests.small import ONTOLOGY

ROOT = Path(__file__).parent.parent


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
from tests.disturbed import firms, load
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
from tests.disturbed import firms
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
